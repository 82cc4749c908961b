#include "producer/formats/line_pattern.h"

#include <string.h>

/* A line that is being matched. */
struct match {
    const struct pv_line_pattern *pattern;
    struct pv_line_room *room;
    char *unescaped;
    const char *at, *end;
    struct pv_log_values values;
    struct pv_time_parts parts;
    bool has_clf;
    int64_t clf_ms;
};

void pv_line_pattern_clean_up(struct pv_line_pattern *pattern)
{
    pv_buffer_clean_up(&pattern->literals);
    pv_buffer_clean_up(&pattern->variables);
}

static struct pv_variable *variables_of(const struct pv_line_pattern *pattern)
{
    return (struct pv_variable *)(void *)pattern->variables.data;
}

void pv_line_pattern_add_char(struct pv_line_pattern *pattern, char c)
{
    pv_buffer_add_char(&pattern->literals, c);
    if (pattern->count == 0)
        pattern->front_length++;
    else if (!pattern->variables.failed)
        variables_of(pattern)[pattern->count - 1].literal_length++;
}

enum pv_status pv_line_pattern_add(struct pv_line_pattern *pattern, struct pv_variable variable,
                                   struct pv_text named, struct pv_error *error)
{
    if (pattern->count > 0 && variables_of(pattern)[pattern->count - 1].literal_length == 0)
        return pv_error_set(error, PV_INVALID,
                            "nothing stands between %.*s and %.*s, so nobody can tell where one "
                            "ends: put a space between them, or quotes around them",
                            (int)pattern->named.length, pattern->named.data, (int)named.length,
                            named.data);
    variable.literal_at = pattern->literals.length;
    variable.literal_length = 0;
    pv_buffer_add(&pattern->variables, &variable, sizeof variable);
    if (pattern->variables.failed)
        return pv_error_nomem(error, "a log format");
    pattern->count++;
    pattern->named = named;
    if (variable.kind == PV_VARIABLE_CLF)
        pattern->time_bits |= pv_time_pattern_bits(PV_TIME_CLF, sizeof PV_TIME_CLF - 1);
    else if (variable.kind == PV_VARIABLE_TIME)
        pattern->time_bits |= pv_time_pattern_bits(variable.pattern.data, variable.pattern.length);
    else
        pattern->fields |= 1U << variable.name.field;
    return PV_OK;
}

static enum pv_status missing(struct pv_error *error, const char *what, const char *hint)
{
    return pv_error_set(error, PV_INVALID, "the log format has no %s: add %s", what, hint);
}

static enum pv_status check(const struct pv_line_pattern *pattern,
                            const struct pv_line_pattern_syntax *syntax, struct pv_error *error)
{
    const char *field = pv_log_fields_missing(pattern->fields);
    const char *part = pv_time_missing(pattern->time_bits);

    if (pattern->literals.failed)
        return pv_error_nomem(error, "a log format");
    if (pattern->time_bits == 0)
        return missing(error, "time", syntax->time);
    if (part != NULL)
        return pv_error_set(error, PV_INVALID,
                            "the time of the log format lacks %s: write it, or %s", part,
                            syntax->time);
    if (field == NULL)
        return PV_OK;
    return missing(error, field, *field == 's' ? syntax->status : syntax->request);
}

enum pv_status pv_line_pattern_compile(struct pv_line_pattern *pattern, struct pv_text format,
                                       const struct pv_line_pattern_syntax *syntax,
                                       struct pv_error *error)
{
    const char *at = format.data, *end = at + format.length;

    while (at < end) {
        enum pv_status status = PV_OK;

        if (*at == syntax->mark)
            status = syntax->add(&at, end, pattern, error);
        else
            pv_line_pattern_add_char(pattern, *at++);
        if (status != PV_OK)
            return status;
    }
    return check(pattern, syntax, error);
}

static struct pv_text literal_of(const struct pv_line_pattern *pattern,
                                 const struct pv_variable *variable)
{
    return (struct pv_text){pattern->literals.data + variable->literal_at,
                            variable->literal_length};
}

static bool begins(const char *at, const char *end, struct pv_text text)
{
    return (size_t)(end - at) >= text.length && memcmp(at, text.data, text.length) == 0;
}

/* What is behind three digits, or NULL. */
static const char *pass_status(const char *at, const char *end)
{
    if (end - at < 3)
        return NULL;
    for (int i = 0; i < 3; i++)
        if (at[i] < '0' || at[i] > '9')
            return NULL;
    return at + 3;
}

static const char *pass_clf(struct match *match, const char *at)
{
    bool known = match->end - at >= PV_TIME_CLF_SIZE &&
                 pv_time_read_clf(&match->room->time, at, &match->clf_ms);

    return known ? at + PV_TIME_CLF_SIZE : NULL;
}

/* What is behind the variable when it has a form of its own and is at `at`; NULL: it is not. */
static const char *pass(struct match *match, const struct pv_variable *variable, const char *at,
                        struct pv_time_parts *parts)
{
    switch (variable->kind) {
    case PV_VARIABLE_CLF:
        return pass_clf(match, at);
    case PV_VARIABLE_TIME:
        return pv_time_read(variable->pattern.data, variable->pattern.length, at, match->end,
                            parts);
    case PV_VARIABLE_STATUS:
        return pass_status(at, match->end);
    case PV_VARIABLE_PROTOCOL:
    case PV_VARIABLE_TEXT:
        break;
    }
    return NULL;
}

/* Whether the variable can begin at `at`. */
static bool fits(struct match *match, const struct pv_variable *variable, const char *at)
{
    struct pv_time_parts parts = {0};

    if (variable->kind == PV_VARIABLE_TEXT)
        return true;
    if (variable->kind == PV_VARIABLE_PROTOCOL)
        return begins(at, match->end, (struct pv_text){"HTTP/", 5}) ||
               (at < match->end && *at == '-');
    at = pass(match, variable, at, &parts);
    return at != NULL && begins(at, match->end, literal_of(match->pattern, variable));
}

static bool is_escaped(const char *first, const char *at)
{
    const char *back = at;

    while (back > first && back[-1] == '\\')
        back--;
    return ((at - back) & 1) != 0;
}

/* Where the text of `variable`, which begins at `match->at`, ends; NULL: nowhere. */
static const char *find_end(struct match *match, const struct pv_variable *variable,
                            const struct pv_variable *next)
{
    struct pv_text literal = literal_of(match->pattern, variable);
    bool escapes = match->pattern->escape != PV_ESCAPE_NONE;
    const char *at = match->at, *end = match->end;

    if (literal.length == 0)
        return end;
    for (; (at = memchr(at, *literal.data, (size_t)(end - at))) != NULL; at++) {
        if (escapes && at > match->at && is_escaped(match->at, at))
            continue;
        if (begins(at, end, literal) &&
            (next == NULL ? at + literal.length == end : fits(match, next, at + literal.length)))
            return at;
        /* Quotes in a text are escaped: the first one ends it, or the line is broken. */
        if (escapes && *literal.data == '"')
            return NULL;
    }
    return NULL;
}

static bool take_text(struct match *match, const struct pv_variable *variable,
                      const struct pv_variable *next)
{
    const char *end = find_end(match, variable, next);
    struct pv_text text;

    if (end == NULL)
        return false;
    text = (struct pv_text){match->at, (size_t)(end - match->at)};
    match->at = end;
    if (variable->name.field == PV_FIELD_NONE)
        return true;
    if (!pv_escape_undo(match->pattern->escape, &text, &match->unescaped))
        return false;
    pv_log_values_take(&match->values, variable->name, text);
    return true;
}

static bool take(struct match *match, const struct pv_variable *variable,
                 const struct pv_variable *next)
{
    const char *first = match->at;

    if (variable->kind == PV_VARIABLE_TEXT || variable->kind == PV_VARIABLE_PROTOCOL)
        return take_text(match, variable, next);
    match->at = pass(match, variable, first, &match->parts);
    if (match->at == NULL)
        return false;
    if (variable->kind == PV_VARIABLE_STATUS)
        pv_log_values_take(&match->values, variable->name,
                           (struct pv_text){first, (size_t)(match->at - first)});
    match->has_clf = match->has_clf || variable->kind == PV_VARIABLE_CLF;
    return true;
}

static bool find_time(const struct match *match, int64_t *ts_ms)
{
    if (!match->has_clf || match->parts.has_epoch)
        return pv_time_compose(&match->parts, ts_ms);
    *ts_ms = match->clf_ms + match->parts.part[PV_TIME_FRACTION];
    return true;
}

static bool pass_literal(struct match *match, struct pv_text literal)
{
    if (!begins(match->at, match->end, literal))
        return false;
    match->at += literal.length;
    return true;
}

bool pv_line_pattern_match(const struct pv_line_pattern *pattern, struct pv_line_room *room,
                           const char *line, size_t length, struct pv_hit *hit)
{
    const struct pv_variable *variables = variables_of(pattern);
    struct pv_text front = {pattern->literals.data, pattern->front_length};
    struct match match = {.pattern = pattern,
                          .room = room,
                          .unescaped = room->unescaped,
                          .at = line,
                          .end = line + length};

    if (front.length > 0 && !pass_literal(&match, front))
        return false;
    for (size_t i = 0; i < pattern->count; i++) {
        const struct pv_variable *next = i + 1 < pattern->count ? &variables[i + 1] : NULL;

        if (!take(&match, &variables[i], next) ||
            !pass_literal(&match, literal_of(pattern, &variables[i])))
            return false;
    }
    return match.at == match.end && pv_log_values_to_hit(&match.values, room->target, hit) &&
           find_time(&match, &hit->ts_ms);
}
