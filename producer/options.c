#include "producer/options.h"

#include "pageview/spool.h"

#define TYPE     struct pv_producer_options
#define AT(name) offsetof(TYPE, name)
#define SECOND   INT64_C(1000)

static const char *const froms[] = {"start", "end", NULL};
static const char *const syncs[] = {"each", "100ms", "off", NULL}; /* enum pv_spool_sync */
static const char *const deliveries[] = {"exactly-once", "at-least-once", NULL};

static const struct pv_option options[] = {
    {"tail", PV_OPTION_LIST, AT(tail), NULL, 0, 0, NULL, "PATH",
     "follow this log, or all that match a pattern such as '/var/log/nginx/*.log'"},
    {"format", PV_OPTION_TEXT, AT(format), "combined", 0, 0, NULL, "FORMAT",
     "what a line is: combined, common, vcombined, json, event, or an nginx log_format or Apache "
     "LogFormat as it stands in the server's configuration"},
    {"from", PV_OPTION_CHOICE, AT(from), "start", 0, 0, froms, NULL,
     "where to begin in a log that is new to this instance"},
    {"since", PV_OPTION_TEXT, AT(since), NULL, 0, 0, NULL, "TIME",
     "leave out lines of before: 2026-11-24, 2026-11-24T13:05:00Z, or an age such as 2h"},
    {"spool", PV_OPTION_TEXT, AT(spool), NULL, 0, 0, NULL, "DIR",
     "ship the views in this spool, where --http, --syslog, --stdin and the C library put them"},
    {"spool-max", PV_OPTION_SIZE, AT(spool_max), "1g", PV_SPOOL_MAX_LEAST, INT64_C(1) << 40, NULL,
     "BYTES", "the spool's bound; when it is reached, senders are refused"},
    {"spool-sync", PV_OPTION_CHOICE, AT(spool_sync), "100ms", 0, 0, syncs, NULL,
     "when the spool is written to the disk: before each answer, ten times a second, or when the "
     "kernel does it"},
    {"ship", PV_OPTION_FLAG, AT(ship), "on", 0, 0, NULL, NULL,
     "off: only put views into the spool, which another pv-producer ships"},
    {"http", PV_OPTION_ADDRESS, AT(http), NULL, 0, 0, NULL, "ADDR:PORT",
     "take views from browsers and applications there"},
    {"allow-host", PV_OPTION_LIST, AT(allow_host), NULL, 0, 0, NULL, "HOST",
     "take HTTP views of this site only; may be given again"},
    {"trusted-proxy", PV_OPTION_LIST, AT(trusted_proxy), NULL, 0, 0, NULL, "CIDR",
     "believe X-Forwarded-For from there, such as 127.0.0.1/32"},
    {"trust-client-time", PV_OPTION_FLAG, AT(trust_client_time), NULL, 0, 0, NULL, NULL,
     "take the time of a view from the HTTP request that brings it"},
    {"syslog", PV_OPTION_ADDRESS, AT(syslog), NULL, 0, 0, NULL, "ADDR:PORT",
     "take log lines of --format by syslog there, UDP and TCP"},
    {"stdin", PV_OPTION_TEXT, AT(stdin_format), NULL, 0, 0, NULL, "FORMAT",
     "take log lines of this format from standard input"},
    {"article-pattern", PV_OPTION_TEXT, AT(article_pattern), NULL, 0, 0, NULL, "PCRE",
     "only paths that match are articles"},
    {"keep-param", PV_OPTION_LIST, AT(keep_param), NULL, 0, 0, NULL, "NAME",
     "keep this query parameter in article ids"},
    {"site", PV_OPTION_LIST, AT(site), NULL, 0, 0, NULL, "HOST",
     "count views of this site only, of several in one log; may be given again"},
    {"visitors", PV_OPTION_FLAG, AT(visitors), "on", 0, 0, NULL, NULL,
     "hash address and user agent, with a salt of the day, to tell visitors apart"},
    {"ignore-consent", PV_OPTION_FLAG, AT(ignore_consent), NULL, 0, 0, NULL, NULL,
     "count views of browsers that ask not to be tracked (DNT, Sec-GPC)"},
    {"spiders", PV_OPTION_TEXT, AT(spiders), NULL, 0, 0, NULL, "FILE",
     "patterns of robots' user agents (default share/pageviews/spiders.txt beside bin/)"},
    {"rejects", PV_OPTION_TEXT, AT(rejects), NULL, 0, 0, NULL, "FILE",
     "append lines that cannot be parsed to FILE"},
    PV_KAFKA_OPTION_ROWS(TYPE),
    {"instance", PV_OPTION_TEXT, AT(instance), NULL, 0, 0, NULL, "NAME",
     "one name, one position (default the host name)"},
    {"state-dir", PV_OPTION_TEXT, AT(state_dir), "/var/lib/pageviews", 0, 0, NULL, "DIR",
     "for a second copy of the positions, and for the salts of visitors' hashes"},
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
    .summary =
        "Ships views from web servers, applications and browsers to Kafka, each exactly once.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .options_size = sizeof(struct pv_producer_options),
    .common_offset = AT(common),
    .takes_kafka = true,
};
