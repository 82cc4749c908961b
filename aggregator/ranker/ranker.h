/* The ranker: a thread that keeps the trending lists in Redis up to date, about once a second.
 *
 *     counts in Redis → running sums → lists → what changed of them → Redis
 *
 * While a log has much waiting, what there is to rank changes all over with each commit, and nobody
 * sees the latest counts yet: then it ranks a tenth as often, and at once when the log's end is
 * near.
 *
 * Any number of processes may rank under one prefix; a lock lets one of them do the work, and costs
 * nothing but work when two have it. */
#ifndef AGGREGATOR_RANKER_RANKER_H
#define AGGREGATOR_RANKER_RANKER_H

#include "pageview/clock.h"
#include "pageview/metrics.h"
#include "pageview/redis_client.h"

struct pv_ranker_metrics {
    pv_metric_value refreshes, rebuilds, errors, lists_sent;
    pv_metric_value articles, articles_refused;
    pv_metric_value refresh_us, redis_us; /* what the last one took, and waited for Redis */
    pv_metric_value last_ranking_ms;      /* wall clock */
};

struct pv_ranker_config {
    const struct pv_redis_options *redis;
    const struct pv_clock *clock; /* the wall clock */
    bool by_events;               /* rank by the clock of events, which is in Redis */
    int64_t interval_ms;          /* between two refreshes; longer where they cost Redis much */
    size_t max_articles;
    struct pv_ranker_metrics *metrics;
    /* What this process counts. NULL: nothing. */
    const pv_metric_value *commits;
    const pv_metric_value *far_behind; /* partitions whose log has much waiting */
};

struct pv_ranker;

/* Starts the thread. `config` and what it points to must outlive the ranker. */
enum pv_status pv_ranker_new(const struct pv_ranker_config *config, struct pv_ranker **ranker,
                             struct pv_error *error) PV_MUST_CHECK;

/* Ends the thread after one refresh more, whoever has the lock, so that the lists are those of all
 * that was counted; or without it, when Redis does not answer for a few seconds. */
void pv_ranker_finish(struct pv_ranker *ranker);

/* Ends the thread. NULL is fine. */
void pv_ranker_destroy(struct pv_ranker *ranker);

#endif
