/* HyperLogLogs that Redis does not have yet are written whole; of others the caller is told. */
#include "real_redis.h"

#include "aggregator/visit_keys.h"
#include "aggregator/waiting_visits.h"
#include "pageview/bucket.h"

#define NOW     INT64_C(4102491907000) /* 2100-01-01T13:05:07Z: nothing expires by Redis's clock */
#define OF_DAY  "pv:visitors:2100-01-01:"
#define OF_SITE "pv:visitors:2100-01-01T13:05"

enum { SETS_MAX = 8 };

static const uint32_t day = (uint32_t)(NOW / PV_DAY_MS * (PV_DAY_MS / PV_MINUTE_MS));
static const uint32_t minute = (uint32_t)(NOW / PV_MINUTE_MS);
static const struct pv_retention retention = {7200000, 691200000, 34560000000};
static const struct pv_commit_time now = {NOW, NOW};
static const struct pv_commit_context context = {
    .prefix = "pv:", .topic = "pageviews", .retention = &retention, .partitions = 1};
static struct pv_batch *batch;
static struct pv_visit_merge merge;
static struct pv_buffer value;
static bool done[SETS_MAX];

static int begin(void **state)
{
    (void)state;
    COMMAND("FLUSHALL");
    COMMAND("HSET", "pv:views", "/a", "1", "/b", "1");
    memset(done, 0, sizeof done);
    if (pv_batch_new(10, &batch, &error) != PV_OK)
        return -1;
    pv_batch_open(batch, 0, 0, 0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    pv_batch_destroy(batch);
    pv_visit_merge_clean_up(&merge);
    pv_buffer_clean_up(&value);
    value = (struct pv_buffer){0};
    return 0;
}

/* A visitor of the article's day; of the site's minute when `article` is empty. */
static void visit(const char *article, uint32_t at, struct pv_hll_place place)
{
    const struct pv_text text = {article, strlen(article)};

    if (text.length > 0)
        assert_true(pv_batch_add_view(batch, batch->to, text, NOW));
    assert_true(pv_batch_facts_visit(
        &batch->facts, text.length > 0 ? batch->last_article : PV_VISIT_OF_SITE, at, place, true));
}

static enum pv_status create(void)
{
    bool no_memory;

    pv_batch_facts_sort(&batch->facts);
    pv_waiting_visits_write(&value, batch);
    assert_true(pv_visit_merge_add(&merge, value.data, value.length, &no_memory));
    pv_visit_merge_sort(&merge);
    assert_true(merge.set_count <= SETS_MAX);
    return pv_visit_keys_create(redis, &context, &now, &merge, done, &error);
}

static bool is_done(const char *article)
{
    for (size_t i = 0; i < merge.set_count; i++)
        if (merge.sets[i].length == strlen(article) &&
            memcmp(merge.sets[i].article, article, merge.sets[i].length) == 0)
            return done[i];
    fail_msg("no set of %s", article);
    return false;
}

static void what_has_no_key_is_written_with_its_time_to_go(void **state)
{
    (void)state;
    for (uint16_t i = 0; i < 3; i++)
        visit("/a", day, (struct pv_hll_place){(uint16_t)(7 + i), 1});
    visit("/b", day, (struct pv_hll_place){9, 1});
    visit("", minute, (struct pv_hll_place){9, 1});
    assert_int_equal(create(), PV_OK);
    assert_true(is_done("/a") && is_done("/b") && is_done(""));
    assert_int_equal(redis_number("PFCOUNT", OF_DAY "/a", NULL), 3);
    assert_int_equal(redis_number("PFCOUNT", OF_DAY "/b", NULL), 1);
    assert_int_equal(redis_number("PFCOUNT", OF_SITE, NULL), 1);
    assert_int_equal(redis_number("EXPIRETIME", OF_DAY "/a", NULL),
                     (NOW / PV_DAY_MS + 33) * PV_DAY_MS / 1000);
    assert_int_equal(redis_number("EXPIRETIME", OF_SITE, NULL),
                     (NOW / PV_MINUTE_MS + 61) * PV_MINUTE_MS / 1000);
}

static void what_has_a_key_is_left_as_it_is_and_told(void **state)
{
    (void)state;
    COMMAND("PFADD", OF_DAY "/a", "somebody");
    visit("/a", day, (struct pv_hll_place){7, 3});
    visit("/b", day, (struct pv_hll_place){7, 3});
    assert_int_equal(create(), PV_OK);
    assert_false(is_done("/a"));
    assert_true(is_done("/b"));
    assert_int_equal(redis_number("PFCOUNT", OF_DAY "/a", NULL), 1);
}

static void articles_that_are_counted_together_have_no_visitors(void **state)
{
    (void)state;
    COMMAND("HSET", "pv:views", "(other)", "1");
    visit("/a", day, (struct pv_hll_place){7, 3});
    visit("/too/many", day, (struct pv_hll_place){7, 3});
    visit("", minute, (struct pv_hll_place){7, 3});
    assert_int_equal(create(), PV_OK);
    assert_true(is_done("/a") && is_done("/too/many") && is_done(""));
    assert_int_equal(redis_number("EXISTS", OF_DAY "/a", NULL), 1);
    assert_int_equal(redis_number("EXISTS", OF_SITE, NULL), 1);
    assert_int_equal(redis_number("EXISTS", OF_DAY "/too/many", NULL), 0);
}

static void what_is_not_kept_any_more_is_not_written(void **state)
{
    (void)state;
    visit("", minute - 61, (struct pv_hll_place){7, 3});
    assert_int_equal(create(), PV_OK);
    assert_true(is_done(""));
    assert_int_equal(redis_number("DBSIZE", NULL, NULL), 1); /* pv:views */
}

static void after_an_error_no_answer_is_taken_for_another(void **state)
{
    (void)state;
    COMMAND("CONFIG", "SET", "maxmemory", "1");
    visit("/a", day, (struct pv_hll_place){7, 3});
    visit("/b", day, (struct pv_hll_place){7, 3});
    assert_int_equal(create(), PV_UNAVAILABLE);
    COMMAND("CONFIG", "SET", "maxmemory", "0");
    assert_int_equal(redis_number("HGET", "pv:views", "/a"), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_has_no_key_is_written_with_its_time_to_go),
        TEST(what_has_a_key_is_left_as_it_is_and_told),
        TEST(articles_that_are_counted_together_have_no_visitors),
        TEST(what_is_not_kept_any_more_is_not_written),
        TEST(after_an_error_no_answer_is_taken_for_another),
    };

    return cmocka_run_group_tests(tests, real_redis_start, real_redis_stop);
}
