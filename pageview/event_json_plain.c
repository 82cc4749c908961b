#include "pageview/event_json_plain.h"

#include <string.h>

#include "pageview/bucket.h"
#include "pageview/utf8.h"

enum { TS_DIGITS_MAX = 15 };

struct scan {
    const char *at, *end;
};

static bool skip(struct scan *scan, const char *word, size_t length)
{
    if ((size_t)(scan->end - scan->at) < length || memcmp(scan->at, word, length) != 0)
        return false;
    scan->at += length;
    return true;
}

/* From behind the opening quote to behind the closing one. There is no escape in the whole text, so
 * the next quote is the closing one. */
static bool take_string(struct scan *scan, size_t min, size_t max, struct pv_text *text)
{
    const char *quote = memchr(scan->at, '"', (size_t)(scan->end - scan->at));

    if (quote == NULL)
        return false;
    *text = (struct pv_text){scan->at, (size_t)(quote - scan->at)};
    scan->at = quote + 1;
    return text->length >= min && text->length <= max &&
           pv_utf8_is_printable(text->data, text->length);
}

static bool take_ts(struct scan *scan, int64_t now_ms, int64_t *ts_ms)
{
    const char *first = scan->at;

    *ts_ms = 0;
    for (; scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9'; scan->at++) {
        if (scan->at - first == TS_DIGITS_MAX)
            return false;
        *ts_ms = *ts_ms * 10 + (*scan->at - '0');
    }
    return scan->at > first && *first != '0' && *ts_ms < PV_TIME_LIMIT_MS &&
           *ts_ms <= now_ms + PV_FUTURE_MS;
}

/* Whatever is there of the fields that are written behind these. */
static bool take_others(struct scan *scan, struct pv_event *event)
{
    /* The bounds are those of event_json.c's table. */
    static const struct {
        const char *front;
        size_t front_length, min, max, text_offset;
    } others[] = {
#define OTHER(name, min, max)                                                                      \
    {",\"" #name "\":\"", sizeof #name + 4, min, max, offsetof(struct pv_event, name)}
        OTHER(visitor, 1, PV_VISITOR_SIZE_MAX), OTHER(section, 0, PV_SECTION_SIZE_MAX),
        OTHER(title, 0, PV_TITLE_SIZE_MAX),     OTHER(referrer, 0, PV_REFERRER_SIZE_MAX),
        OTHER(id, 0, PV_ID_SIZE_MAX),
#undef OTHER
    };

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct pv_text *text = (struct pv_text *)(void *)((char *)event + others[i].text_offset);

        if (skip(scan, others[i].front, others[i].front_length) &&
            !take_string(scan, others[i].min, others[i].max, text))
            return false;
    }
    return true;
}

#define SKIP(scan, word) skip(scan, word, sizeof(word) - 1)

bool pv_event_json_plain(const char *text, size_t length, int64_t now_ms, struct pv_event *event)
{
    struct scan scan = {text, text + length};

    memset(event, 0, sizeof *event);
    if (memchr(text, '\\', length) != NULL || !SKIP(&scan, "{\"article\":\"") ||
        !take_string(&scan, 1, PV_ARTICLE_SIZE_MAX, &event->article) || !SKIP(&scan, ",\"ts\":") ||
        !take_ts(&scan, now_ms, &event->ts_ms))
        return false;
    if (SKIP(&scan, ",\"agent\":\"spider\""))
        event->agent = PV_AGENT_SPIDER;
    else if (SKIP(&scan, ",\"agent\":\"automated\""))
        event->agent = PV_AGENT_AUTOMATED;
    return take_others(&scan, event) && SKIP(&scan, "}") && scan.at == scan.end;
}
