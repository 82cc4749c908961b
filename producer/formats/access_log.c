#include "producer/formats/access_log.h"

#include <string.h>

#include "producer/formats/digits.h"

/* What is around a time: `[…] "`. */
#define TIME_AREA (1 + PV_TIME_CLF_SIZE + 3)

struct cursor {
    const char *at, *end;
};

static bool skip_char(struct cursor *cursor, char c)
{
    if (cursor->at == cursor->end || *cursor->at != c)
        return false;
    cursor->at++;
    return true;
}

/* Takes at least one byte that is no space, and steps over the space behind. */
static bool take_word(struct cursor *cursor, struct pv_text *word)
{
    const char *space = memchr(cursor->at, ' ', (size_t)(cursor->end - cursor->at));

    if (space == NULL || space == cursor->at)
        return false;
    *word = (struct pv_text){cursor->at, (size_t)(space - cursor->at)};
    cursor->at = space + 1;
    return true;
}

/* Steps over the user and takes the time. A user's name is whatever a client sent: it may hold
 * spaces and brackets, so it ends where a well-formed time and a quote follow. */
static bool take_time(struct cursor *cursor, struct pv_line_room *room, int64_t *ts_ms)
{
    const char *from = cursor->at;

    for (;;) {
        const char *bracket = memchr(from, '[', (size_t)(cursor->end - from));

        if (bracket == NULL || cursor->end - bracket < TIME_AREA)
            return false;
        from = bracket + 1;
        if (bracket - cursor->at >= 2 && bracket[-1] == ' ' &&
            memcmp(from + PV_TIME_CLF_SIZE, "] \"", 3) == 0 &&
            pv_time_read_clf(&room->time, from, ts_ms)) {
            cursor->at = from + PV_TIME_CLF_SIZE + 2;
            return true;
        }
    }
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
        at = pv_escape_undo_c(at, cursor->end, &out);
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
    *status = pv_digits(cursor->at + 1, 3);
    if (*status < 0)
        return false;
    cursor->at += 5;
    if (skip_char(cursor, '-'))
        return true;
    if (!pv_is_digit(*cursor->at))
        return false;
    while (cursor->at < cursor->end && pv_is_digit(*cursor->at))
        cursor->at++;
    return true;
}

/* What these formats do not say. Text by text: clearing the whole hit takes longer than its parsing
 * may. */
static void take_nothing(struct pv_hit *hit)
{
    static const struct pv_text nothing = {NULL, 0};

    hit->site = hit->purpose = hit->title = hit->section = nothing;
    hit->no_consent = false;
}

/* What comes before the user: the client, and who it says it is. */
static bool take_client(struct cursor *cursor, struct pv_hit *hit)
{
    struct pv_text ident;

    if (!take_word(cursor, &hit->address) || !take_word(cursor, &ident))
        return false;
    if (pv_log_text_is_void(hit->address))
        hit->address = (struct pv_text){NULL, 0};
    return true;
}

static bool take_site(struct cursor *cursor, struct pv_hit *hit)
{
    if (!take_word(cursor, &hit->site))
        return false;
    hit->site = pv_log_without_port(hit->site);
    return true;
}

bool pv_access_log_parse(struct pv_line_room *room, enum pv_access_log_kind kind, const char *line,
                         size_t length, struct pv_hit *hit)
{
    struct cursor cursor = {line, line + length};
    char *unescaped = room->unescaped;
    struct pv_text request;

    take_nothing(hit);
    if (kind == PV_ACCESS_LOG_VCOMBINED && !take_site(&cursor, hit))
        return false;
    if (!take_client(&cursor, hit))
        return false;
    if (!take_time(&cursor, room, &hit->ts_ms) || !take_quoted(&cursor, &unescaped, &request))
        return false;
    if (!take_status_and_size(&cursor, &hit->status))
        return false;
    pv_log_split_request(request, hit);
    if (kind == PV_ACCESS_LOG_COMMON) {
        /* Nothing may follow: to read combined as common would quietly count spiders as people. */
        hit->referrer = hit->user_agent = (struct pv_text){NULL, 0};
        return cursor.at == cursor.end;
    }
    if (!skip_char(&cursor, ' ') || !take_quoted(&cursor, &unescaped, &hit->referrer))
        return false;
    if (!skip_char(&cursor, ' ') || !take_quoted(&cursor, &unescaped, &hit->user_agent))
        return false;
    /* People append fields of their own: times, upstreams, request ids. */
    return cursor.at == cursor.end || *cursor.at == ' ';
}
