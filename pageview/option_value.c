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

/* A unit behind a number, and what it multiplies; the smallest first. */
struct unit {
    const char *name;
    int64_t factor;
};

static const struct unit durations[] = {{"ms", 1},      {"s", 1000},     {"m", 60000},
                                        {"h", 3600000}, {"d", 86400000}, {NULL, 0}};
static const struct unit sizes[] = {
    {"", 1}, {"k", 1 << 10}, {"m", 1 << 20}, {"g", 1 << 30}, {NULL, 0}};

static bool parse_with_unit(const struct unit *units, const char *text, int64_t *value)
{
    size_t digits = strspn(text, "0123456789");
    int64_t number;

    if (!parse_count(text, digits, &number))
        return false;
    for (; units->name != NULL; units++) {
        if (strcmp(text + digits, units->name) != 0)
            continue;
        if (number > INT64_MAX / units->factor)
            return false;
        *value = number * units->factor;
        return true;
    }
    return false;
}

enum pv_status pv_duration_parse(const char *text, int64_t *duration_ms)
{
    return parse_with_unit(durations, text, duration_ms) ? PV_OK : PV_INVALID;
}

/* "8d" for 691200000: the largest unit that divides it. */
static void format_with_unit(const struct unit *units, int64_t value, char text[32])
{
    const struct unit *largest = units;

    for (; units->name != NULL; units++)
        if (value % units->factor == 0)
            largest = units;
    snprintf(text, 32, "%" PRId64 "%s", value / largest->factor, largest->name);
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

static enum pv_status set_count(const struct pv_option *option, int64_t *field, const char *text,
                                struct pv_error *error)
{
    int64_t value = 0;

    if (!parse_count(text, strlen(text), &value) || value < option->min || value > option->max)
        return pv_error_set(error, PV_INVALID, "takes a whole number of %" PRId64 " to %" PRId64,
                            option->min, option->max);
    *field = value;
    return PV_OK;
}

/* A duration or a size: `what` it is, and how that is written. */
static enum pv_status set_with_unit(const struct pv_option *option, const struct unit *units,
                                    const char *what, const char *examples, int64_t *field,
                                    const char *text, struct pv_error *error)
{
    char least[32], most[32];
    int64_t value = 0;

    format_with_unit(units, option->min, least);
    format_with_unit(units, option->max, most);
    if (!parse_with_unit(units, text, &value) || value < option->min || value > option->max)
        return pv_error_set(error, PV_INVALID, "takes a %s of %s to %s, written like %s", what,
                            least, most, examples);
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
        return set_count(option, field, text, error);
    case PV_OPTION_DURATION:
        return set_with_unit(option, durations, "duration", "500ms 5s 10m 2h 8d", field, text,
                             error);
    case PV_OPTION_SIZE:
        return set_with_unit(option, sizes, "size", "65536 64k 100m 1g", field, text, error);
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
    case PV_OPTION_SIZE:
    case PV_OPTION_CHOICE:
    case PV_OPTION_OPTIONAL:
    case PV_OPTION_FLAG:
        break;
    }
}
