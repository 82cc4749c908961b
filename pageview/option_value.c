#include "pageview/option_value.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pageview/address.h"

enum { LIST_MAX = 64 };

enum pv_status pv_list_add(struct pv_list *list, const char *text, struct pv_error *error)
{
    const char **items;

    if (list->count == LIST_MAX)
        return pv_error_set(error, PV_INVALID, "may be given %d times at most", LIST_MAX);
    items = realloc(list->items, (list->count + 1) * sizeof *items);
    if (items == NULL)
        return pv_error_nomem(error, "options");
    list->items = items;
    items[list->count] = strdup(text);
    if (items[list->count] == NULL)
        return pv_error_nomem(error, "options");
    list->count++;
    return PV_OK;
}

void pv_list_clear(struct pv_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free((void *)list->items[i]);
    free(list->items);
    *list = (struct pv_list){0};
}

/* Digits only: no sign, no blank, no overflow. */
static bool parse_count(const char *text, size_t length, int64_t *value)
{
    char digits[20];
    char *end;

    if (length == 0 || length >= sizeof digits || strspn(text, "0123456789") < length)
        return false;
    memcpy(digits, text, length);
    digits[length] = '\0';
    errno = 0;
    *value = strtoll(digits, &end, 10);
    return errno == 0 && *end == '\0';
}

static const struct {
    const char *name;
    int64_t ms;
} duration_units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};

enum pv_status pv_duration_parse(const char *text, int64_t *duration_ms)
{
    size_t digits = strspn(text, "0123456789");
    int64_t value;

    if (!parse_count(text, digits, &value))
        return PV_INVALID;
    for (size_t i = 0; i < sizeof duration_units / sizeof duration_units[0]; i++) {
        if (strcmp(text + digits, duration_units[i].name) != 0)
            continue;
        if (value > INT64_MAX / duration_units[i].ms)
            return PV_INVALID;
        *duration_ms = value * duration_units[i].ms;
        return PV_OK;
    }
    return PV_INVALID;
}

/* "8d" for 691200000: the largest unit that divides it. */
static void format_duration(int64_t ms, char text[32])
{
    size_t unit = sizeof duration_units / sizeof duration_units[0] - 1;

    while (unit > 0 && ms % duration_units[unit].ms != 0)
        unit--;
    snprintf(text, 32, "%" PRId64 "%s", ms / duration_units[unit].ms, duration_units[unit].name);
}

static bool is_address(const char *text, size_t length)
{
    struct pv_address address;

    return pv_address_parse(text, length, &address);
}

static bool is_address_list(const char *text)
{
    for (;;) {
        size_t length = strcspn(text, ",");

        if (!is_address(text, length))
            return false;
        if (text[length] == '\0')
            return true;
        text += length + 1;
    }
}

static enum pv_status set_text(const char **field, const char *text, struct pv_error *error)
{
    char *copy = strdup(text);

    if (copy == NULL)
        return pv_error_nomem(error, "options");
    free((void *)*field);
    *field = copy;
    return PV_OK;
}

/* Sets the field to `base` + the index of the choice. */
static enum pv_status set_choice(const struct pv_option *option, int base, int *field,
                                 const char *text, struct pv_error *error)
{
    char known[256] = "";

    for (int i = 0; option->choices[i] != NULL; i++) {
        if (strcmp(option->choices[i], text) == 0) {
            *field = base + i;
            return PV_OK;
        }
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", i > 0 ? ", " : "",
                 option->choices[i]);
    }
    return pv_error_set(error, PV_INVALID, "takes one of: %s", known);
}

static enum pv_status set_number(const struct pv_option *option, int64_t *field, const char *text,
                                 struct pv_error *error)
{
    int64_t value = 0;

    if (option->type == PV_OPTION_DURATION) {
        char least[32], most[32];

        format_duration(option->min, least);
        format_duration(option->max, most);
        if (pv_duration_parse(text, &value) != PV_OK || value < option->min || value > option->max)
            return pv_error_set(error, PV_INVALID,
                                "takes a duration of %s to %s, written like 500ms 5s 10m 2h 8d",
                                least, most);
    } else if (!parse_count(text, strlen(text), &value) || value < option->min ||
               value > option->max) {
        return pv_error_set(error, PV_INVALID, "takes a whole number of %" PRId64 " to %" PRId64,
                            option->min, option->max);
    }
    *field = value;
    return PV_OK;
}

static enum pv_status set_flag(bool *field, const char *text, struct pv_error *error)
{
    if (strcmp(text, "on") == 0)
        *field = true;
    else if (strcmp(text, "off") == 0)
        *field = false;
    else
        return pv_error_set(error, PV_INVALID, "takes on or off");
    return PV_OK;
}

enum pv_status pv_option_value_set(const struct pv_option *option, void *options, const char *text,
                                   struct pv_error *error)
{
    void *field = (char *)options + option->offset;

    switch (option->type) {
    case PV_OPTION_TEXT:
        return set_text(field, text, error);
    case PV_OPTION_LIST:
        return pv_list_add(field, text, error);
    case PV_OPTION_COUNT:
    case PV_OPTION_DURATION:
        return set_number(option, field, text, error);
    case PV_OPTION_CHOICE:
        return set_choice(option, 0, field, text, error);
    case PV_OPTION_OPTIONAL:
        return set_choice(option, 1, field, text, error);
    case PV_OPTION_FLAG:
        return set_flag(field, text, error);
    case PV_OPTION_ADDRESS:
        if (!is_address(text, strlen(text)))
            return pv_error_set(
                error, PV_INVALID,
                "takes HOST:PORT with a port of 1 to 65535 (an IPv6 HOST in brackets)");
        return set_text(field, text, error);
    case PV_OPTION_BROKERS:
        if (!is_address_list(text))
            return pv_error_set(error, PV_INVALID,
                                "takes HOST:PORT,HOST:PORT,... with ports of 1 to 65535");
        return set_text(field, text, error);
    case PV_OPTION_REDIS:
        if (!is_address(text, strlen(text)) && (strncmp(text, "unix:", 5) != 0 || text[5] == '\0'))
            return pv_error_set(error, PV_INVALID,
                                "takes HOST:PORT with a port of 1 to 65535 (an IPv6 HOST in "
                                "brackets), or unix:PATH");
        return set_text(field, text, error);
    }
    return pv_error_set(error, PV_INVALID, "has no known type");
}

void pv_option_value_clear(const struct pv_option *option, void *options)
{
    void *field = (char *)options + option->offset;

    switch (option->type) {
    case PV_OPTION_TEXT:
    case PV_OPTION_ADDRESS:
    case PV_OPTION_BROKERS:
    case PV_OPTION_REDIS:
        free((void *)*(const char **)field);
        *(const char **)field = NULL;
        break;
    case PV_OPTION_LIST:
        pv_list_clear(field);
        break;
    case PV_OPTION_COUNT:
    case PV_OPTION_DURATION:
    case PV_OPTION_CHOICE:
    case PV_OPTION_OPTIONAL:
    case PV_OPTION_FLAG:
        break;
    }
}
