#include "producer/formats/nginx_format.h"

#include <ctype.h>
#include <string.h>

#define TEXT(field, rank) PV_VARIABLE_TEXT, {field, rank}, NULL
#define TIME(pattern)     PV_VARIABLE_TIME, {PV_FIELD_NONE, 0}, pattern

static const struct {
    const char *name;
    enum pv_variable_kind kind;
    struct pv_log_name field;
    const char *pattern; /* of a time */
} variables[] = {
    {"time_local", PV_VARIABLE_CLF, {PV_FIELD_NONE, 0}, NULL},
    {"time_iso8601", TIME(PV_TIME_ISO)},
    {"msec", TIME("%s%N")},
    {"request", TEXT(PV_FIELD_REQUEST, 0)},
    {"request_method", TEXT(PV_FIELD_METHOD, 0)},
    {"request_uri", TEXT(PV_FIELD_TARGET, 0)},
    {"uri", TEXT(PV_FIELD_PATH, 0)},
    {"document_uri", TEXT(PV_FIELD_PATH, 0)},
    {"args", TEXT(PV_FIELD_QUERY, 0)},
    {"query_string", TEXT(PV_FIELD_QUERY, 0)},
    {"status", PV_VARIABLE_STATUS, {PV_FIELD_STATUS, 0}, NULL},
    {"remote_addr", TEXT(PV_FIELD_ADDRESS, 0)},
    {"host", TEXT(PV_FIELD_SITE, 2)},
    {"server_name", TEXT(PV_FIELD_SITE, 0)},
    {"server_protocol", PV_VARIABLE_PROTOCOL, {PV_FIELD_NONE, 0}, NULL},
};

static struct pv_variable find_variable(struct pv_text name)
{
    struct pv_variable found = {.kind = PV_VARIABLE_TEXT,
                                .name = pv_log_field_of_variable(name.data, name.length)};

    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        if (pv_text_is(name, variables[i].name)) {
            found.kind = variables[i].kind;
            found.name = variables[i].field;
            if (variables[i].pattern != NULL)
                found.pattern =
                    (struct pv_text){variables[i].pattern, strlen(variables[i].pattern)};
        }
    return found;
}

/* The name of the variable whose $ is at `*at`, which moves behind it; empty when there is none. */
static struct pv_text take_name(const char **at, const char *end)
{
    bool braces = end - *at > 1 && (*at)[1] == '{';
    const char *first = *at + (braces ? 2 : 1), *last = first;
    struct pv_text none = {first, 0};

    while (last < end && (isalnum((unsigned char)*last) || *last == '_'))
        last++;
    if (braces && (last == end || *last != '}'))
        return none;
    *at = last + (braces ? 1 : 0);
    return (struct pv_text){first, (size_t)(last - first)};
}

/* `$uri` may have its query directly behind it. */
static const char *pass_query(const char *at, const char *end)
{
    static const char *const queries[] = {"$is_args$args", "$is_args$query_string"};

    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        size_t length = strlen(queries[i]);

        if ((size_t)(end - at) >= length && memcmp(at, queries[i], length) == 0)
            return at + length;
    }
    return at;
}

static enum pv_status add_variable(const char **at, const char *end,
                                   struct pv_line_pattern *pattern, struct pv_error *error)
{
    const char *first = *at, *behind;
    struct pv_text name = take_name(at, end);
    struct pv_variable variable;

    if (name.length == 0)
        return pv_error_set(error, PV_INVALID,
                            "the $ in front of \"%.*s\" is no variable of nginx: write $name",
                            (int)(end - first - 1 < 20 ? end - first - 1 : 20), first + 1);
    variable = find_variable(name);
    behind = *at;
    if (variable.name.field == PV_FIELD_PATH)
        behind = pass_query(*at, end);
    if (behind != *at)
        variable.name.field =
            pattern->escape == PV_ESCAPE_C ? PV_FIELD_PATH_DASH : PV_FIELD_PATH_QUERY;
    *at = behind;
    return pv_line_pattern_add(pattern, variable, (struct pv_text){first, (size_t)(behind - first)},
                               error);
}

enum pv_status pv_nginx_format_compile(struct pv_text text, struct pv_line_pattern *pattern,
                                       struct pv_error *error)
{
    static const struct pv_line_pattern_syntax syntax = {
        .mark = '$',
        .add = add_variable,
        .time = "$time_local, $time_iso8601 or $msec",
        .request = "$request, or $request_method and $request_uri",
        .status = "$status"};

    return pv_line_pattern_compile(pattern, text, &syntax, error);
}
