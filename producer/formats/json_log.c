#include "producer/formats/json_log.h"

#include <string.h>

#include "pageview/eight_bytes.h"
#include "producer/formats/line_pattern.h"

/* Where in the object we are: names mean something only in some places. */
enum place { PLACE_OTHER, PLACE_TOP, PLACE_REQUEST, PLACE_HEADERS, PLACE_ANSWER };

struct scan {
    const char *at, *end;
    char *room; /* for names and texts that have escapes */
    struct pv_log_values values;
    int depth;
};

/* What a name stands for. */
struct meaning {
    struct pv_log_name name;
    enum place place; /* of an object that is its value */
};

static const struct {
    enum place place;
    char name[16];
    struct meaning meaning;
} names[] = {
#define FIELD(field, rank)                                                                         \
    {                                                                                              \
        {field, rank}, PLACE_OTHER                                                                 \
    }
    {PLACE_TOP, "msec", FIELD(PV_FIELD_TIME, 5)},
    {PLACE_TOP, "ts", FIELD(PV_FIELD_TIME, 4)},
    {PLACE_TOP, "timestamp", FIELD(PV_FIELD_TIME, 4)},
    {PLACE_TOP, "@timestamp", FIELD(PV_FIELD_TIME, 4)},
    {PLACE_TOP, "time_iso8601", FIELD(PV_FIELD_TIME, 3)},
    {PLACE_TOP, "time_local", FIELD(PV_FIELD_TIME, 2)},
    {PLACE_TOP, "time", FIELD(PV_FIELD_TIME, 1)},
    {PLACE_TOP, "datetime", FIELD(PV_FIELD_TIME, 0)},
    {PLACE_TOP, "request", {{PV_FIELD_REQUEST, 0}, PLACE_REQUEST}},
    {PLACE_TOP, "request_method", FIELD(PV_FIELD_METHOD, 1)},
    {PLACE_TOP, "method", FIELD(PV_FIELD_METHOD, 0)},
    {PLACE_TOP, "request_uri", FIELD(PV_FIELD_TARGET, 2)},
    {PLACE_TOP, "uri", FIELD(PV_FIELD_TARGET, 1)},
    {PLACE_TOP, "url", FIELD(PV_FIELD_TARGET, 1)},
    {PLACE_TOP, "path", FIELD(PV_FIELD_TARGET, 0)},
    {PLACE_TOP, "args", FIELD(PV_FIELD_QUERY, 0)},
    {PLACE_TOP, "query_string", FIELD(PV_FIELD_QUERY, 0)},
    {PLACE_TOP, "status", FIELD(PV_FIELD_STATUS, 1)},
    {PLACE_TOP, "status_code", FIELD(PV_FIELD_STATUS, 0)},
    {PLACE_TOP, "referer", FIELD(PV_FIELD_REFERRER, 0)},
    {PLACE_TOP, "referrer", FIELD(PV_FIELD_REFERRER, 0)},
    {PLACE_TOP, "http_referrer", FIELD(PV_FIELD_REFERRER, 0)},
    {PLACE_TOP, "user_agent", FIELD(PV_FIELD_USER_AGENT, 0)},
    {PLACE_TOP, "useragent", FIELD(PV_FIELD_USER_AGENT, 0)},
    {PLACE_TOP, "agent", FIELD(PV_FIELD_USER_AGENT, 0)},
    {PLACE_TOP, "client_ip", FIELD(PV_FIELD_ADDRESS, 2)},
    {PLACE_TOP, "remote_addr", FIELD(PV_FIELD_ADDRESS, 1)},
    {PLACE_TOP, "remote_ip", FIELD(PV_FIELD_ADDRESS, 0)},
    {PLACE_TOP, "host", FIELD(PV_FIELD_SITE, 2)},
    {PLACE_TOP, "vhost", FIELD(PV_FIELD_SITE, 2)},
    {PLACE_TOP, "server_name", FIELD(PV_FIELD_SITE, 0)},
    {PLACE_TOP, "title", FIELD(PV_FIELD_TITLE, 1)},
    {PLACE_TOP, "section", FIELD(PV_FIELD_SECTION, 1)},
    /* Caddy's, and the names that its older releases had. */
    {PLACE_REQUEST, "client_ip", FIELD(PV_FIELD_ADDRESS, 2)},
    {PLACE_REQUEST, "remote_ip", FIELD(PV_FIELD_ADDRESS, 1)},
    {PLACE_REQUEST, "remote_addr", FIELD(PV_FIELD_ADDRESS, 0)},
    {PLACE_REQUEST, "method", FIELD(PV_FIELD_METHOD, 0)},
    {PLACE_REQUEST, "host", FIELD(PV_FIELD_SITE, 2)},
    {PLACE_REQUEST, "uri", FIELD(PV_FIELD_TARGET, 1)},
    {PLACE_REQUEST, "headers", {{PV_FIELD_NONE, 0}, PLACE_HEADERS}},
    {PLACE_TOP, "resp_headers", {{PV_FIELD_NONE, 0}, PLACE_ANSWER}},
#undef FIELD
};

static struct meaning find_meaning(enum place place, struct pv_text name)
{
    struct meaning meaning = {{PV_FIELD_NONE, 0}, PLACE_OTHER};
    char first;

    if (name.length == 0)
        return meaning;
    first = pv_log_plain_char(*name.data);
    if (place == PLACE_HEADERS)
        meaning.name = pv_log_field_of_header(name.data, name.length);
    if (place == PLACE_ANSWER)
        meaning.name = pv_log_field_of_answer(name.data, name.length);
    if (place == PLACE_OTHER || place == PLACE_HEADERS || place == PLACE_ANSWER)
        return meaning;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].place == place && names[i].name[0] == first &&
            pv_log_name_is(name.data, name.length, names[i].name))
            return names[i].meaning;
    if (place == PLACE_TOP)
        meaning.name = pv_log_field_of_variable(name.data, name.length);
    return meaning;
}

static void skip_blanks(struct scan *scan)
{
    while (scan->at < scan->end &&
           (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\n' || *scan->at == '\r'))
        scan->at++;
}

static bool skip_char(struct scan *scan, char c)
{
    if (scan->at == scan->end || *scan->at != c)
        return false;
    scan->at++;
    return true;
}

/* From a quote to behind the one that closes it. Its escapes are looked at, and undone when the
 * text is `wanted`. */
static bool take_string(struct scan *scan, bool wanted, struct pv_text *text)
{
    const char *first = scan->at + 1;
    bool has_escapes = false;
    char *room = scan->room;

    if (!skip_char(scan, '"'))
        return false;
    for (;; scan->at++) {
        scan->at += pv_json_plain_bytes(scan->at, scan->end);
        if (scan->at == scan->end || (unsigned char)*scan->at < 0x20)
            return false;
        if (*scan->at == '"')
            break;
        if (*scan->at == '\\') {
            has_escapes = true;
            if (++scan->at == scan->end || (unsigned char)*scan->at < 0x20)
                return false;
        }
    }
    *text = (struct pv_text){first, (size_t)(scan->at++ - first)};
    if (has_escapes && !pv_escape_undo(PV_ESCAPE_JSON, text, &room))
        return false;
    if (wanted)
        scan->room = room;
    return true;
}

static size_t skip_digits(struct scan *scan)
{
    const char *first = scan->at;

    while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9')
        scan->at++;
    return (size_t)(scan->at - first);
}

/* -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)? */
static bool take_number(struct scan *scan, struct pv_text *text)
{
    const char *first = scan->at;

    (void)skip_char(scan, '-');
    if (!skip_char(scan, '0') && skip_digits(scan) == 0)
        return false;
    if (skip_char(scan, '.') && skip_digits(scan) == 0)
        return false;
    if (skip_char(scan, 'e') || skip_char(scan, 'E')) {
        if (!skip_char(scan, '+'))
            (void)skip_char(scan, '-');
        if (skip_digits(scan) == 0)
            return false;
    }
    *text = (struct pv_text){first, (size_t)(scan->at - first)};
    return true;
}

static bool skip_word(struct scan *scan)
{
    static const char *const words[] = {"null", "true", "false"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t length = strlen(words[i]);

        if ((size_t)(scan->end - scan->at) >= length && memcmp(scan->at, words[i], length) == 0) {
            scan->at += length;
            return true;
        }
    }
    return false;
}

static bool take_value(struct scan *scan, struct meaning meaning);

static bool take_member(struct scan *scan, enum place place)
{
    struct pv_text name;

    skip_blanks(scan);
    if (!take_string(scan, false, &name))
        return false;
    skip_blanks(scan);
    return skip_char(scan, ':') && take_value(scan, find_meaning(place, name));
}

/* What follows `[` or `{`: members or values, commas between them, up to `close`. */
static bool take_items(struct scan *scan, char close, struct meaning meaning)
{
    bool more = true;

    if (++scan->depth > PV_JSON_LOG_DEPTH_MAX)
        return false;
    skip_blanks(scan);
    if (skip_char(scan, close)) {
        scan->depth--;
        return true;
    }
    while (more) {
        if (!(close == '}' ? take_member(scan, meaning.place) : take_value(scan, meaning)))
            return false;
        skip_blanks(scan);
        more = skip_char(scan, ',');
    }
    scan->depth--;
    return skip_char(scan, close);
}

static bool take_object(struct scan *scan, struct meaning meaning)
{
    scan->at++;
    return take_items(scan, '}', meaning);
}

/* Of an array every text means what the array does: Caddy's headers are such. */
static bool take_array(struct scan *scan, struct meaning meaning)
{
    scan->at++;
    meaning.place = PLACE_OTHER;
    return take_items(scan, ']', meaning);
}

static bool take_value(struct scan *scan, struct meaning meaning)
{
    bool wanted = meaning.name.field != PV_FIELD_NONE;
    struct pv_text text;

    skip_blanks(scan);
    if (scan->at == scan->end)
        return false;
    if (*scan->at == '{')
        return take_object(scan, meaning);
    if (*scan->at == '[')
        return take_array(scan, meaning);
    if (*scan->at == 'n' || *scan->at == 't' || *scan->at == 'f')
        return skip_word(scan);
    if (!(*scan->at == '"' ? take_string(scan, wanted, &text) : take_number(scan, &text)))
        return false;
    if (wanted)
        pv_log_values_take(&scan->values, meaning.name, text);
    return true;
}

bool pv_json_log_parse(struct pv_line_room *room, const char *line, size_t length,
                       struct pv_hit *hit)
{
    struct scan scan = {.at = line, .end = line + length, .room = room->unescaped};
    struct pv_text time;

    skip_blanks(&scan);
    if (scan.at == scan.end || *scan.at != '{' ||
        !take_object(&scan, (struct meaning){{PV_FIELD_NONE, 0}, PLACE_TOP}))
        return false;
    skip_blanks(&scan);
    if (scan.at != scan.end || !pv_log_values_to_hit(&scan.values, room->target, hit))
        return false;
    time = scan.values.text[PV_FIELD_TIME];
    return time.data != NULL && pv_time_read_any(time.data, time.length, &hit->ts_ms);
}
