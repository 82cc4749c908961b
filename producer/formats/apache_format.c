#include "producer/formats/apache_format.h"

#include <string.h>

/* What may stand in braces between the percent sign and the letter. */
enum argument { NONE, MAY, MUST };

static const struct directive {
    char letter;
    enum argument argument;
    enum pv_variable_kind kind;
    struct pv_log_name name;
} directives[] = {
    {'a', MAY, PV_VARIABLE_TEXT, {PV_FIELD_ADDRESS, 2}},
    {'h', MAY, PV_VARIABLE_TEXT, {PV_FIELD_ADDRESS, 1}},
    {'H', NONE, PV_VARIABLE_PROTOCOL, {PV_FIELD_NONE, 0}},
    {'i', MUST, PV_VARIABLE_TEXT, {PV_FIELD_NONE, 0}}, /* by the header's name */
    {'m', NONE, PV_VARIABLE_TEXT, {PV_FIELD_METHOD, 0}},
    {'o', MUST, PV_VARIABLE_TEXT, {PV_FIELD_NONE, 0}}, /* the same, of the answer */
    {'q', NONE, PV_VARIABLE_TEXT, {PV_FIELD_QUERY, 0}},
    {'r', NONE, PV_VARIABLE_TEXT, {PV_FIELD_REQUEST, 0}},
    {'s', NONE, PV_VARIABLE_STATUS, {PV_FIELD_STATUS, 0}},
    {'t', MAY, PV_VARIABLE_TIME, {PV_FIELD_NONE, 0}},
    {'U', NONE, PV_VARIABLE_TEXT, {PV_FIELD_PATH, 0}},
    {'v', NONE, PV_VARIABLE_TEXT, {PV_FIELD_SITE, 3}},
    {'V', NONE, PV_VARIABLE_TEXT, {PV_FIELD_SITE, 2}},
};

/* Directives that say nothing about a view. */
static const char passed_over[] = "ABbDfIkLlORSuX", passed_with[] = "Cen", passed_either[] = "pPT";

static const struct {
    const char *word, *pattern;
} times[] = {
    {"sec", "%s"}, {"msec", "%Q"}, {"usec", "%U"}, {"msec_frac", "%L"}, {"usec_frac", "%f"},
};

/* One directive, taken apart. */
struct written {
    struct pv_text all;
    struct pv_text argument; /* data NULL: no braces */
    bool is_final;           /* %>s */
    char letter;             /* NUL: cut off */
};

static struct written take_apart(const char *at, const char *end)
{
    struct written written = {.all.data = at};

    for (at++; at < end && (strchr("!<>,{", *at) != NULL || (*at >= '0' && *at <= '9')); at++) {
        written.is_final = written.is_final || *at == '>';
        if (*at == '{') {
            const char *brace = memchr(at, '}', (size_t)(end - at));

            if (brace == NULL) {
                at = end;
                break;
            }
            written.argument = (struct pv_text){at + 1, (size_t)(brace - at - 1)};
            at = brace;
        }
    }
    if (end - at > 2 && *at == '^' && at[1] == 't') /* a trailer of the request or the answer */
        at += 2;
    if (at < end)
        written.letter = *at++;
    written.all.length = (size_t)(at - written.all.data);
    return written;
}

static bool begins(struct pv_text text, const char *with)
{
    return text.length >= strlen(with) && memcmp(text.data, with, strlen(with)) == 0;
}

static enum pv_status in_directive(const struct written *written, struct pv_error *error)
{
    return pv_error_prefix(error, "%.*s", (int)written->all.length, written->all.data);
}

static enum pv_status add(struct pv_line_pattern *pattern, struct pv_variable variable,
                          const struct written *written, struct pv_error *error)
{
    return pv_line_pattern_add(pattern, variable, written->all, error);
}

/* %t has brackets around it, %{…}t has none. */
static enum pv_status add_time(struct pv_line_pattern *pattern, const struct written *written,
                               struct pv_error *error)
{
    struct pv_text text = written->argument;
    struct pv_variable variable = {.kind = PV_VARIABLE_CLF};
    unsigned bits = 0;
    enum pv_status status;

    if (text.length == 0) {
        pv_line_pattern_add_char(pattern, '[');
        status = add(pattern, variable, written, error);
        pv_line_pattern_add_char(pattern, ']');
        return status;
    }
    if (begins(text, "begin:"))
        text = (struct pv_text){text.data + 6, text.length - 6};
    else if (begins(text, "end:"))
        text = (struct pv_text){text.data + 4, text.length - 4};
    variable = (struct pv_variable){.kind = PV_VARIABLE_TIME, .pattern = text};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        if (pv_text_is(text, times[i].word)) {
            variable.pattern = (struct pv_text){times[i].pattern, strlen(times[i].pattern)};
            return add(pattern, variable, written, error);
        }
    if (pv_time_pattern_check(text.data, text.length, &bits, error) != PV_OK)
        return in_directive(written, error);
    if (bits == 0)
        return pv_error_set(error, PV_INVALID,
                            "%.*s says no time: use sec, msec, usec, msec_frac, usec_frac or "
                            "strftime's letters, such as %%{%s}t",
                            (int)written->all.length, written->all.data, PV_TIME_CLF);
    return add(pattern, variable, written, error);
}

static const struct directive *find_directive(char letter)
{
    for (size_t i = 0; i < sizeof directives / sizeof directives[0]; i++)
        if (directives[i].letter == letter)
            return &directives[i];
    return NULL;
}

/* True when the letter is known; says what stands in braces before it. */
static bool find_argument(char letter, enum argument *argument)
{
    const struct directive *directive = find_directive(letter);

    if (letter == '\0')
        return false;
    if (directive != NULL)
        *argument = directive->argument;
    else if (strchr(passed_over, letter) != NULL)
        *argument = NONE;
    else if (strchr(passed_with, letter) != NULL)
        *argument = MUST;
    else if (strchr(passed_either, letter) != NULL)
        *argument = MAY;
    else
        return false;
    return true;
}

static enum pv_status check_directive(const struct written *written, struct pv_error *error)
{
    enum argument argument;

    if (!find_argument(written->letter, &argument))
        return pv_error_set(error, PV_INVALID,
                            "%.*s is no directive of Apache's LogFormat that is known here: take "
                            "it out, or write %%%% for a percent sign",
                            (int)written->all.length, written->all.data);
    if (argument == MUST && written->argument.length == 0)
        return pv_error_set(error, PV_INVALID, "%.*s lacks a name in braces, as in %%{Name}%c",
                            (int)written->all.length, written->all.data, written->letter);
    if (argument == NONE && written->argument.data != NULL)
        return pv_error_set(error, PV_INVALID, "%.*s takes nothing in braces: write %%%c",
                            (int)written->all.length, written->all.data, written->letter);
    return PV_OK;
}

static struct pv_variable variable_of(const struct written *written)
{
    const struct directive *directive = find_directive(written->letter);
    struct pv_variable variable = {.kind = PV_VARIABLE_TEXT};
    bool of_trailer = memchr(written->all.data, '^', written->all.length) != NULL;

    if (directive == NULL || of_trailer)
        return variable;
    variable.kind = directive->kind;
    variable.name = directive->name;
    if (written->letter == 'i')
        variable.name = pv_log_field_of_header(written->argument.data, written->argument.length);
    if (written->letter == 'o')
        variable.name = pv_log_field_of_answer(written->argument.data, written->argument.length);
    if (written->letter == 'a' && written->argument.data != NULL) /* the proxy's */
        variable.name.rank = 0;
    if (written->letter == 's' && written->is_final)
        variable.name.rank = 1;
    return variable;
}

static enum pv_status add_directive(const char **at, const char *end,
                                    struct pv_line_pattern *pattern, struct pv_error *error)
{
    struct written written = take_apart(*at, end);
    struct pv_variable variable;
    enum pv_status status;

    *at += written.all.length;
    if (pv_text_is(written.all, "%%")) {
        pv_line_pattern_add_char(pattern, '%');
        return PV_OK;
    }
    status = check_directive(&written, error);
    if (status != PV_OK)
        return status;
    if (written.letter == 't')
        return add_time(pattern, &written, error);
    variable = variable_of(&written);
    if (written.letter == 'U' && end - *at >= 2 && memcmp(*at, "%q", 2) == 0) {
        variable.name.field = PV_FIELD_PATH_QUERY;
        *at += 2;
        written.all.length += 2;
    }
    return add(pattern, variable, &written, error);
}

enum pv_status pv_apache_format_compile(struct pv_text text, struct pv_line_pattern *pattern,
                                        struct pv_error *error)
{
    static const struct pv_line_pattern_syntax syntax = {.mark = '%',
                                                         .add = add_directive,
                                                         .time = "%t",
                                                         .request = "\"%r\", or %m and %U%q",
                                                         .status = "%>s"};

    return pv_line_pattern_compile(pattern, text, &syntax, error);
}
