/* The accumulator: what was added is in it, and what it refuses leaves it as it was. */
#include "test_pageview_support.h"

#include "aggregator/batch.h"
#include "pageview/bucket.h"

#define NOW INT64_C(1795525507000) /* 2026-11-24T13:05:07Z */

static struct pv_batch *batch;

static void make(size_t max_cells)
{
    struct pv_error error;

    assert_int_equal(pv_batch_new(max_cells, &batch, &error), PV_OK);
    pv_batch_open(batch, 3, 100, NOW);
}

static int tear_down(void **state)
{
    (void)state;
    pv_batch_destroy(batch);
    batch = NULL;
    return 0;
}

static struct pv_text text_of(const char *article)
{
    return (struct pv_text){article, strlen(article)};
}

static bool add_view(int64_t offset, const char *article, int64_t ts_ms)
{
    return pv_batch_add_view(batch, offset, text_of(article), ts_ms);
}

static bool is_article(size_t i, const char *article)
{
    return batch->articles[i].length == strlen(article) &&
           memcmp(batch->texts.data + batch->articles[i].text_at, article, strlen(article)) == 0;
}

/* Views of the article in the minute; every cell is reached from its article, and once. */
static uint32_t views_of(const char *article, int64_t ts_ms)
{
    uint32_t views = 0;

    for (size_t i = 0; i < batch->article_count; i++)
        for (uint32_t at = batch->articles[i].newest_cell; at != PV_BATCH_NO_CELL;
             at = batch->cells[at].older_cell) {
            assert_int_equal(batch->cells[at].article, i);
            if (is_article(i, article) && batch->cells[at].minute == ts_ms / PV_MINUTE_MS)
                views += batch->cells[at].count;
        }
    return views;
}

static int64_t filtered_of(enum pv_reason reason, int64_t day_ms)
{
    int64_t count = 0;

    for (size_t i = 0; i < batch->filtered_count; i++)
        if (batch->filtered[i].reason == reason && batch->filtered[i].day_ms == day_ms)
            count += batch->filtered[i].count;
    return count;
}

static void views_are_counted_for_each_article_and_minute(void **state)
{
    (void)state;
    make(100);
    assert_true(add_view(100, "/a", NOW));
    assert_true(add_view(101, "/b", NOW));
    assert_true(add_view(102, "/a", NOW + PV_MINUTE_MS));
    assert_true(add_view(103, "/a", NOW + 1));
    assert_true(add_view(104, "/", NOW));
    assert_true(add_view(105, "/a", NOW - 400 * PV_DAY_MS));
    assert_true(add_view(106, "/a", 0));
    assert_true(add_view(107, "/a", PV_TIME_LIMIT_MS - 1));
    assert_int_equal(views_of("/a", NOW), 2);
    assert_int_equal(views_of("/a", NOW + PV_MINUTE_MS), 1);
    assert_int_equal(views_of("/a", NOW - 400 * PV_DAY_MS), 1);
    assert_int_equal(views_of("/a", 0), 1);
    assert_int_equal(views_of("/a", PV_TIME_LIMIT_MS - 1), 1);
    assert_int_equal(views_of("/b", NOW), 1);
    assert_int_equal(views_of("/", NOW), 1);
    assert_int_equal(batch->article_count, 3);
    assert_int_equal(batch->cell_count, 7);
    assert_int_equal(batch->views, 8);
    assert_int_equal(batch->events, 8);
}

static void the_end_lies_behind_the_last_event(void **state)
{
    (void)state;
    make(100);
    assert_int_equal(batch->from, 100);
    assert_int_equal(batch->to, 100);
    assert_true(add_view(107, "/a", NOW));
    assert_int_equal(batch->from, 100);
    assert_int_equal(batch->to, 108);
    assert_true(pv_batch_add_filtered(batch, 120, PV_REASON_spider, NOW));
    assert_int_equal(batch->to, 121);
}

static void extending_moves_the_end_forward_only(void **state)
{
    (void)state;
    make(100);
    pv_batch_extend(batch, 130);
    assert_int_equal(batch->to, 130);
    pv_batch_extend(batch, 110);
    assert_int_equal(batch->to, 130);
    assert_int_equal(batch->events, 0);
    pv_batch_open(batch, 3, PV_OFFSET_NONE, NOW);
    pv_batch_extend(batch, 0);
    assert_int_equal(batch->to, 0);
    assert_int_equal(batch->from, PV_OFFSET_NONE);
}

static void a_batch_full_of_cells_takes_no_new_ones_and_still_counts_in_old_ones(void **state)
{
    char article[16];

    (void)state;
    make(50);
    for (int i = 0; i < 50; i++) {
        snprintf(article, sizeof article, "/%d", i);
        assert_true(add_view(100 + i, article, NOW));
    }
    assert_false(add_view(150, "/new", NOW));
    assert_false(add_view(150, "/0", NOW + PV_MINUTE_MS)); /* a known article's new minute */
    assert_int_equal(batch->article_count, 50);
    assert_int_equal(batch->cell_count, 50);
    assert_int_equal(batch->views, 50);
    assert_int_equal(batch->events, 50);
    assert_int_equal(batch->to, 150);
    assert_int_equal(views_of("/new", NOW), 0);
    assert_int_equal(views_of("/0", NOW + PV_MINUTE_MS), 0);
    assert_true(add_view(150, "/0", NOW));
    assert_int_equal(views_of("/0", NOW), 2);
    assert_int_equal(batch->to, 151);
}

static void a_batch_full_of_text_takes_no_new_articles_and_still_counts_known_ones(void **state)
{
    char article[PV_ARTICLE_SIZE_MAX + 1];
    int64_t offset = 100;

    (void)state;
    make(5000);
    memset(article, 'x', sizeof article - 1);
    article[sizeof article - 1] = '\0';
    for (int i = 0; i < PV_BATCH_TEXT_MAX / PV_ARTICLE_SIZE_MAX; i++) {
        memcpy(article, (char[]){'/', (char)('a' + i / 26), (char)('a' + i % 26)}, 3);
        assert_true(add_view(offset++, article, NOW));
    }
    size_t articles = batch->article_count, length = batch->texts.length;
    assert_int_equal(length, PV_BATCH_TEXT_MAX);
    assert_false(add_view(offset, "/", NOW));
    assert_int_equal(batch->article_count, articles);
    assert_int_equal(batch->cell_count, articles);
    assert_int_equal(batch->texts.length, length);
    assert_int_equal(batch->to, offset);
    assert_true(add_view(offset, article, NOW + PV_MINUTE_MS));
    assert_int_equal(views_of(article, NOW + PV_MINUTE_MS), 1);
}

static void filtered_events_are_counted_for_each_reason_and_day(void **state)
{
    int64_t day = pv_bucket_start_ms(PV_BUCKET_DAY, NOW);

    (void)state;
    make(100);
    assert_true(pv_batch_add_filtered(batch, 100, PV_REASON_spider, NOW));
    assert_true(pv_batch_add_filtered(batch, 101, PV_REASON_not_json, NOW));
    assert_true(pv_batch_add_filtered(batch, 102, PV_REASON_spider, day));
    assert_true(pv_batch_add_filtered(batch, 103, PV_REASON_spider, day - 1));
    assert_true(pv_batch_add_filtered(batch, 104, PV_REASON_spider, day + PV_DAY_MS - 1));
    assert_int_equal(filtered_of(PV_REASON_spider, day), 3);
    assert_int_equal(filtered_of(PV_REASON_not_json, day), 1);
    assert_int_equal(filtered_of(PV_REASON_spider, day - PV_DAY_MS), 1);
    assert_int_equal(batch->filtered_count, 3);
    assert_int_equal(batch->events, 5);
    assert_int_equal(batch->views, 0);
}

static void a_batch_full_of_filtered_pairs_says_so_and_changes_nothing(void **state)
{
    (void)state;
    make(100);
    for (int i = 0; i < PV_BATCH_FILTERED_MAX; i++) {
        assert_true(pv_batch_has_filtered_room(batch));
        assert_true(pv_batch_add_filtered(batch, 100 + i, PV_REASON_spider, NOW + i * PV_DAY_MS));
    }
    assert_false(pv_batch_has_filtered_room(batch));
    assert_false(pv_batch_add_filtered(batch, 900, PV_REASON_automated, NOW));
    assert_int_equal(batch->filtered_count, PV_BATCH_FILTERED_MAX);
    assert_int_equal(batch->events, PV_BATCH_FILTERED_MAX);
    assert_int_equal(batch->to, 100 + PV_BATCH_FILTERED_MAX);
    assert_true(pv_batch_add_filtered(batch, 900, PV_REASON_spider, NOW)); /* a known pair */
}

static void articles_in_the_same_slot_are_kept_apart(void **state)
{
    char article[16];

    (void)state;
    make(1000); /* 2,048 slots: a thousand articles meet often */
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < 1000; i++) {
            snprintf(article, sizeof article, "/%d", i);
            for (int times = 0; times <= i % 3; times++)
                assert_true(add_view(100, article, NOW));
        }
    assert_int_equal(batch->article_count, 1000);
    for (int i = 0; i < 1000; i++) {
        snprintf(article, sizeof article, "/%d", i);
        assert_int_equal(views_of(article, NOW), 3 * (i % 3 + 1));
    }
}

static void articles_that_differ_in_any_byte_are_kept_apart(void **state)
{
    static const char with_nul[] = {'/', 'a', '\0', 'b'};

    (void)state;
    make(100);
    assert_true(add_view(100, "/a", NOW));
    assert_true(pv_batch_add_view(batch, 101, (struct pv_text){with_nul, 3}, NOW));
    assert_true(pv_batch_add_view(batch, 102, (struct pv_text){with_nul, 4}, NOW));
    assert_true(add_view(103, "/A", NOW));
    assert_true(add_view(104, "/a/", NOW));
    assert_int_equal(batch->article_count, 5);
}

static void an_opened_batch_has_nothing_of_its_last_use(void **state)
{
    (void)state;
    make(100);
    assert_true(add_view(99, "/a", NOW));
    assert_true(add_view(100, "/b", NOW));
    assert_true(pv_batch_add_filtered(batch, 101, PV_REASON_spider, NOW));
    batch->rejected = 1;
    batch->stale = true;
    pv_batch_open(batch, 5, 7, NOW + 1);
    assert_int_equal(batch->partition, 5);
    assert_int_equal(batch->from, 7);
    assert_int_equal(batch->to, 7);
    assert_int_equal(batch->opened_ms, NOW + 1);
    assert_int_equal(batch->views + batch->events + batch->rejected, 0);
    assert_int_equal(batch->article_count + batch->cell_count + batch->filtered_count, 0);
    assert_false(batch->stale);
    assert_true(add_view(7, "/c", NOW));
    assert_true(add_view(8, "/b", NOW));
    assert_int_equal(views_of("/b", NOW), 1);
    assert_int_equal(batch->article_count, 2);
}

#define TEST(name) cmocka_unit_test_teardown(name, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(views_are_counted_for_each_article_and_minute),
        TEST(the_end_lies_behind_the_last_event),
        TEST(extending_moves_the_end_forward_only),
        TEST(a_batch_full_of_cells_takes_no_new_ones_and_still_counts_in_old_ones),
        TEST(a_batch_full_of_text_takes_no_new_articles_and_still_counts_known_ones),
        TEST(filtered_events_are_counted_for_each_reason_and_day),
        TEST(a_batch_full_of_filtered_pairs_says_so_and_changes_nothing),
        TEST(articles_in_the_same_slot_are_kept_apart),
        TEST(articles_that_differ_in_any_byte_are_kept_apart),
        TEST(an_opened_batch_has_nothing_of_its_last_use),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
