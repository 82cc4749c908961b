/* Reads live.json and the files of single articles from Redis when they are asked for, in a thread
 * and on a connection of its own: a Redis that does not answer holds nobody up but who asked, and
 * that not for long.
 *
 * What was read is kept for a moment, so that many who ask at once are one question: live.json for
 * a second, an article for PV_LIVE_ARTICLE_MS. Articles that are asked for while others are read
 * are read together. A reading begins PV_LIVE_REST_MS after another one at the earliest: names
 * without end do not keep Redis busy. Ranks are those of the trending lists, read every
 * PV_LIVE_RANKS_MS at most.
 *
 * Memory: 256 articles' texts, the lists (4 MiB at most), and a page of answers. */
#ifndef DASHBOARD_EXPORT_SERVE_LIVE_SOURCE_H
#define DASHBOARD_EXPORT_SERVE_LIVE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dashboard-export/serve/answer.h"
#include "pageview/buffer.h"
#include "pageview/redis_client.h"
#include "pageview/status.h"

enum {
    PV_LIVE_ARTICLE_MS = 250,
    PV_LIVE_JSON_MS = 1000,
    PV_LIVE_RANKS_MS = 5000,
    PV_LIVE_REST_MS = 5,
};

/* Called from the thread. */
struct pv_live_sink {
    void (*on_read)(void *context); /* somebody's question is answered */
    /* live.json changed, while it is watched; one line */
    void (*on_live)(void *context, const char *json, size_t length);
    void *context;
};

struct pv_live_source;

/* `redis` must outlive it. The thread begins at once. */
enum pv_status pv_live_source_new(const struct pv_redis_options *redis,
                                  const struct pv_live_sink *sink, struct pv_live_source **source,
                                  struct pv_error *error) PV_MUST_CHECK;
/* Ends the thread: behind what it is waiting for from Redis, 8 s at most. NULL is fine. */
void pv_live_source_destroy(struct pv_live_source *source);

/* While it is watched live.json is read every second, when it is not only when asked for. */
void pv_live_source_watch(struct pv_live_source *source, bool watched);

enum pv_live_answer {
    PV_LIVE_KNOWN,   /* here is the text */
    PV_LIVE_PENDING, /* ask again when told so */
    PV_LIVE_UNKNOWN, /* Redis has no such article, or is away: try what there was, or the file */
    PV_LIVE_BUSY,    /* too much is asked: try the file, or later */
};

struct pv_live_text {
    struct pv_buffer text; /* the caller cleans up */
    char etag[PV_ETAG_SIZE];
};

/* `article` is NULL for live.json, else an id of 512 bytes at most. `asked_ms` is when the question
 * came, by the monotonic clock; the answer is no older than what may be kept until then. `*text`
 * is only used with PV_LIVE_KNOWN. */
enum pv_live_answer pv_live_source_ask(struct pv_live_source *source, const char *article,
                                       size_t length, int64_t asked_ms, struct pv_live_text *text);

/* The last text of it, unless what was generated at `generated_at` ("2026-11-24T13:05:07Z"; "":
 * before all) is surely as new: for where the source does not answer, so that no count goes back.
 * False: there is none. */
bool pv_live_source_recall(struct pv_live_source *source, const char *article, size_t length,
                           const char *generated_at, struct pv_live_text *text);

#endif
