/* The aggregator's options. */
#ifndef AGGREGATOR_OPTIONS_H
#define AGGREGATOR_OPTIONS_H

#include "aggregator/commit_call.h"
#include "pageview/kafka_options.h"
#include "pageview/options.h"
#include "pageview/redis_client.h"

enum pv_clock_choice { PV_CLOCK_WALL, PV_CLOCK_EVENT };

struct pv_aggregator_options {
    struct pv_common_options common;
    struct pv_kafka_options kafka;
    struct pv_redis_options redis;
    struct pv_retention retention;
    const char *group;
    int64_t partitions;
    int64_t flush_interval_ms;
    int64_t max_batch_articles;
    int64_t pipelines;
    int64_t max_new_articles;
    int64_t max_ranked_articles;
    int64_t dedupe_ms; /* 0: off */
    int64_t dedupe_memory;
    int clock;                         /* enum pv_clock_choice */
    int visitors, trending, also_read; /* 0: off */
    bool exit_at_end;
    bool rebuild, accept_loss;
};

extern const struct pv_program pv_aggregator_program;

#endif
