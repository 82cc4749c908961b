#include "dashboard-export/serve/live_reader.h"

#include <stdlib.h>

#include "dashboard-export/serve/live_source.h"

struct pv_live_reader {
    struct pv_redis *redis;
    const char *prefix;
    struct pv_snapshot_stamp stamp;
    int64_t clock_ms;
    int64_t begun_ms; /* by the monotonic clock */
    bool has_ranks;
    int64_t ranks_ms; /* when they were read, by the same */
    struct pv_article_ranks ranks;
    struct pv_article_page page;
};

enum pv_status pv_live_reader_new(const struct pv_redis_options *options,
                                  struct pv_live_reader **reader, struct pv_error *error)
{
    enum pv_status status;

    *reader = calloc(1, sizeof **reader);
    if (*reader == NULL)
        return pv_error_nomem(error, "live answers");
    (*reader)->prefix = options->prefix;
    status = pv_redis_new(options, &(*reader)->redis, error);
    if (status != PV_OK) {
        free(*reader);
        *reader = NULL;
    }
    return status;
}

void pv_live_reader_destroy(struct pv_live_reader *reader)
{
    if (reader == NULL)
        return;
    pv_article_ranks_clean_up(&reader->ranks);
    pv_redis_destroy(reader->redis);
    free(reader);
}

enum pv_status pv_live_reader_begin(struct pv_live_reader *reader, int64_t now_ms,
                                    int64_t monotonic_ms, struct pv_error *error)
{
    struct pv_moment moment;
    enum pv_status status = pv_moment_read(reader->redis, reader->prefix, now_ms, &moment, error);

    if (status != PV_OK)
        return status;
    reader->stamp = (struct pv_snapshot_stamp){now_ms, moment.committed_ms};
    reader->clock_ms = moment.clock_ms;
    reader->begun_ms = monotonic_ms;
    return PV_OK;
}

enum pv_status pv_live_reader_live(struct pv_live_reader *reader, struct pv_buffer *text,
                                   struct pv_error *error)
{
    struct pv_live live;
    enum pv_status status =
        pv_live_read(reader->redis, reader->prefix, reader->clock_ms, &live, error);

    if (status != PV_OK)
        return status;
    pv_snapshot_live(text, &reader->stamp, &live);
    pv_live_clean_up(&live);
    return PV_OK;
}

/* Six lists of a thousand are a lot to read for an article each time. */
static enum pv_status read_ranks(struct pv_live_reader *reader, struct pv_error *error)
{
    struct pv_article_ranks ranks;
    enum pv_status status;

    if (reader->has_ranks && reader->begun_ms - reader->ranks_ms < PV_LIVE_RANKS_MS)
        return PV_OK;
    status = pv_article_ranks_read(reader->redis, reader->prefix, &ranks, error);
    if (status != PV_OK)
        return status;
    pv_article_ranks_clean_up(&reader->ranks);
    reader->ranks = ranks;
    reader->ranks_ms = reader->begun_ms;
    reader->has_ranks = true;
    return PV_OK;
}

enum pv_status pv_live_reader_articles(struct pv_live_reader *reader,
                                       const struct pv_text *articles, size_t count,
                                       struct pv_buffer **texts, struct pv_error *error)
{
    struct pv_article_page *page = &reader->page;
    struct pv_snapshot_about about = {reader->stamp, false, &page->offsets};
    enum pv_status status = read_ranks(reader, error);

    if (status == PV_OK)
        status = pv_article_page_read(reader->redis, reader->prefix, reader->clock_ms, articles,
                                      count, page, error);
    if (status != PV_OK)
        return status;
    about.exact = page->exact;
    for (size_t i = 0; i < count; i++) {
        struct pv_article_counts *counts = &page->counts[i];

        if (counts->total == 0)
            continue;
        pv_article_ranks_find(&reader->ranks, counts->article, counts->ranks);
        pv_article_json(texts[i], &about, reader->clock_ms, counts);
    }
    pv_article_page_clean_up(page);
    return PV_OK;
}
