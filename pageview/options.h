/* A program's options: one table, a row an option, that drives flags, the configuration
 * file, the environment, bounds, defaults and --help.
 *
 *     --name=value      a flag; beats
 *     PV_NAME=value     the environment; beats
 *     name = value      a line of --config=FILE; beats the table's default.
 *
 * A line of the file has PV_CONFIG_LINE_MAX bytes at most. A comment begins with # or ; at its
 * start, or with " ;" behind a value. There are no sections, quotes or continued lines.
 *
 * `-X kafka.PROPERTY=VALUE` (or the same name in the file) goes to librdkafka. */
#ifndef PAGEVIEW_OPTIONS_H
#define PAGEVIEW_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pageview/status.h"

#define PV_CONFIG_LINE_MAX 4096

enum pv_option_type {
    PV_OPTION_TEXT,     /* const char *, NULL when not given */
    PV_OPTION_LIST,     /* struct pv_list; may be given more than once */
    PV_OPTION_COUNT,    /* int64_t, within min..max */
    PV_OPTION_DURATION, /* int64_t ms, within min..max; written 500ms 5s 10m 2h 8d */
    PV_OPTION_SIZE,     /* int64_t bytes, within min..max; written 65536 64k 100m 1g */
    PV_OPTION_CHOICE,   /* int, index into `choices` */
    PV_OPTION_OPTIONAL, /* int, 0 when not given, else 1 + index into `choices`; "--name" alone is
                           the first of them */
    PV_OPTION_FLAG,     /* bool; "--name", "--name=on", "--name=off" */
    PV_OPTION_ADDRESS,  /* const char *, "HOST:PORT" with a port of 1–65535 */
    PV_OPTION_BROKERS,  /* const char *, "HOST:PORT,…" */
    PV_OPTION_REDIS,    /* const char *, "HOST:PORT" or "unix:PATH" */
};

struct pv_list {
    const char **items;
    size_t count;
};

struct pv_option {
    const char *name;
    enum pv_option_type type;
    size_t offset;              /* of the field in the program's options struct */
    const char *default_value;  /* as text, or NULL */
    int64_t min, max;           /* COUNT, DURATION (ms), SIZE (bytes) */
    const char *const *choices; /* CHOICE, OPTIONAL: ends with NULL */
    const char *metavar;
    const char *help;
};

/* What every program has; the first member of its options struct. */
struct pv_common_options {
    const char *config;
    const char *metrics;
    int log_level;
    bool check_config;
    bool help;
    bool version;
    struct pv_list kafka_properties; /* "name=value" without the "kafka." */
};

extern const char *const pv_log_level_choices[];

#define PV_COMMON_OPTION_ROWS(type)                                                                \
    {"config",                                                                                     \
     PV_OPTION_TEXT,                                                                               \
     offsetof(type, common.config),                                                                \
     NULL,                                                                                         \
     0,                                                                                            \
     0,                                                                                            \
     NULL,                                                                                         \
     "FILE",                                                                                       \
     "read options from FILE, one \"name = value\" a line"},                                       \
        {"metrics",                                                                                \
         PV_OPTION_ADDRESS,                                                                        \
         offsetof(type, common.metrics),                                                           \
         NULL,                                                                                     \
         0,                                                                                        \
         0,                                                                                        \
         NULL,                                                                                     \
         "ADDR:PORT",                                                                              \
         "serve Prometheus /metrics, /healthz and /readyz there"},                                 \
        {"log-level",                                                                              \
         PV_OPTION_CHOICE,                                                                         \
         offsetof(type, common.log_level),                                                         \
         "info",                                                                                   \
         0,                                                                                        \
         0,                                                                                        \
         pv_log_level_choices,                                                                     \
         NULL,                                                                                     \
         "the least level to log"},                                                                \
        {"check-config", PV_OPTION_FLAG, offsetof(type, common.check_config), NULL, 0, 0,          \
         NULL,           NULL,           "check the options and exit"},                            \
        {"help", PV_OPTION_FLAG, offsetof(type, common.help), NULL, 0, 0,                          \
         NULL,   NULL,           "print this text and exit"},                                      \
    {                                                                                              \
        "version", PV_OPTION_FLAG, offsetof(type, common.version), NULL, 0, 0, NULL, NULL,         \
            "print the version and exit"                                                           \
    }

struct pv_program {
    const char *name;
    const char *summary; /* a line or two for --help */
    const struct pv_option *options;
    size_t option_count;
    size_t options_size;
    size_t common_offset; /* of the struct pv_common_options in the options struct */
    bool takes_kafka;     /* accepts -X kafka.* */
};

/* Fills `options` (zeroed by the caller) from defaults, file, environment and flags.
 * PV_INVALID names the option, where it was given, and what it takes. */
enum pv_status pv_options_parse(const struct pv_program *program, int argc, char **argv,
                                void *options, struct pv_error *error) PV_MUST_CHECK;

/* Frees what pv_options_parse allocated. */
void pv_options_clean_up(const struct pv_program *program, void *options);

/* Prints --help on stdout. */
void pv_options_print_help(const struct pv_program *program);

/* "5s" → 5000. Units ms s m h d. PV_INVALID without touching `*duration_ms` otherwise. */
enum pv_status pv_duration_parse(const char *text, int64_t *duration_ms) PV_MUST_CHECK;

#endif
