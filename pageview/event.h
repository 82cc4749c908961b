/* The view event, version 1 (docs/event-schema.md): one view, as it travels through Kafka. */
#ifndef PAGEVIEW_EVENT_H
#define PAGEVIEW_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Bounds in bytes. */
#define PV_EVENT_SIZE_MAX    8192
#define PV_ARTICLE_SIZE_MAX  512
#define PV_VISITOR_SIZE_MAX  64
#define PV_SECTION_SIZE_MAX  64
#define PV_TITLE_SIZE_MAX    300
#define PV_REFERRER_SIZE_MAX 255
#define PV_ID_SIZE_MAX       64

/* An event may be this far ahead of the clock of whoever counts it. */
#define PV_FUTURE_MS INT64_C(300000)

enum pv_agent { PV_AGENT_USER, PV_AGENT_SPIDER, PV_AGENT_AUTOMATED };

/* Bytes that belong to somebody else; data is NULL when the field is absent. */
struct pv_text {
    const char *data;
    size_t length;
};

/* True when these are the bytes of `word`. */
static inline bool pv_text_is(struct pv_text text, const char *word)
{
    return text.length == strlen(word) && memcmp(text.data, word, text.length) == 0;
}

struct pv_event {
    struct pv_text article;
    int64_t ts_ms; /* ms since the Unix epoch, UTC; not negative */
    enum pv_agent agent;
    struct pv_text visitor, section, title, referrer, id;
};

#endif
