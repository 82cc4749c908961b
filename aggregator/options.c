#include "aggregator/options.h"

#define TYPE     struct pv_aggregator_options
#define AT(name) offsetof(TYPE, name)
#define SECOND   INT64_C(1000)
#define DAY      (INT64_C(86400) * SECOND)

static const struct pv_option options[] = {
    PV_KAFKA_OPTION_ROWS(TYPE),
    {"group", PV_OPTION_TEXT, AT(group), "pv-aggregator", 0, 0, NULL, "NAME", "the consumer group"},
    {"partitions", PV_OPTION_COUNT, AT(partitions), "8", 1, 10000, NULL, "N",
     "partitions of topics that are created when missing"},
    PV_REDIS_OPTION_ROWS(TYPE),
    {"keep-minutes", PV_OPTION_DURATION, AT(retention.minutes_ms), "2h", SECOND, 7 * DAY, NULL,
     "DURATION", "how long a minute's counts are kept"},
    {"keep-hours", PV_OPTION_DURATION, AT(retention.hours_ms), "8d", SECOND, 400 * DAY, NULL,
     "DURATION", "how long an hour's counts are kept"},
    {"keep-days", PV_OPTION_DURATION, AT(retention.days_ms), "400d", SECOND, 36500 * DAY, NULL,
     "DURATION", "how long a day's counts are kept"},
    {"flush-interval", PV_OPTION_DURATION, AT(flush_interval_ms), "500ms", 10, 60 * SECOND, NULL,
     "DURATION", "commit to Redis this often (up to 4 times longer while catching up)"},
    {"max-batch-articles", PV_OPTION_COUNT, AT(max_batch_articles), "8000", 100, 100000, NULL, "N",
     "commit a partition's batch earlier when it has this many (article, minute) counts"},
    {"pipelines", PV_OPTION_COUNT, AT(pipelines), "1", 1, 64, NULL, "N",
     "consumers of the group to run in this process"},
    {"exit-at-end", PV_OPTION_FLAG, AT(exit_at_end), NULL, 0, 0, NULL, NULL,
     "stop when all that was in the log at start is committed"},
    PV_COMMON_OPTION_ROWS(TYPE),
};

const struct pv_program pv_aggregator_program = {
    .name = "pv-aggregator",
    .summary = "Counts view events from Kafka in Redis, each exactly once.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .options_size = sizeof(struct pv_aggregator_options),
    .common_offset = AT(common),
    .takes_kafka = true,
};
