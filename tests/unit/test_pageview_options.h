/* A program with an option of every type, and what its arguments, environment and file say. */
#ifndef TEST_PAGEVIEW_OPTIONS_H
#define TEST_PAGEVIEW_OPTIONS_H

#include "test_pageview_support.h"

#include "pageview/kafka_options.h"
#include "pageview/options.h"
#include "pageview/redis_client.h"

struct test_options {
    struct pv_common_options common;
    struct pv_kafka_options kafka;
    struct pv_redis_options redis;
    const char *pattern;
    struct pv_list tail;
    int64_t batch;
    int64_t flush_interval_ms;
    int format;
    int color;
    bool exit_at_end;
};

static const char *const formats[] = {"combined", "common", "event", NULL};
static const char *const colors[] = {"always", "never", NULL};

static const struct pv_option rows[] = {
    PV_KAFKA_OPTION_ROWS(struct test_options),
    PV_REDIS_OPTION_ROWS(struct test_options),
    {"article-pattern", PV_OPTION_TEXT, offsetof(struct test_options, pattern), NULL, 0, 0, NULL,
     "PCRE", "what is an article"},
    {"tail", PV_OPTION_LIST, offsetof(struct test_options, tail), NULL, 0, 0, NULL, "PATH",
     "a log to follow"},
    {"batch", PV_OPTION_COUNT, offsetof(struct test_options, batch), "100", 1, 1000, NULL, "N",
     "articles in a batch"},
    {"flush-interval", PV_OPTION_DURATION, offsetof(struct test_options, flush_interval_ms), "1s",
     10, 3600000, NULL, "DURATION", "pause between batches"},
    {"format", PV_OPTION_CHOICE, offsetof(struct test_options, format), "combined", 0, 0, formats,
     NULL, "how lines are written"},
    {"color", PV_OPTION_OPTIONAL, offsetof(struct test_options, color), NULL, 0, 0, colors, NULL,
     "whether to color"},
    {"exit-at-end", PV_OPTION_FLAG, offsetof(struct test_options, exit_at_end), NULL, 0, 0, NULL,
     NULL, "stop at the end"},
    PV_COMMON_OPTION_ROWS(struct test_options),
};

static struct pv_program program = {
    .name = "pv-test",
    .summary = "Tests options.",
    .options = rows,
    .option_count = sizeof rows / sizeof rows[0],
    .options_size = sizeof(struct test_options),
    .common_offset = offsetof(struct test_options, common),
    .takes_kafka = true,
};

static struct test_options options;
static struct pv_error error;
static char config_path[64];

/* Parses these arguments, the last of them NULL, into `options`. */
static inline enum pv_status parse(const char *first, ...)
{
    const char *argv[128] = {"pv-test"};
    int argc = 1;
    va_list list;

    pv_options_clean_up(&program, &options);
    memset(&options, 0, sizeof options);
    memset(&error, 0, sizeof error);
    va_start(list, first);
    for (const char *argument = first; argument != NULL; argument = va_arg(list, const char *))
        argv[argc++] = argument;
    va_end(list);
    return pv_options_parse(&program, argc, (char **)argv, &options, &error);
}

/* The same with a configuration file of this text. */
static inline enum pv_status parse_file(const char *text, const char *argument)
{
    char flag[80];
    enum pv_status status;

    write_temporary_file(config_path, text, strlen(text));
    snprintf(flag, sizeof flag, "--config=%s", config_path);
    status = parse(flag, argument, NULL);
    unlink(config_path);
    return status;
}

static inline int clean(void **state)
{
    static const char *const names[] = {"PV_CONFIG",         "PV_TOPIC", "PV_TAIL",
                                        "PV_FLUSH_INTERVAL", "PV_BATCH", "PV_REDIS_PASSWORD_FILE",
                                        "PV_EXIT_AT_END"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unsetenv(names[i]);
    pv_options_clean_up(&program, &options);
    memset(&options, 0, sizeof options);
    program.takes_kafka = true;
    return 0;
}

#endif
