/* The aggregator's options. */
#ifndef AGGREGATOR_OPTIONS_H
#define AGGREGATOR_OPTIONS_H

#include "aggregator/commit_call.h"
#include "pageview/kafka_options.h"
#include "pageview/options.h"
#include "pageview/redis_client.h"

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
    bool exit_at_end;
};

extern const struct pv_program pv_aggregator_program;

#endif
