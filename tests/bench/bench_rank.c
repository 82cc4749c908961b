/*
 * pv-bench-rank: the ranker's work, one refresh at a time and with a clock that is told.
 *
 *   --redis=HOST:PORT --prefix=pv: --max-articles=2000000
 *
 * It ranks the counts that it finds there and publishes the lists, as the ranker's thread does,
 * and reads commands, one a line:
 *
 *     refresh MS   -> {"cpu_us":…,"wall_us":…,"waited_us":…,"articles":…,"changed":…,
 *                      "rebuilds":…,"why":"…"}; waited_us is the part spent waiting for Redis
 *     rebuild MS   the same, after pv_refresher_doubt
 *
 * Only the rebuild that is due every ten minutes goes by the real clock.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "aggregator/facts.h"
#include "aggregator/ranker/refresher.h"
#include "bench_util.h"

enum { COMMAND_SIZE = 64 };

struct bench_ranker {
    struct pv_ranker_metrics metrics;
    struct pv_refresher *refresher;
    int64_t now_ms;
};

static void check(enum pv_status status, const struct pv_error *error)
{
    if (status != PV_OK)
        bench_die("%s", error->text);
}

static int64_t clock_us(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t told_time(void *context)
{
    return ((const struct bench_ranker *)context)->now_ms;
}

static void refresh(struct bench_ranker *ranker)
{
    int64_t cpu_us = clock_us(CLOCK_PROCESS_CPUTIME_ID);
    int64_t wall_us = clock_us(CLOCK_MONOTONIC);
    int64_t waited_us;
    struct pv_error error;
    check(pv_refresher_run(ranker->refresher, &waited_us, &error), &error);
    cpu_us = clock_us(CLOCK_PROCESS_CPUTIME_ID) - cpu_us;
    wall_us = clock_us(CLOCK_MONOTONIC) - wall_us;

    struct pv_ranking_stats stats = pv_refresher_stats(ranker->refresher);
    printf("{\"cpu_us\":%" PRId64 ",\"wall_us\":%" PRId64 ",\"waited_us\":%" PRId64
           ",\"articles\":%" PRId64 ",\"changed\":%" PRId64 ",\"rebuilds\":%" PRId64
           ",\"why\":\"%s\"}\n",
           cpu_us, wall_us, waited_us, stats.articles, stats.changed, stats.rebuilds,
           stats.rebuilt_because);
    fflush(stdout);
}

static void obey(struct bench_ranker *ranker, const char *command)
{
    if (sscanf(command, "rebuild %" SCNd64, &ranker->now_ms) == 1)
        pv_refresher_doubt(ranker->refresher);
    else if (sscanf(command, "refresh %" SCNd64, &ranker->now_ms) != 1)
        bench_die("unknown command: %s", command);
    refresh(ranker);
}

int main(int argc, char **argv)
{
    static const char *const KNOWN[] = {"redis", "prefix", "max-articles"};
    bench_check_options(argc, argv, KNOWN, (int)(sizeof KNOWN / sizeof KNOWN[0]));
    struct pv_redis_options options = {.address =
                                           bench_option(argc, argv, "redis", "127.0.0.1:6379"),
                                       .prefix = bench_option(argc, argv, "prefix", "pv:")};
    struct bench_ranker ranker = {.now_ms = 0};
    const struct pv_clock clock = {told_time, &ranker};
    const struct pv_ranker_config config = {
        .redis = &options,
        .clock = &clock,
        .max_articles = (size_t)bench_option_int(argc, argv, "max-articles", 2000000),
        .metrics = &ranker.metrics};
    struct pv_redis *redis;
    struct pv_error error;
    check(pv_redis_new(&options, &redis, &error), &error);
    check(pv_facts_load_library(redis, &error), &error);
    check(pv_refresher_new(&config, redis, NULL, NULL, &ranker.refresher, &error), &error);

    char command[COMMAND_SIZE];
    while (fgets(command, sizeof command, stdin) != NULL)
        obey(&ranker, command);

    pv_refresher_destroy(ranker.refresher);
    pv_redis_destroy(redis);
    return EXIT_SUCCESS;
}
