/* Why something was not counted as a view. Every hit or event that is not one has
 * exactly one of these, under this name in metrics, logs, Redis and Kafka headers. */
#ifndef PAGEVIEW_REASON_H
#define PAGEVIEW_REASON_H

#include "pageview/event.h"

/* X(name, what it means): what the producer's policy leaves out of Kafka, in the order of its
 * checks. bad_article stands in the event's table. */
#define PV_HIT_REASON_TABLE(X)                                                                     \
    X(bad_line, "the source could not parse the line")                                             \
    X(history, "older than --since")                                                               \
    X(not_allowed, "of a site that --allow-host does not list")                                    \
    X(other_site, "of a site that --site does not name")                                           \
    X(method, "not a GET request")                                                                 \
    X(status, "not answered with 200 or 304")                                                      \
    X(asset, "a file of the page, not the page")                                                   \
    X(prefetch, "loaded ahead by a browser, not seen by a person")                                 \
    X(consent, "the reader asked not to be counted")                                               \
    X(not_article, "the path does not match --article-pattern")

/* What makes an event no event (docs/event-schema.md), in the order of its checks. */
#define PV_EVENT_REASON_TABLE(X)                                                                   \
    X(not_json, "not UTF-8 JSON, or no value at all")                                              \
    X(too_large, "over 8 KiB")                                                                     \
    X(not_object, "JSON, but not an object")                                                       \
    X(bad_version, "a schema version other than 1")                                                \
    X(missing_article, "no article")                                                               \
    X(bad_article, "no canonical article id: empty, over 512 bytes, or control characters")        \
    X(bad_ts, "no usable time")                                                                    \
    X(future, "more than 5 minutes ahead of the clock")                                            \
    X(bad_agent, "an agent other than user, spider, automated")                                    \
    X(bad_field, "another known field of a wrong type or size")

/* Valid events that are not people's views. */
#define PV_AGENT_REASON_TABLE(X)                                                                   \
    X(spider, "a robot that says so")                                                              \
    X(automated, "a robot that does not say so")

/* Views that are counted once already. */
#define PV_REPEAT_REASON_TABLE(X) X(repeat, "the same visitor saw the same article within --dedupe")

#define PV_REASON_TABLE(X)                                                                         \
    PV_HIT_REASON_TABLE(X)                                                                         \
    PV_EVENT_REASON_TABLE(X) PV_AGENT_REASON_TABLE(X) PV_REPEAT_REASON_TABLE(X)

enum pv_reason {
    PV_REASON_NONE, /* counted: a view */
#define X(name, meaning) PV_REASON_##name,
    PV_REASON_TABLE(X)
#undef X
        PV_REASON_COUNT
};

/* The name, "none" for PV_REASON_NONE. Static storage. */
const char *pv_reason_name(enum pv_reason reason);
/* What an agent's events are counted under; PV_REASON_NONE for people's views. */
enum pv_reason pv_reason_of_agent(enum pv_agent agent);

#endif
