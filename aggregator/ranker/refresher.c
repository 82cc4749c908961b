#include "aggregator/ranker/refresher.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "aggregator/random_id.h"
#include "aggregator/ranker/publisher.h"
#include "aggregator/ranker/redis_source.h"
#include "aggregator/ranker/share.h"
#include "aggregator/ranker/stopwatch.h"
#include "pageview/keys.h"
#include "pageview/log.h"

struct pv_refresher {
    const struct pv_ranker_config *config;
    struct pv_redis *redis;
    struct pv_redis_source redis_source;
    struct pv_count_source source;
    struct pv_ranking *ranking; /* NULL: at rest */
    struct pv_publisher *publisher;
    bool all;         /* every list is to be published */
    int64_t rebuilds; /* of the ranking, when it was looked at last */
};

enum pv_status
pv_refresher_new(const struct pv_ranker_config *config, struct pv_redis *redis,
                 enum pv_status (*before_page)(void *context, struct pv_error *error),
                 void *context, struct pv_refresher **refresher, struct pv_error *error)
{
    struct pv_refresher *made = calloc(1, sizeof *made);

    if (made == NULL)
        return pv_error_nomem(error, "the ranker");
    made->config = config;
    made->redis = redis;
    made->redis_source = (struct pv_redis_source){.redis = redis,
                                                  .prefix = config->redis->prefix,
                                                  .before_page = before_page,
                                                  .context = context};
    made->source = pv_redis_count_source(&made->redis_source);
    *refresher = made;
    return PV_OK;
}

void pv_refresher_rest(struct pv_refresher *refresher)
{
    pv_ranking_destroy(refresher->ranking);
    pv_publisher_destroy(refresher->publisher);
    refresher->ranking = NULL;
    refresher->publisher = NULL;
    pv_metric_set(&refresher->config->metrics->articles, 0);
}

void pv_refresher_destroy(struct pv_refresher *refresher)
{
    if (refresher == NULL)
        return;
    pv_refresher_rest(refresher);
    free(refresher);
}

void pv_refresher_doubt(struct pv_refresher *refresher)
{
    refresher->all = true;
    if (refresher->ranking != NULL)
        pv_ranking_request_rebuild(refresher->ranking);
}

/* -1: the clock of events does not run yet. */
static enum pv_status read_clock(struct pv_refresher *refresher, int64_t *now_ms,
                                 struct pv_error *error)
{
    char key[PV_KEY_SIZE];
    struct pv_redis_reply *reply;
    enum pv_status status;

    *now_ms = pv_clock_now_ms(refresher->config->clock);
    if (!refresher->config->by_events)
        return PV_OK;
    pv_key_clock(refresher->config->redis->prefix, key);
    status = pv_redis_command_texts(refresher->redis, &reply, error, "HGET", key, PV_CLOCK_NOW,
                                    (char *)NULL);
    if (status != PV_OK)
        return status;
    *now_ms = pv_redis_reply_number(reply, -1);
    pv_redis_reply_destroy(reply);
    return PV_OK;
}

static enum pv_status take_up(struct pv_refresher *refresher, struct pv_error *error)
{
    const struct pv_ranker_config *config = refresher->config;
    char id[PV_RANDOM_ID_SIZE];
    enum pv_status status = PV_OK;

    if (refresher->ranking == NULL) {
        status = pv_ranking_new(config->max_articles, &refresher->ranking, error);
        refresher->rebuilds = 0;
    }
    if (status == PV_OK && refresher->publisher == NULL) {
        pv_random_id(id);
        status = pv_publisher_new(refresher->redis, config->redis->prefix, id,
                                  &refresher->publisher, error);
    }
    return status;
}

static enum pv_status publish_lists(struct pv_refresher *refresher, size_t section, bool all,
                                    struct pv_error *error)
{
    char name[PV_SECTION_SIZE_MAX + 1];
    enum pv_status status = PV_OK;

    if (section != PV_RANKING_ALL) {
        struct pv_text text = pv_ranking_section(refresher->ranking, section);

        snprintf(name, sizeof name, "%.*s", (int)text.length, text.data);
    }
    for (int list = 0; list < PV_RANKING_LISTS && status == PV_OK; list++) {
        const struct pv_ranked *entries;
        bool changed;
        size_t count = pv_ranking_top(refresher->ranking, (enum pv_ranking_list)list, section,
                                      &entries, &changed);

        if (changed || all)
            status = pv_publisher_publish(
                refresher->publisher, pv_ranking_list_name((enum pv_ranking_list)list),
                section == PV_RANKING_ALL ? NULL : name, entries, count, error);
    }
    return status;
}

static enum pv_status publish(struct pv_refresher *refresher, struct pv_error *error)
{
    int64_t sent = pv_publisher_sent(refresher->publisher);
    bool all = refresher->all;
    enum pv_status status;

    if (all) /* Redis may have lost what was published, and sections may be gone */
        pv_publisher_doubt(refresher->publisher);
    status = publish_lists(refresher, PV_RANKING_ALL, all, error);
    for (size_t i = 0; i < pv_ranking_section_count(refresher->ranking) && status == PV_OK; i++)
        status = publish_lists(refresher, i, all, error);
    if (status == PV_OK)
        status = all ? pv_publisher_clear_strangers(refresher->publisher, error)
                     : pv_publisher_flush(refresher->publisher, error);
    refresher->all = status != PV_OK;
    pv_metric_add(&refresher->config->metrics->lists_sent,
                  pv_publisher_sent(refresher->publisher) - sent);
    return status;
}

static enum pv_status note_time(struct pv_refresher *refresher, int64_t clock_ms,
                                struct pv_error *error)
{
    char key[PV_KEY_SIZE], wall[24], clock[24];
    int64_t wall_ms = pv_clock_now_ms(refresher->config->clock);
    struct pv_redis_reply *reply;
    enum pv_status status;

    pv_key_meta(refresher->config->redis->prefix, key);
    snprintf(wall, sizeof wall, "%" PRId64, wall_ms);
    snprintf(clock, sizeof clock, "%" PRId64, clock_ms);
    status = pv_redis_command_texts(refresher->redis, &reply, error, "HSET", key,
                                    PV_META_LAST_RANKING_MS, wall, PV_META_RANKING_CLOCK_MS, clock,
                                    (char *)NULL);
    if (status != PV_OK)
        return status;
    pv_redis_reply_destroy(reply);
    pv_metric_set(&refresher->config->metrics->last_ranking_ms, wall_ms);
    return PV_OK;
}

/* Looks at what the refresh did. */
static void note_refresh(struct pv_refresher *refresher, int64_t took_us)
{
    struct pv_ranker_metrics *metrics = refresher->config->metrics;
    struct pv_ranking_stats stats = pv_ranking_stats(refresher->ranking);

    pv_metric_add(&metrics->refreshes, 1);
    pv_metric_set(&metrics->articles, stats.articles);
    pv_metric_set(&metrics->articles_refused, stats.articles_refused);
    if (stats.rebuilds == refresher->rebuilds)
        return;
    refresher->rebuilds = stats.rebuilds;
    refresher->all = true;
    /* One that takes long shall be rare. */
    pv_ranking_set_rebuild_interval(refresher->ranking,
                                    pv_share_pause_ms(took_us, PV_RANKING_REBUILD_MS));
    pv_metric_add(&metrics->rebuilds, 1);
    pv_log(PV_LOG_INFO, "ranking_rebuilt", PV_TEXT("why", stats.rebuilt_because),
           PV_NUMBER("articles", stats.articles), PV_NUMBER("ms", took_us / 1000));
    if (stats.articles_refused > 0)
        pv_log(PV_LOG_WARN, "articles_not_ranked", PV_NUMBER("counts", stats.articles_refused),
               PV_NUMBER("limit", refresher->config->max_articles));
}

static enum pv_status refresh(struct pv_refresher *refresher, struct pv_error *error)
{
    int64_t began_us = pv_stopwatch_us(), clock_ms;
    enum pv_status status = read_clock(refresher, &clock_ms, error);

    if (status != PV_OK || clock_ms < 0)
        return status;
    status = pv_ranking_refresh(refresher->ranking, &refresher->source, clock_ms, pv_monotonic_ms(),
                                error);
    if (status != PV_OK)
        return status;
    note_refresh(refresher, pv_stopwatch_us() - began_us);
    status = publish(refresher, error);
    return status == PV_OK ? note_time(refresher, clock_ms, error) : status;
}

enum pv_status pv_refresher_run(struct pv_refresher *refresher, int64_t *waited_us,
                                struct pv_error *error)
{
    struct pv_ranker_metrics *metrics = refresher->config->metrics;
    int64_t began_us = pv_stopwatch_us(), waited_before_us;
    enum pv_status status = take_up(refresher, error);

    *waited_us = 0;
    if (status != PV_OK)
        return status;
    refresher->redis_source.waited_us = 0;
    waited_before_us = pv_publisher_waited_us(refresher->publisher);
    status = refresh(refresher, error);
    *waited_us = refresher->redis_source.waited_us + pv_publisher_waited_us(refresher->publisher) -
                 waited_before_us;
    pv_metric_set(&metrics->refresh_us, pv_stopwatch_us() - began_us);
    pv_metric_set(&metrics->redis_us, *waited_us);
    return status;
}

struct pv_ranking_stats pv_refresher_stats(const struct pv_refresher *refresher)
{
    return pv_ranking_stats(refresher->ranking);
}
