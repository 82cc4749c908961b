#include "aggregator/options.h"

#define TYPE     struct pv_aggregator_options
#define AT(name) offsetof(TYPE, name)
#define SECOND   INT64_C(1000)
#define DAY      (INT64_C(86400) * SECOND)

static const char *const clock_choices[] = {"wall", "event", NULL};
static const char *const switch_choices[] = {"off", "on", NULL};

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
    {"clock", PV_OPTION_CHOICE, AT(clock), "wall", 0, 0, clock_choices, NULL,
     "what now is: the wall clock, or the time of the events, for replays and imports"},
    {"dedupe", PV_OPTION_DURATION, AT(dedupe_ms), "0s", 0, DAY, NULL, "DURATION",
     "a visitor's view of the same article within this time after another is a repeat, not a view"},
    {"dedupe-memory", PV_OPTION_COUNT, AT(dedupe_memory), "4000000", 1000, 1000000000, NULL, "N",
     "visits that a pipeline remembers for --dedupe at most"},
    {"trending", PV_OPTION_CHOICE, AT(trending), "on", 0, 0, switch_choices, NULL,
     "keep the trending lists"},
    {"max-ranked-articles", PV_OPTION_COUNT, AT(max_ranked_articles), "2000000", 1000, 100000000,
     NULL, "N", "articles of the last 30 days that the lists are made from at most"},
    {"visitors", PV_OPTION_CHOICE, AT(visitors), "on", 0, 0, switch_choices, NULL,
     "count the different visitors of each article and day, and of each minute"},
    {"also-read", PV_OPTION_CHOICE, AT(also_read), "on", 0, 0, switch_choices, NULL,
     "find out what readers of an article also read; off with --visitors=off"},
    {"max-new-articles-per-hour", PV_OPTION_COUNT, AT(max_new_articles), "100000", 1, 1000000000,
     NULL, "N", "past it new articles count under (other) until the next hour"},
    {"pipelines", PV_OPTION_COUNT, AT(pipelines), "1", 1, 64, NULL, "N",
     "consumers of the group to run in this process"},
    {"exit-at-end", PV_OPTION_FLAG, AT(exit_at_end), NULL, 0, 0, NULL, NULL,
     "stop when all that was in the topic at start is committed"},
    {"rebuild", PV_OPTION_FLAG, AT(rebuild), NULL, 0, 0, NULL, NULL,
     "count the retained log again beside the live counts, put it in their place, and stop"},
    {"accept-loss", PV_OPTION_FLAG, AT(accept_loss), NULL, 0, 0, NULL, NULL,
     "let --rebuild replace counts of events that Kafka has deleted since"},
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
