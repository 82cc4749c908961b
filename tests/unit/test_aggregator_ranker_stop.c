/* A rebuild reads for minutes where there are many articles: a stop does not wait for its end. */
#include "redis_socket.h"
#include "waiting.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "aggregator/library.h"
#include "aggregator/ranker/ranker.h"
#include "aggregator/ranker/ranking.h"

#define NOW INT64_C(1795525507000) /* 2026-11-24T13:05:07Z */

enum { WAIT_MS = 10000, WORD_SIZE = 64, WORDS_MAX = 16 };

static struct pv_error error;

/* Counts that are stopped in the middle. */
static struct {
    int buckets, buckets_allowed; /* < 0: all */
    int sections, looks;
} counts;

static enum pv_status read_bucket(void *context, enum pv_bucket_size size, int64_t start_ms,
                                  pv_take_count *take, void *take_context, struct pv_error *why)
{
    (void)context, (void)size, (void)start_ms;
    if (counts.buckets == counts.buckets_allowed)
        return pv_error_set(why, PV_UNAVAILABLE, "stopped");
    counts.buckets++;
    take(take_context, (struct pv_text){"/a", 2}, 1);
    return PV_OK;
}

static enum pv_status read_sections(void *context, const struct pv_text *articles, size_t count,
                                    pv_take_section *take, void *take_context, struct pv_error *why)
{
    (void)context, (void)articles, (void)why;
    counts.sections++;
    for (size_t i = 0; i < count; i++)
        take(take_context, i, (struct pv_text){NULL, 0});
    return PV_OK;
}

static enum pv_status announce(void *context, int64_t open_from_ms, struct pv_commit_marks *marks,
                               struct pv_error *why)
{
    (void)context, (void)open_from_ms, (void)why;
    *marks = (struct pv_commit_marks){1, 0, ++counts.looks};
    return PV_OK;
}

static const struct pv_count_source source = {read_bucket, read_sections, announce, NULL};

static enum pv_status refresh(struct pv_ranking *ranking, int buckets_allowed)
{
    counts.buckets = counts.sections = 0;
    counts.buckets_allowed = buckets_allowed;
    return pv_ranking_refresh(ranking, &source, NOW, 0, &error);
}

static size_t listed(struct pv_ranking *ranking, bool *changed)
{
    const struct pv_ranked *entries;

    return pv_ranking_top(ranking, PV_RANKING_30D, PV_RANKING_ALL, &entries, changed);
}

static void a_rebuild_that_is_stopped_reads_no_more_and_leaves_no_list(void **state)
{
    struct pv_ranking *ranking;
    bool changed;
    int all;

    (void)state;
    assert_int_equal(pv_ranking_new(10, &ranking, &error), PV_OK);
    assert_int_equal(refresh(ranking, -1), PV_OK);
    all = counts.buckets;
    assert_true(all > 100);
    for (int stop = 0; stop < all; stop++) {
        pv_ranking_request_rebuild(ranking);
        assert_int_equal(refresh(ranking, stop), PV_UNAVAILABLE);
        assert_string_equal(error.text, "stopped");
        assert_int_equal(counts.buckets, stop);
        assert_int_equal(counts.sections, 0);
        assert_int_equal(listed(ranking, &changed), 0);
        assert_false(changed); /* nothing is there to be published */
        assert_int_equal(pv_ranking_stats(ranking).rebuilds, 1);
    }
    assert_int_equal(refresh(ranking, -1), PV_OK);
    assert_int_equal(counts.buckets, all);
    assert_int_equal(listed(ranking, &changed), 1);
    assert_true(changed);
    assert_int_equal(pv_ranking_stats(ranking).rebuilds, 2);
    pv_ranking_destroy(ranking);
}

/* A Redis whose hashes have no end: no rebuild comes to its own. */
static struct {
    struct redis_socket socket;
    pthread_t thread;
    atomic_int pages, returns; /* of the lock */
} server;

static bool read_word(FILE *stream, char word[WORD_SIZE])
{
    char line[32];

    return fgets(line, sizeof line, stream) != NULL && fgets(word, WORD_SIZE, stream) != NULL;
}

static bool read_command(FILE *stream, char words[WORDS_MAX][WORD_SIZE])
{
    char line[32];
    long count;

    if (fgets(line, sizeof line, stream) == NULL)
        return false;
    count = strtol(line + 1, NULL, 10);
    memset(words, 0, WORDS_MAX * sizeof *words);
    for (long i = 0; i < count && i < WORDS_MAX; i++) {
        if (!read_word(stream, words[i]))
            return false;
        words[i][strcspn(words[i], "\r")] = '\0';
    }
    return count <= WORDS_MAX;
}

static void answer(char words[WORDS_MAX][WORD_SIZE], char text[WORD_SIZE])
{
    const char *found = "-ERR unknown command\r\n";

    if (strcmp(words[0], "HSCAN") == 0) {
        found = "*2\r\n$1\r\n1\r\n*2\r\n$2\r\n/a\r\n$1\r\n1\r\n";
        server.pages++;
    } else if (strcmp(words[1], "pv_announce") == 0) {
        found = "*3\r\n:1\r\n:0\r\n:1\r\n";
    } else if (strcmp(words[1], "pv_hold") == 0) {
        found = ":1\r\n";
        if (strcmp(words[5], "0") == 0)
            server.returns++;
    }
    if (strcmp(words[1], "pv_version") == 0)
        snprintf(text, WORD_SIZE, ":%d\r\n", pv_library_version);
    else
        snprintf(text, WORD_SIZE, "%s", found);
}

static void *serve(void *unused)
{
    int connection;

    while ((connection = accept(server.socket.listener, NULL, NULL)) >= 0) {
        FILE *stream = fdopen(connection, "r");
        char words[WORDS_MAX][WORD_SIZE], text[WORD_SIZE];

        while (read_command(stream, words)) {
            answer(words, text);
            send(connection, text, strlen(text), MSG_NOSIGNAL);
        }
        (void)fclose(stream);
    }
    return unused;
}

static int start_server(void **state)
{
    (void)state;
    (void)signal(SIGPIPE, SIG_IGN); /* as the program does */
    redis_socket_open(&server.socket);
    return pthread_create(&server.thread, NULL, serve, NULL);
}

static int stop_server(void **state)
{
    (void)state;
    redis_socket_stop(&server.socket);
    pthread_join(server.thread, NULL);
    redis_socket_close(&server.socket);
    return 0;
}

static int64_t read_wall(void *context)
{
    (void)context;
    return NOW;
}

static void wait_pages(int pages)
{
    int64_t until_ms = 0;

    while (server.pages < pages)
        if (!look_again(&until_ms, WAIT_MS))
            fail_msg("%d pages were read, not %d", server.pages, pages);
}

static void a_ranker_that_is_stopped_ends_its_rebuild_and_gives_the_lock_back(void **state)
{
    static const struct pv_clock wall = {read_wall, NULL};
    struct pv_redis_options options = {.address = server.socket.address, .prefix = "pv:"};
    struct pv_ranker_metrics metrics = {0};
    const struct pv_ranker_config config = {.redis = &options,
                                            .clock = &wall,
                                            .interval_ms = 10,
                                            .max_articles = 1000,
                                            .metrics = &metrics};
    struct pv_ranker *ranker;

    (void)state;
    assert_int_equal(pv_ranker_new(&config, &ranker, &error), PV_OK);
    wait_pages(10);
    alarm(WAIT_MS / 1000); /* ends the test, should the ranker not end */
    pv_ranker_destroy(ranker);
    alarm(0);
    assert_int_equal(pv_metric_get(&metrics.rebuilds), 0);
    assert_int_equal(pv_metric_get(&metrics.errors), 0);
    assert_int_equal(server.returns, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rebuild_that_is_stopped_reads_no_more_and_leaves_no_list),
        cmocka_unit_test_setup_teardown(
            a_ranker_that_is_stopped_ends_its_rebuild_and_gives_the_lock_back, start_server,
            stop_server),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
