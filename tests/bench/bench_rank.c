/*
 * pv-bench-rank: the ranker's work, one refresh at a time and with a clock that is told.
 *
 *   --redis=HOST:PORT --prefix=pv: --max-articles=2000000
 *
 * It ranks the counts that it finds there and publishes the lists, as the ranker's thread does,
 * and reads commands, one a line:
 *
 *     refresh MS   -> {"cpu_us":…,"wall_us":…,"waited_us":…,"articles":…,"changed":…,
 *                      "rebuilds":…,"why":"…"}; waited_us is the part spent waiting for counts
 *     rebuild MS   the same, after pv_ranking_request_rebuild
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "aggregator/facts.h"
#include "aggregator/ranker/publisher.h"
#include "aggregator/ranker/redis_source.h"
#include "bench_util.h"

enum { COMMAND_SIZE = 64 };

struct bench_ranker {
    struct pv_redis *redis;
    struct pv_redis_source redis_source;
    struct pv_count_source source;
    struct pv_ranking *ranking;
    struct pv_publisher *publisher;
    int64_t rebuilds; /* when it was published last */
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

static void publish_lists(struct bench_ranker *ranker, size_t section, bool all)
{
    char name[PV_SECTION_SIZE_MAX + 1];
    if (section != PV_RANKING_ALL) {
        struct pv_text text = pv_ranking_section(ranker->ranking, section);
        snprintf(name, sizeof name, "%.*s", (int)text.length, text.data);
    }
    for (enum pv_ranking_list list = 0; list < PV_RANKING_LISTS; list++) {
        const struct pv_ranked *entries;
        struct pv_error error;
        bool changed;
        size_t count = pv_ranking_top(ranker->ranking, list, section, &entries, &changed);
        if (changed || all)
            check(pv_publisher_publish(ranker->publisher, pv_ranking_list_name(list),
                                       section == PV_RANKING_ALL ? NULL : name, entries, count,
                                       &error),
                  &error);
    }
}

/* After a rebuild all lists are compared by their stamps. */
static void publish(struct bench_ranker *ranker)
{
    int64_t rebuilds = pv_ranking_stats(ranker->ranking).rebuilds;
    bool all = rebuilds != ranker->rebuilds;
    struct pv_error error;
    if (all)
        pv_publisher_doubt(ranker->publisher);
    publish_lists(ranker, PV_RANKING_ALL, all);
    for (size_t i = 0; i < pv_ranking_section_count(ranker->ranking); i++)
        publish_lists(ranker, i, all);
    if (all)
        check(pv_publisher_clear_strangers(ranker->publisher, &error), &error);
    else
        check(pv_publisher_flush(ranker->publisher, &error), &error);
    ranker->rebuilds = rebuilds;
}

static void refresh(struct bench_ranker *ranker, int64_t now_ms)
{
    int64_t cpu_us = clock_us(CLOCK_PROCESS_CPUTIME_ID);
    int64_t wall_us = clock_us(CLOCK_MONOTONIC);
    struct pv_error error;
    ranker->redis_source.waited_us = 0;
    /* The monotonic clock stands still: no rebuild but those that are asked for. */
    check(pv_ranking_refresh(ranker->ranking, &ranker->source, now_ms, 0, &error), &error);
    publish(ranker);
    cpu_us = clock_us(CLOCK_PROCESS_CPUTIME_ID) - cpu_us;
    wall_us = clock_us(CLOCK_MONOTONIC) - wall_us;

    struct pv_ranking_stats stats = pv_ranking_stats(ranker->ranking);
    printf("{\"cpu_us\":%" PRId64 ",\"wall_us\":%" PRId64 ",\"waited_us\":%" PRId64
           ",\"articles\":%" PRId64 ",\"changed\":%" PRId64 ",\"rebuilds\":%" PRId64
           ",\"why\":\"%s\"}\n",
           cpu_us, wall_us, ranker->redis_source.waited_us, stats.articles, stats.changed,
           stats.rebuilds, stats.rebuilt_because);
    fflush(stdout);
}

static void obey(struct bench_ranker *ranker, const char *command)
{
    int64_t now_ms;
    if (sscanf(command, "rebuild %" SCNd64, &now_ms) == 1)
        pv_ranking_request_rebuild(ranker->ranking);
    else if (sscanf(command, "refresh %" SCNd64, &now_ms) != 1)
        bench_die("unknown command: %s", command);
    refresh(ranker, now_ms);
}

int main(int argc, char **argv)
{
    static const char *const KNOWN[] = {"redis", "prefix", "max-articles"};
    bench_check_options(argc, argv, KNOWN, (int)(sizeof KNOWN / sizeof KNOWN[0]));
    struct pv_redis_options options = {.address =
                                           bench_option(argc, argv, "redis", "127.0.0.1:6379"),
                                       .prefix = bench_option(argc, argv, "prefix", "pv:")};
    size_t max_articles = (size_t)bench_option_int(argc, argv, "max-articles", 2000000);
    struct bench_ranker ranker = {0};
    struct pv_error error;
    check(pv_redis_new(&options, &ranker.redis, &error), &error);
    check(pv_facts_load_library(ranker.redis, &error), &error);
    ranker.redis_source = (struct pv_redis_source){.redis = ranker.redis, .prefix = options.prefix};
    ranker.source = pv_redis_count_source(&ranker.redis_source);
    check(pv_ranking_new(max_articles, &ranker.ranking, &error), &error);
    check(pv_publisher_new(ranker.redis, options.prefix, "bench", &ranker.publisher, &error),
          &error);

    char command[COMMAND_SIZE];
    while (fgets(command, sizeof command, stdin) != NULL)
        obey(&ranker, command);

    pv_ranking_destroy(ranker.ranking);
    pv_publisher_destroy(ranker.publisher);
    pv_redis_destroy(ranker.redis);
    return EXIT_SUCCESS;
}
