#include "producer/syslog/message.h"

#include <stdbool.h>
#include <string.h>

/* Bounds of RFC 5424; RFC 3164's tag and process share the program's. */
enum {
    PRIORITY_MAX = 191,
    HOST_MAX = 255,
    PROGRAM_MAX = 48,
    PROCESS_MAX = 128,
    MESSAGE_ID_MAX = 32,
    DATA_NAME_MAX = 32,
    FRACTION_MAX = 9,
};

/* What is left to read. */
struct cursor {
    const char *at, *end;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* PRINTUSASCII of RFC 5424: visible, no space. */
static bool is_visible(char c)
{
    return c > ' ' && c < 0x7f;
}

static bool skip_char(struct cursor *in, char c)
{
    if (in->at == in->end || *in->at != c)
        return false;
    in->at++;
    return true;
}

/* A number of exactly `digits` digits, from `low` to `high`. */
static bool skip_number(struct cursor *in, int digits, int low, int high)
{
    int value = 0;

    if (in->end - in->at < digits)
        return false;
    for (int i = 0; i < digits; i++) {
        if (!is_digit(in->at[i]))
            return false;
        value = value * 10 + (in->at[i] - '0');
    }
    in->at += digits;
    return value >= low && value <= high;
}

/* "-" is as good as any: RFC 5424's nil value. */
static bool skip_word(struct cursor *in, size_t max)
{
    const char *start = in->at;

    while (in->at < in->end && is_visible(*in->at))
        in->at++;
    return in->at > start && (size_t)(in->at - start) <= max;
}

static bool read_priority(struct cursor *in, int *priority)
{
    const char *start;
    int value = 0;

    if (!skip_char(in, '<'))
        return false;
    start = in->at;
    while (in->at < in->end && in->at - start < 3 && is_digit(*in->at))
        value = value * 10 + (*in->at++ - '0');
    if (in->at == start || (*start == '0' && in->at - start > 1) || value > PRIORITY_MAX)
        return false;
    *priority = value;
    return skip_char(in, '>');
}

/* "13:05:07" and a fraction of the second. A leap second is a time. */
static bool skip_time_of_day(struct cursor *in)
{
    int digits = 0;

    if (!skip_number(in, 2, 0, 23) || !skip_char(in, ':') || !skip_number(in, 2, 0, 59) ||
        !skip_char(in, ':') || !skip_number(in, 2, 0, 60))
        return false;
    if (!skip_char(in, '.'))
        return true;
    while (in->at < in->end && is_digit(*in->at)) {
        in->at++;
        digits++;
    }
    return digits >= 1 && digits <= FRACTION_MAX;
}

static bool skip_zone(struct cursor *in)
{
    if (skip_char(in, 'Z'))
        return true;
    return (skip_char(in, '+') || skip_char(in, '-')) && skip_number(in, 2, 0, 23) &&
           skip_char(in, ':') && skip_number(in, 2, 0, 59);
}

/* "2026-11-24T13:05:07.123Z" */
static bool skip_rfc3339_time(struct cursor *in)
{
    return skip_number(in, 4, 0, 9999) && skip_char(in, '-') && skip_number(in, 2, 1, 12) &&
           skip_char(in, '-') && skip_number(in, 2, 1, 31) && skip_char(in, 'T') &&
           skip_time_of_day(in) && skip_zone(in);
}

static bool skip_month(struct cursor *in)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    if (in->end - in->at < 3)
        return false;
    for (size_t i = 0; i + 1 < sizeof months; i += 3) {
        if (memcmp(in->at, months + i, 3) == 0) {
            in->at += 3;
            return true;
        }
    }
    return false;
}

/* "Nov 24 13:05:07"; a day below 10 has a space or a zero in front. */
static bool skip_rfc3164_time(struct cursor *in)
{
    if (!skip_month(in) || !skip_char(in, ' '))
        return false;
    if (skip_char(in, ' ') ? !skip_number(in, 1, 1, 9) : !skip_number(in, 2, 1, 31))
        return false;
    return skip_char(in, ' ') && skip_time_of_day(in);
}

/* "nginx:", "nginx[7]:". False leaves the cursor where it was. */
static bool skip_tag(struct cursor *in)
{
    struct cursor ahead = *in;
    const char *start = ahead.at;

    while (ahead.at < ahead.end && is_visible(*ahead.at) && *ahead.at != ':' && *ahead.at != '[')
        ahead.at++;
    if (ahead.at == start || ahead.at - start > PROGRAM_MAX)
        return false;
    if (skip_char(&ahead, '[')) {
        start = ahead.at;
        while (ahead.at < ahead.end && is_visible(*ahead.at) && *ahead.at != ']')
            ahead.at++;
        if (ahead.at - start > PROCESS_MAX || !skip_char(&ahead, ']'))
            return false;
    }
    /* A host such as 2001:db8::1 goes on behind its colon. */
    if (!skip_char(&ahead, ':') || (ahead.at < ahead.end && *ahead.at != ' '))
        return false;
    *in = ahead;
    return true;
}

/* Behind the priority: "TIME [HOST ]TAG: ". */
static enum pv_syslog_bad skip_rfc3164_header(struct cursor *in)
{
    bool has_time =
        in->at < in->end && is_digit(*in->at) ? skip_rfc3339_time(in) : skip_rfc3164_time(in);

    if (!has_time || !skip_char(in, ' '))
        return PV_SYSLOG_bad_time;
    if (!skip_tag(in) && !(skip_word(in, HOST_MAX) && skip_char(in, ' ') && skip_tag(in)))
        return PV_SYSLOG_bad_tag;
    return PV_SYSLOG_GOOD;
}

/* SD-NAME: visible, without = ] ". */
static bool skip_data_name(struct cursor *in)
{
    const char *start = in->at;

    while (in->at < in->end && is_visible(*in->at) && strchr("=]\"", *in->at) == NULL)
        in->at++;
    return in->at > start && in->at - start <= DATA_NAME_MAX;
}

/* Behind the opening quote; a backslash keeps the next character from ending the value. */
static bool skip_data_value(struct cursor *in)
{
    while (in->at < in->end && *in->at != '"') {
        if (*in->at == '\\' && in->end - in->at > 1)
            in->at++;
        in->at++;
    }
    return skip_char(in, '"');
}

/* "-", or elements such as [id name="value" …] side by side. */
static bool skip_structured_data(struct cursor *in)
{
    if (skip_char(in, '-'))
        return true;
    if (in->at == in->end || *in->at != '[')
        return false;
    while (skip_char(in, '[')) {
        if (!skip_data_name(in))
            return false;
        while (skip_char(in, ' ')) {
            if (!skip_data_name(in) || !skip_char(in, '=') || !skip_char(in, '"') ||
                !skip_data_value(in))
                return false;
        }
        if (!skip_char(in, ']'))
            return false;
    }
    return true;
}

/* Behind the priority: "1 TIME HOST PROGRAM PROCESS MSGID DATA ". */
static enum pv_syslog_bad skip_rfc5424_header(struct cursor *in)
{
    static const size_t word_max[] = {HOST_MAX, PROGRAM_MAX, PROCESS_MAX, MESSAGE_ID_MAX};

    if (!skip_char(in, '1') || !skip_char(in, ' '))
        return PV_SYSLOG_bad_version;
    if ((!skip_char(in, '-') && !skip_rfc3339_time(in)) || !skip_char(in, ' '))
        return PV_SYSLOG_bad_time;
    for (size_t i = 0; i < sizeof word_max / sizeof word_max[0]; i++) {
        if (!skip_word(in, word_max[i]) || !skip_char(in, ' '))
            return PV_SYSLOG_bad_header;
    }
    if (!skip_structured_data(in))
        return PV_SYSLOG_bad_data;
    if (in->at < in->end && !skip_char(in, ' '))
        return PV_SYSLOG_bad_data;
    return PV_SYSLOG_GOOD;
}

/* A version is up to three digits and a space; a year of RFC 3339 has four and a dash. */
static bool has_version(const struct cursor *in)
{
    const char *c = in->at;

    while (c < in->end && c - in->at < 3 && is_digit(*c))
        c++;
    return c > in->at && c < in->end && *c == ' ';
}

/* Relays such as rsyslog give a text the space that stood behind its tag, and then one more. No
 * line of an access log begins with one. */
static void skip_to_text(struct cursor *in)
{
    while (skip_char(in, ' '))
        continue;
    if (in->end - in->at >= 3 && memcmp(in->at, "\xef\xbb\xbf", 3) == 0)
        in->at += 3;
}

static bool is_trailer(char c)
{
    return c == '\n' || c == '\r' || c == '\0';
}

enum pv_syslog_bad pv_syslog_parse(const char *data, size_t length,
                                   struct pv_syslog_message *message)
{
    struct cursor in = {data, data + length};
    enum pv_syslog_bad bad;
    int priority;

    while (in.end > in.at && is_trailer(in.end[-1]))
        in.end--;
    if (!read_priority(&in, &priority))
        return PV_SYSLOG_bad_priority;
    bad = has_version(&in) ? skip_rfc5424_header(&in) : skip_rfc3164_header(&in);
    if (bad != PV_SYSLOG_GOOD)
        return bad;
    skip_to_text(&in);
    if (in.at == in.end)
        return PV_SYSLOG_no_text;
    *message =
        (struct pv_syslog_message){in.at, (size_t)(in.end - in.at), priority >> 3, priority & 7};
    return PV_SYSLOG_GOOD;
}

static const struct {
    const char *name, *help;
} bad_table[] = {{"none", "a message"},
#define X(name, help) {#name, help},
                 PV_SYSLOG_BAD_TABLE(X)
#undef X
};

const char *pv_syslog_bad_name(enum pv_syslog_bad bad)
{
    return bad_table[bad].name;
}

const char *pv_syslog_bad_help(enum pv_syslog_bad bad)
{
    return bad_table[bad].help;
}
