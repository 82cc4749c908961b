#include "producer/formats/log_format.h"

#include <stdlib.h>
#include <string.h>

#include "pageview/nearest_name.h"
#include "producer/formats/access_log.h"
#include "producer/formats/apache_format.h"
#include "producer/formats/format_text.h"
#include "producer/formats/json_log.h"
#include "producer/formats/nginx_format.h"

enum kind { KIND_ACCESS_LOG, KIND_EVENT, KIND_JSON, KIND_LITERAL };

static const struct {
    const char *name;
    enum kind kind;
    enum pv_access_log_kind access_log;
} named[] = {
    {"combined", KIND_ACCESS_LOG, PV_ACCESS_LOG_COMBINED},
    {"common", KIND_ACCESS_LOG, PV_ACCESS_LOG_COMMON},
    {"vcombined", KIND_ACCESS_LOG, PV_ACCESS_LOG_VCOMBINED},
    {"event", KIND_EVENT, PV_ACCESS_LOG_COMBINED},
    {"json", KIND_JSON, PV_ACCESS_LOG_COMBINED},
};

enum { NAMED = sizeof named / sizeof named[0] };

struct pv_log_format {
    enum kind kind;
    enum pv_access_log_kind access_log;
    struct pv_format_text text; /* of a literal format; its pattern points into it */
    struct pv_line_pattern pattern;
    struct pv_line_room room;
};

static const char *name_at(const void *context, size_t i)
{
    (void)context;
    return named[i].name;
}

static enum pv_status find_name(const char *text, struct pv_log_format *format,
                                struct pv_error *error)
{
    const char *nearest;

    for (size_t i = 0; i < NAMED; i++)
        if (strcmp(text, named[i].name) == 0) {
            format->kind = named[i].kind;
            format->access_log = named[i].access_log;
            return PV_OK;
        }
    nearest = pv_nearest_name(text, NAMED, name_at, NULL);
    return pv_error_set(error, PV_INVALID,
                        "\"%.80s\" is no log format%s%s: take combined, common, vcombined, json, "
                        "event, or an nginx log_format or Apache LogFormat as it stands in the "
                        "configuration",
                        text, nearest == NULL ? "" : "; did you mean ",
                        nearest == NULL ? "" : nearest);
}

static enum pv_status compile(const char *text, struct pv_log_format *format,
                              struct pv_error *error)
{
    enum pv_status status = pv_format_text_read(text, &format->text, error);
    struct pv_text literal = {format->text.text.data, format->text.text.length};

    if (status != PV_OK)
        return status;
    format->kind = KIND_LITERAL;
    format->pattern.escape = format->text.escape;
    switch (format->text.dialect) {
    case PV_DIALECT_NGINX:
        return pv_nginx_format_compile(literal, &format->pattern, error);
    case PV_DIALECT_APACHE:
        return pv_apache_format_compile(literal, &format->pattern, error);
    case PV_DIALECT_NAME:
        break;
    }
    return find_name(text, format, error);
}

enum pv_status pv_log_format_new(const char *text, struct pv_log_format **format,
                                 struct pv_error *error)
{
    struct pv_log_format *made = calloc(1, sizeof *made);
    enum pv_status status;

    if (made == NULL)
        return pv_error_nomem(error, "a log format");
    status = compile(text, made, error);
    if (status != PV_OK) {
        pv_log_format_destroy(made);
        return status;
    }
    *format = made;
    return PV_OK;
}

void pv_log_format_destroy(struct pv_log_format *format)
{
    if (format == NULL)
        return;
    pv_line_pattern_clean_up(&format->pattern);
    pv_format_text_clean_up(&format->text);
    free(format);
}

bool pv_log_format_is_event(const struct pv_log_format *format)
{
    return format->kind == KIND_EVENT;
}

bool pv_log_format_parse(struct pv_log_format *format, const char *line, size_t length,
                         struct pv_hit *hit)
{
    if (length == 0 || length > PV_LOG_FORMAT_LINE_MAX)
        return false;
    if (line[length - 1] == '\r')
        length--;
    switch (format->kind) {
    case KIND_ACCESS_LOG:
        return pv_access_log_parse(&format->room, format->access_log, line, length, hit);
    case KIND_JSON:
        return pv_json_log_parse(&format->room, line, length, hit);
    case KIND_LITERAL:
        return pv_line_pattern_match(&format->pattern, &format->room, line, length, hit);
    case KIND_EVENT:
        break;
    }
    return false;
}
