#include "producer/options.h"

#define TYPE     struct pv_producer_options
#define AT(name) offsetof(TYPE, name)
#define SECOND   INT64_C(1000)

static const char *const formats[] = {"combined", "common", "vcombined", "event", NULL};
static const char *const froms[] = {"start", "end", NULL};
static const char *const deliveries[] = {"exactly-once", "at-least-once", NULL};

static const struct pv_option options[] = {
    {"tail", PV_OPTION_LIST, AT(tail), NULL, 0, 0, NULL, "PATH", "follow this log"},
    {"format", PV_OPTION_CHOICE, AT(format), "combined", 0, 0, formats, NULL,
     "what a line of the logs is"},
    {"from", PV_OPTION_CHOICE, AT(from), "start", 0, 0, froms, NULL,
     "where to begin in a log that is new to this instance"},
    {"article-pattern", PV_OPTION_TEXT, AT(article_pattern), NULL, 0, 0, NULL, "PCRE",
     "only paths that match are articles"},
    {"keep-param", PV_OPTION_LIST, AT(keep_param), NULL, 0, 0, NULL, "NAME",
     "keep this query parameter in article ids"},
    {"spiders", PV_OPTION_TEXT, AT(spiders), NULL, 0, 0, NULL, "FILE",
     "patterns of robots' user agents (default share/pageviews/spiders.txt beside bin/)"},
    {"rejects", PV_OPTION_TEXT, AT(rejects), NULL, 0, 0, NULL, "FILE",
     "append lines that cannot be parsed to FILE"},
    PV_KAFKA_OPTION_ROWS(TYPE),
    {"instance", PV_OPTION_TEXT, AT(instance), NULL, 0, 0, NULL, "NAME",
     "one name, one position (default the host name)"},
    {"state-dir", PV_OPTION_TEXT, AT(state_dir), "/var/lib/pageviews", 0, 0, NULL, "DIR",
     "where a second copy of the position is kept"},
    {"delivery", PV_OPTION_CHOICE, AT(delivery), "exactly-once", 0, 0, deliveries, NULL,
     "transactions, or only an idempotent producer"},
    {"commit-interval", PV_OPTION_DURATION, AT(commit_interval_ms), "500ms", 10, 30 * SECOND, NULL,
     "DURATION", "commit this often"},
    {"rotate-wait", PV_OPTION_DURATION, AT(rotate_wait_ms), "10s", 0, 3600 * SECOND, NULL,
     "DURATION", "follow a rotated file until it has been quiet for so long"},
    {"exit-at-end", PV_OPTION_FLAG, AT(exit_at_end), NULL, 0, 0, NULL, NULL,
     "stop when all that the logs have is committed"},
    PV_COMMON_OPTION_ROWS(TYPE),
};

const struct pv_program pv_producer_program = {
    .name = "pv-producer",
    .summary = "Ships views from web servers' logs to Kafka, each exactly once.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .options_size = sizeof(struct pv_producer_options),
    .common_offset = AT(common),
    .takes_kafka = true,
};
