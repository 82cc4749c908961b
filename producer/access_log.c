#include "producer/access_log.h"

#include <string.h>

#include "pageview/bucket.h"
#include "pageview/hex.h"

/* "17/May/2015:10:05:03 +0000", and what is around it: `[…] "`. */
#define TIME_SIZE 26
#define TIME_AREA (1 + TIME_SIZE + 3)

struct cursor {
    const char *at, *end;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The value of `count` digits, or -1. */
static int digits(const char *text, size_t count)
{
    int value = 0;

    for (size_t i = 0; i < count; i++) {
        if (!is_digit(text[i]))
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

/* Month 1–12 of "Jan" … "Dec", or 0. */
static unsigned month_number(const char *name)
{
    static const char names[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

    for (unsigned i = 0; i < 12; i++)
        if (memcmp(names[i], name, 3) == 0)
            return i + 1;
    return 0;
}

static int days_in_month(int year, unsigned month)
{
    static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

/* Minutes that "+0530" is ahead of UTC. */
static bool parse_zone(const char *text, int *minutes)
{
    int hour = digits(text + 1, 2), minute = digits(text + 3, 2);

    if ((text[0] != '+' && text[0] != '-') || hour < 0 || hour > 23 || minute < 0 || minute > 59)
        return false;
    *minutes = (hour * 60 + minute) * (text[0] == '-' ? -1 : 1);
    return true;
}

/* "17/May/2015:10:05" at that zone → ms UTC. */
static bool parse_minute(const char *text, const char *zone, int64_t *ms)
{
    int day = digits(text, 2), year = digits(text + 7, 4);
    int hour = digits(text + 12, 2), minute = digits(text + 15, 2);
    unsigned month = month_number(text + 3);
    int ahead;

    if (text[2] != '/' || text[6] != '/' || text[11] != ':' || text[14] != ':')
        return false;
    if (year < 0 || month == 0 || day < 1 || day > days_in_month(year, month))
        return false;
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || !parse_zone(zone, &ahead))
        return false;
    *ms = pv_days_from_civil(year, month, (unsigned)day) * PV_DAY_MS +
          ((int64_t)hour * 60 + minute - ahead) * PV_MINUTE_MS;
    return *ms >= 0 && *ms < PV_TIME_LIMIT_MS;
}

static bool parse_time(struct pv_access_log *scratch, const char *text, int64_t *ts_ms)
{
    const char *zone = text + 21;
    int second = digits(text + 18, 2);

    if (text[17] != ':' || text[20] != ' ' || second < 0 || second > 59)
        return false;
    if (!scratch->minute_is_known || memcmp(scratch->minute, text, sizeof scratch->minute) != 0 ||
        memcmp(scratch->zone, zone, sizeof scratch->zone) != 0) {
        scratch->minute_is_known = parse_minute(text, zone, &scratch->minute_ms);
        if (!scratch->minute_is_known)
            return false;
        memcpy(scratch->minute, text, sizeof scratch->minute);
        memcpy(scratch->zone, zone, sizeof scratch->zone);
    }
    *ts_ms = scratch->minute_ms + (int64_t)second * 1000;
    return true;
}

static bool skip_char(struct cursor *cursor, char c)
{
    if (cursor->at == cursor->end || *cursor->at != c)
        return false;
    cursor->at++;
    return true;
}

/* Steps over at least one byte that is no space, and the space behind. */
static bool skip_word(struct cursor *cursor)
{
    const char *space = memchr(cursor->at, ' ', (size_t)(cursor->end - cursor->at));

    if (space == NULL || space == cursor->at)
        return false;
    cursor->at = space + 1;
    return true;
}

/* Steps over the user and takes the time. A user's name is whatever a client sent: it may hold
 * spaces and brackets, so it ends where a well-formed time and a quote follow. */
static bool take_time(struct cursor *cursor, struct pv_access_log *scratch, int64_t *ts_ms)
{
    const char *from = cursor->at;

    for (;;) {
        const char *bracket = memchr(from, '[', (size_t)(cursor->end - from));

        if (bracket == NULL || cursor->end - bracket < TIME_AREA)
            return false;
        from = bracket + 1;
        if (bracket - cursor->at >= 2 && bracket[-1] == ' ' &&
            memcmp(from + TIME_SIZE, "] \"", 3) == 0 && parse_time(scratch, from, ts_ms)) {
            cursor->at = from + TIME_SIZE + 2;
            return true;
        }
    }
}

/* The byte that two hex digits stand for, or -1. */
static int hex_byte(const char *at)
{
    int high = pv_hex_value(at[0]), low = pv_hex_value(at[1]);

    return high >= 0 && low >= 0 ? high * 16 + low : -1;
}

/* Undoes the escape at `at`, a backslash with at least one byte behind it; writes one or two
 * bytes. Apache writes C's letters and \xHH, nginx only \xHH. Others stay as they are. */
static const char *undo_escape(const char *at, const char *end, char **out)
{
    static const char letters[] = "\"\\ntrvbf", meanings[] = "\"\\\n\t\r\v\b\f";
    const char *letter = at[1] == '\0' ? NULL : strchr(letters, at[1]);

    if (letter != NULL) {
        *(*out)++ = meanings[letter - letters];
        return at + 2;
    }
    if (at[1] == 'x' && end - at >= 4 && hex_byte(at + 2) >= 0) {
        *(*out)++ = (char)hex_byte(at + 2);
        return at + 4;
    }
    *(*out)++ = at[0];
    *(*out)++ = at[1];
    return at + 2;
}

/* Takes a quoted field that has escapes; the cursor is behind its first quote. What is written is
 * never longer than what was read, so `*room` cannot overflow. */
static bool take_escaped(struct cursor *cursor, char **room, struct pv_text *field)
{
    const char *at = cursor->at;
    char *out = *room;

    while (at < cursor->end && *at != '"') {
        if (*at != '\\') {
            *out++ = *at++;
            continue;
        }
        if (cursor->end - at < 2)
            return false;
        at = undo_escape(at, cursor->end, &out);
    }
    if (at == cursor->end)
        return false;
    *field = (struct pv_text){*room, (size_t)(out - *room)};
    *room = out;
    cursor->at = at + 1;
    return true;
}

static bool take_quoted(struct cursor *cursor, char **room, struct pv_text *field)
{
    const char *quote;

    if (!skip_char(cursor, '"'))
        return false;
    quote = memchr(cursor->at, '"', (size_t)(cursor->end - cursor->at));
    if (quote == NULL)
        return false;
    if (memchr(cursor->at, '\\', (size_t)(quote - cursor->at)) != NULL)
        return take_escaped(cursor, room, field);
    *field = (struct pv_text){cursor->at, (size_t)(quote - cursor->at)};
    cursor->at = quote + 1;
    return true;
}

/* ` 200 1234`, or ` 304 -`. */
static bool take_status_and_size(struct cursor *cursor, int *status)
{
    if (cursor->end - cursor->at < 6 || cursor->at[0] != ' ' || cursor->at[4] != ' ')
        return false;
    *status = digits(cursor->at + 1, 3);
    if (*status < 0)
        return false;
    cursor->at += 5;
    if (skip_char(cursor, '-'))
        return true;
    if (!is_digit(*cursor->at))
        return false;
    while (cursor->at < cursor->end && is_digit(*cursor->at))
        cursor->at++;
    return true;
}

/* The method is what is before the first space (all, when there is none), the protocol the last
 * word if it looks like one, and what is between them is the target, spaces and all. */
static void split_request(struct pv_text request, struct pv_hit *hit)
{
    const char *end = request.data + request.length, *space = NULL, *last;

    if (request.length > 0)
        space = memchr(request.data, ' ', request.length);
    if (space == NULL) {
        hit->method = request;
        hit->target = (struct pv_text){end, 0};
        return;
    }
    hit->method = (struct pv_text){request.data, (size_t)(space - request.data)};
    last = end;
    while (last[-1] != ' ')
        last--;
    if (end - last >= 5 && memcmp(last, "HTTP/", 5) == 0)
        end = last - 1 > space ? last - 1 : space + 1;
    hit->target = (struct pv_text){space + 1, (size_t)(end - space - 1)};
}

bool pv_access_log_parse(struct pv_access_log *scratch, enum pv_log_format format, const char *line,
                         size_t length, struct pv_hit *hit)
{
    struct cursor cursor = {line, line + length};
    char *room = scratch->unescaped;
    struct pv_text request;

    if (length == 0 || length > PV_ACCESS_LOG_LINE_MAX || format == PV_LOG_EVENT)
        return false;
    if (cursor.end[-1] == '\r')
        cursor.end--;
    if (format == PV_LOG_VCOMBINED && !skip_word(&cursor))
        return false;
    if (!skip_word(&cursor) || !skip_word(&cursor)) /* host, ident */
        return false;
    if (!take_time(&cursor, scratch, &hit->ts_ms) || !take_quoted(&cursor, &room, &request))
        return false;
    if (!take_status_and_size(&cursor, &hit->status))
        return false;
    split_request(request, hit);
    if (format == PV_LOG_COMMON) {
        /* Nothing may follow: to read combined as common would quietly count spiders as people. */
        hit->referrer = hit->user_agent = (struct pv_text){NULL, 0};
        return cursor.at == cursor.end;
    }
    if (!skip_char(&cursor, ' ') || !take_quoted(&cursor, &room, &hit->referrer))
        return false;
    if (!skip_char(&cursor, ' ') || !take_quoted(&cursor, &room, &hit->user_agent))
        return false;
    /* People append fields of their own: times, upstreams, request ids. */
    return cursor.at == cursor.end || *cursor.at == ' ';
}
