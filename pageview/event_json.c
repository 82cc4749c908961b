/* What pv_event_json_write wrote is read by event_json_plain; the rest of this is for all else.
 *
 * cJSON does the grammar, json_strict what cJSON forgives, and the table below the schema.
 *
 * cJSON asks for memory once for each value and string. Here it gets it from a bump arena of the
 * parser in use on this thread, which is emptied as a whole before the next event: no free(), and
 * a bound that hostile input cannot exceed. */
#include "pageview/event_json.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "pageview/bucket.h"
#include "pageview/event_json_plain.h"
#include "pageview/json_strict.h"
#include "pageview/utf8.h"

enum {
    /* The densest event, [0,0,…], has a value every two bytes, for each of which newer cJSON asks
     * for a buffer to read the number in; strings add no more than the event's bytes, their NULs
     * and their alignment. */
    ARENA_SIZE = PV_EVENT_SIZE_MAX / 2 * (sizeof(cJSON) + 16) + 4UL * PV_EVENT_SIZE_MAX,
    ARENA_ALIGN = 16,
};

struct pv_event_parser {
    size_t used;
    char text[PV_EVENT_SIZE_MAX + 1];
    _Alignas(ARENA_ALIGN) char arena[ARENA_SIZE];
};

static _Thread_local struct pv_event_parser *parser_in_use;

static void *arena_allocate(size_t size)
{
    struct pv_event_parser *parser = parser_in_use;
    void *memory;

    size = (size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    if (parser == NULL || size > ARENA_SIZE - parser->used)
        return NULL;
    memory = parser->arena + parser->used;
    parser->used += size;
    return memory;
}

static void arena_free(void *memory)
{
    (void)memory; /* the arena is emptied as a whole */
}

static void install_arena(void)
{
    cJSON_Hooks hooks = {arena_allocate, arena_free};

    cJSON_InitHooks(&hooks);
}

enum pv_status pv_event_parser_new(struct pv_event_parser **parser, struct pv_error *error)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, install_arena);
    *parser = malloc(sizeof **parser);
    return *parser != NULL ? PV_OK : pv_error_nomem(error, "the event parser");
}

void pv_event_parser_destroy(struct pv_event_parser *parser)
{
    free(parser);
}

enum field { V, ARTICLE, TS, AGENT, VISITOR, SECTION, TITLE, REFERRER, ID, FIELDS };

static const struct {
    const char *name;
    size_t min, max;       /* bytes, of the plain text fields */
    ptrdiff_t text_offset; /* in struct pv_event; -1: not a plain text field */
} fields[FIELDS] = {
    [V] = {"v", 0, 0, -1},
    [ARTICLE] = {"article", 1, PV_ARTICLE_SIZE_MAX, offsetof(struct pv_event, article)},
    [TS] = {"ts", 0, 0, -1},
    [AGENT] = {"agent", 0, 0, -1},
    [VISITOR] = {"visitor", 1, PV_VISITOR_SIZE_MAX, offsetof(struct pv_event, visitor)},
    [SECTION] = {"section", 0, PV_SECTION_SIZE_MAX, offsetof(struct pv_event, section)},
    [TITLE] = {"title", 0, PV_TITLE_SIZE_MAX, offsetof(struct pv_event, title)},
    [REFERRER] = {"referrer", 0, PV_REFERRER_SIZE_MAX, offsetof(struct pv_event, referrer)},
    [ID] = {"id", 0, PV_ID_SIZE_MAX, offsetof(struct pv_event, id)},
};

static bool is_integer(const cJSON *item)
{
    return cJSON_IsNumber(item) && isfinite(item->valuedouble) &&
           floor(item->valuedouble) == item->valuedouble;
}

/* The last value of each known field; false when `article` stands twice. */
static bool collect(const cJSON *object, const cJSON *items[FIELDS])
{
    bool once = true;

    for (const cJSON *item = object->child; item != NULL; item = item->next) {
        for (int field = 0; field < FIELDS; field++) {
            if (item->string[0] != fields[field].name[0] ||
                strcmp(item->string, fields[field].name) != 0)
                continue;
            once = once && !(field == ARTICLE && items[ARTICLE] != NULL);
            items[field] = item;
            break;
        }
    }
    return once;
}

static bool read_text(const cJSON *item, enum field field, struct pv_event *event)
{
    struct pv_text *text = (struct pv_text *)((char *)event + fields[field].text_offset);

    if (!cJSON_IsString(item))
        return false;
    text->data = item->valuestring;
    text->length = strlen(item->valuestring);
    return text->length >= fields[field].min && text->length <= fields[field].max &&
           pv_utf8_is_printable(text->data, text->length);
}

static enum pv_reason read_ts(const cJSON *item, int64_t message_ts_ms, int64_t now_ms,
                              int64_t *ts_ms)
{
    if (item == NULL) {
        if (message_ts_ms < 0 || message_ts_ms >= PV_TIME_LIMIT_MS)
            return PV_REASON_bad_ts;
        *ts_ms = message_ts_ms;
    } else {
        if (!is_integer(item) || item->valuedouble < 0 ||
            item->valuedouble >= (double)PV_TIME_LIMIT_MS)
            return PV_REASON_bad_ts;
        *ts_ms = (int64_t)item->valuedouble;
    }
    return *ts_ms > now_ms + PV_FUTURE_MS ? PV_REASON_future : PV_REASON_NONE;
}

static bool read_agent(const cJSON *item, enum pv_agent *agent)
{
    static const char *const names[] = {"user", "spider", "automated"};

    *agent = PV_AGENT_USER;
    if (item == NULL)
        return true;
    if (!cJSON_IsString(item))
        return false;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(item->valuestring, names[i]) == 0) {
            *agent = (enum pv_agent)i;
            return true;
        }
    }
    return false;
}

static enum pv_reason read_event(const cJSON *object, int64_t message_ts_ms, int64_t now_ms,
                                 struct pv_event *event)
{
    const cJSON *items[FIELDS] = {NULL};
    bool one_article = collect(object, items);
    enum pv_reason reason;

    if (items[V] != NULL && !(is_integer(items[V]) && items[V]->valuedouble == 1))
        return PV_REASON_bad_version;
    if (items[ARTICLE] == NULL)
        return PV_REASON_missing_article;
    if (!one_article || !read_text(items[ARTICLE], ARTICLE, event))
        return PV_REASON_bad_article;
    reason = read_ts(items[TS], message_ts_ms, now_ms, &event->ts_ms);
    if (reason != PV_REASON_NONE)
        return reason;
    if (!read_agent(items[AGENT], &event->agent))
        return PV_REASON_bad_agent;
    for (int field = VISITOR; field < FIELDS; field++)
        if (items[field] != NULL && !read_text(items[field], (enum field)field, event))
            return PV_REASON_bad_field;
    return PV_REASON_NONE;
}

static bool only_blanks(const char *text, const char *end)
{
    while (text < end && (*text == ' ' || *text == '\t' || *text == '\n' || *text == '\r'))
        text++;
    return text == end;
}

enum pv_reason pv_event_json_parse(struct pv_event_parser *parser, const char *value, size_t length,
                                   int64_t message_ts_ms, int64_t now_ms, struct pv_event *event)
{
    const char *parse_end = NULL;
    const cJSON *root;

    if (value == NULL || length == 0)
        return PV_REASON_not_json;
    if (length > PV_EVENT_SIZE_MAX)
        return PV_REASON_too_large;
    memcpy(parser->text, value, length);
    parser->text[length] = '\0';
    if (pv_event_json_plain(parser->text, length, now_ms, event))
        return PV_REASON_NONE;
    if (!pv_json_strict(parser->text, length))
        return PV_REASON_not_json;

    parser->used = 0;
    parser_in_use = parser;
    root = cJSON_ParseWithLengthOpts(parser->text, length + 1, &parse_end, false);
    parser_in_use = NULL;
    if (root == NULL || !only_blanks(parse_end, parser->text + length))
        return PV_REASON_not_json;
    if (!cJSON_IsObject(root))
        return PV_REASON_not_object;
    memset(event, 0, sizeof *event);
    return read_event(root, message_ts_ms, now_ms, event);
}
