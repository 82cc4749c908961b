#include "producer/formats/format_text.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

void pv_format_text_clean_up(struct pv_format_text *format)
{
    pv_buffer_clean_up(&format->text);
}

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

/* Takes one character, or an escaped one, and gives what is behind it. */
static const char *take_char(const char *at, struct pv_buffer *text)
{
    static const char letters[] = "\"'\\t", meanings[] = "\"'\\\t";
    const char *letter = *at == '\\' && at[1] != '\0' ? strchr(letters, at[1]) : NULL;

    if (letter == NULL) {
        pv_buffer_add_char(text, *at);
        return at + 1;
    }
    pv_buffer_add_char(text, meanings[letter - letters]);
    return at + 2;
}

/* Takes what is between the quote at `at` and the next of its kind, and gives what is behind;
 * NULL when there is no other. */
static const char *take_quoted(const char *at, struct pv_buffer *text)
{
    char quote = *at++;

    while (*at != '\0' && *at != quote)
        at = take_char(at, text);
    return *at == quote ? at + 1 : NULL;
}

static enum pv_status unclosed(struct pv_error *error, const char *at)
{
    return pv_error_set(error, PV_INVALID,
                        "the quote in front of %.40s has no other that closes it", at + 1);
}

/* The word at `at` is `word`. */
static bool is_word(const char *at, const char *word)
{
    size_t length = strlen(word);

    return strncasecmp(at, word, length) == 0 &&
           (at[length] == '\0' || strchr(" \t\r\n", at[length]));
}

static const char *skip_word(const char *at)
{
    return skip_blanks(at + strcspn(at, " \t\r\n"));
}

/* "escape=json", when it is there. */
static enum pv_status read_escape(const char **at, enum pv_escape *escape, struct pv_error *error)
{
    static const struct {
        const char *word;
        enum pv_escape escape;
    } escapes[] = {{"escape=default", PV_ESCAPE_C},
                   {"escape=json", PV_ESCAPE_JSON},
                   {"escape=none", PV_ESCAPE_NONE}};

    if (strncmp(*at, "escape=", 7) != 0)
        return PV_OK;
    for (size_t i = 0; i < sizeof escapes / sizeof escapes[0]; i++)
        if (is_word(*at, escapes[i].word)) {
            *escape = escapes[i].escape;
            *at = skip_word(*at);
            return PV_OK;
        }
    return pv_error_set(error, PV_INVALID,
                        "%.*s is not known: nginx has escape=default, escape=json and escape=none",
                        (int)strcspn(*at, " \t\r\n"), *at);
}

/* The strings of an nginx log_format up to its semicolon, put together. */
static enum pv_status read_strings(const char *at, struct pv_buffer *text, struct pv_error *error)
{
    for (at = skip_blanks(at); *at != '\0' && *at != ';'; at = skip_blanks(at)) {
        const char *first = at;

        if (*at == '\'' || *at == '"')
            at = take_quoted(at, text);
        else
            while (*at != '\0' && strchr(" \t\r\n;", *at) == NULL)
                at = take_char(at, text);
        if (at == NULL)
            return unclosed(error, first);
    }
    if (*at == ';' && *skip_blanks(at + 1) != '\0')
        return pv_error_set(error, PV_INVALID,
                            "the log format ends at its semicolon, but \"%.40s\" follows: give one "
                            "log_format alone",
                            skip_blanks(at + 1));
    return PV_OK;
}

static enum pv_status read_log_format(const char *at, struct pv_format_text *format,
                                      struct pv_error *error)
{
    enum pv_status status;

    format->dialect = PV_DIALECT_NGINX;
    at = skip_word(at);
    /* Its name; a log_format without one is taken too. */
    if (strchr("'\"$", *at) == NULL && strncmp(at, "escape=", 7) != 0)
        at = skip_word(at);
    status = read_escape(&at, &format->escape, error);
    return status == PV_OK ? read_strings(at, &format->text, error) : status;
}

static enum pv_status read_apache_line(const char *at, struct pv_format_text *format,
                                       struct pv_error *error)
{
    const char *first;

    format->dialect = PV_DIALECT_APACHE;
    first = at = skip_word(at);
    if (*at == '\'' || *at == '"') {
        at = take_quoted(at, &format->text);
        if (at == NULL)
            return unclosed(error, first);
    } else {
        while (*at != '\0' && strchr(" \t\r\n", *at) == NULL)
            at = take_char(at, &format->text);
    }
    at = skip_word(skip_blanks(at)); /* its nickname */
    if (*at != '\0')
        return pv_error_set(error, PV_INVALID,
                            "behind the LogFormat and its nickname follows \"%.40s\": put the "
                            "format in double quotes, and \\\" for those inside",
                            at);
    return PV_OK;
}

/* True when the text is strings in single quotes and nothing else, as between log_format and its
 * semicolon, or one string in double quotes: a format can begin with "$request". */
static bool is_all_quoted(const char *at)
{
    char quote = *at;

    while (*at == quote && (quote == '\'' || quote == '"')) {
        for (at++; *at != '\0' && *at != quote; at++)
            if (*at == '\\' && at[1] != '\0')
                at++;
        if (*at == '\0')
            return false;
        at = skip_blanks(at + 1);
        if (*at == '\0' || *at == ';')
            return true;
        if (quote == '"')
            return false;
    }
    return false;
}

static enum pv_status read_bare(const char *at, struct pv_format_text *format,
                                struct pv_error *error)
{
    const char *dollar = strchr(at, '$');

    if (dollar != NULL && (isalpha((unsigned char)dollar[1]) || dollar[1] == '{'))
        format->dialect = PV_DIALECT_NGINX;
    else if (strchr(at, '%') != NULL)
        format->dialect = PV_DIALECT_APACHE;
    else
        return PV_OK;
    if (is_all_quoted(at))
        return read_strings(at, &format->text, error);
    while (*at != '\0')
        at = take_char(at, &format->text);
    return PV_OK;
}

static enum pv_status check_text(const struct pv_format_text *format, struct pv_error *error)
{
    if (format->text.failed)
        return pv_error_nomem(error, "a log format");
    if (format->dialect == PV_DIALECT_NAME)
        return PV_OK;
    if (format->text.length == 0)
        return pv_error_set(error, PV_INVALID, "the log format is empty: give what is in quotes");
    if (memchr(format->text.data, '\n', format->text.length) != NULL)
        return pv_error_set(error, PV_INVALID,
                            "the log format has a line feed in it: a request is one line here");
    return PV_OK;
}

enum pv_status pv_format_text_read(const char *written, struct pv_format_text *format,
                                   struct pv_error *error)
{
    const char *at = skip_blanks(written);
    enum pv_status status;

    if (strlen(written) > PV_FORMAT_TEXT_MAX)
        return pv_error_set(error, PV_INVALID, "a log format has at most %d bytes",
                            PV_FORMAT_TEXT_MAX);
    if (is_word(at, "log_format"))
        status = read_log_format(at, format, error);
    else if (is_word(at, "LogFormat"))
        status = read_apache_line(at, format, error);
    else
        status = read_bare(at, format, error);
    return status == PV_OK ? check_text(format, error) : status;
}
