#include "test_pageview_support.h"

#include "dashboard-export/article_changes.h"
#include "dashboard-export/article_seen.h"
#include "pageview/bucket.h"

enum { SEED = 7 };

/* 2026-11-24T13:05:00Z */
#define NOW_MS INT64_C(1795525500000)

/* A site whose minutes have articles "/0" to "/<articles - 1>", each of `views`. */
struct site {
    int64_t now_ms;
    int64_t articles, views; /* of every minute from `from_ms` on */
    int64_t from_ms;
    size_t pages; /* that were read */
};

static struct pv_changes *new_changes(void)
{
    struct pv_changes *changes;
    struct pv_error error;

    assert_int_equal(pv_changes_new(SEED, &changes, &error), PV_OK);
    return changes;
}

static void begin_at(struct pv_changes *changes, const struct site *site)
{
    int64_t views[PV_CHANGES_MINUTES] = {0};
    struct pv_error error;

    for (int64_t i = 0; i < PV_CHANGES_MINUTES; i++)
        if (site->now_ms - (PV_CHANGES_MINUTES - 1 - i) * PV_MINUTE_MS >= site->from_ms)
            views[i] = site->articles * site->views;
    assert_int_equal(pv_changes_begin(changes, site->now_ms, views, &error), PV_OK);
}

static void see(struct pv_changes *changes, const char *article, int64_t count)
{
    struct pv_counts_target target = pv_changes_target(changes);
    struct pv_error error;

    assert_int_equal(target.add(target.context, article, strlen(article), count, &error), PV_OK);
}

/* Reads what is wanted in pages of 1,000, as Redis would give them. */
static void read_all(struct pv_changes *changes, struct site *site)
{
    struct pv_changes_scan scan;

    while (pv_changes_next(changes, &scan)) {
        char cursor[PV_CHANGES_CURSOR_SIZE] = "0", article[24];
        int64_t first = strtoll(scan.cursor, NULL, 10), end = first + 1000;

        for (int64_t i = first; i < end && i < site->articles; i++) {
            snprintf(article, sizeof article, "/%lld", (long long)i);
            see(changes, article, site->views);
        }
        if (end < site->articles)
            snprintf(cursor, sizeof cursor, "%lld", (long long)end);
        pv_changes_page_done(changes, cursor);
        site->pages++;
        assert_true(site->pages < 10000);
    }
}

static size_t round_of(struct pv_changes *changes, struct site *site)
{
    begin_at(changes, site);
    read_all(changes, site);
    return pv_changes_count(changes);
}

static void drop_all(struct pv_changes *changes)
{
    struct pv_error error;

    assert_int_equal(pv_changes_drop(changes, pv_changes_count(changes), NULL, &error), PV_OK);
}

static bool has(const struct pv_changes *changes, const char *article)
{
    for (size_t i = 0; i < pv_changes_count(changes); i++) {
        struct pv_text there = pv_changes_at(changes, i);

        if (there.length == strlen(article) && memcmp(there.data, article, there.length) == 0)
            return true;
    }
    return false;
}

static void viewed_article_is_written_once(void **state)
{
    struct pv_changes *changes = new_changes();
    struct site site = {.now_ms = NOW_MS, .from_ms = NOW_MS, .articles = 3, .views = 1};

    (void)state;
    assert_int_equal(round_of(changes, &site), 3);
    assert_true(has(changes, "/0") && has(changes, "/1") && has(changes, "/2"));
    drop_all(changes);
    assert_int_equal(round_of(changes, &site), 0);
    assert_int_equal(site.pages, 1); /* nothing is read when the site has no new view */
    pv_changes_destroy(changes);
}

static void only_articles_of_another_count_are_written_again(void **state)
{
    struct pv_changes *changes = new_changes();
    struct site site = {.now_ms = NOW_MS, .from_ms = NOW_MS, .articles = 3, .views = 1};
    struct pv_changes_scan scan;

    (void)state;
    assert_int_equal(round_of(changes, &site), 3);
    drop_all(changes);
    site.views = 2;
    begin_at(changes, &site);
    assert_true(pv_changes_next(changes, &scan));
    assert_int_equal(scan.minute_ms, NOW_MS);
    see(changes, "/0", 1);
    see(changes, "/1", 2);
    pv_changes_page_done(changes, "0");
    assert_int_equal(pv_changes_count(changes), 1);
    assert_true(has(changes, "/1"));
    pv_changes_destroy(changes);
}

static void article_of_two_minutes_is_written_once(void **state)
{
    struct pv_changes *changes = new_changes();
    struct site site = {
        .now_ms = NOW_MS, .from_ms = NOW_MS - 5 * PV_MINUTE_MS, .articles = 3, .views = 1};

    (void)state;
    assert_int_equal(round_of(changes, &site), 3);
    assert_int_equal(site.pages, 6);
    pv_changes_destroy(changes);
}

static void late_view_is_noticed_in_its_minute(void **state)
{
    struct pv_changes *changes = new_changes();
    struct site site = {.now_ms = NOW_MS, .from_ms = NOW_MS, .articles = 1, .views = 1};
    int64_t views[PV_CHANGES_MINUTES] = {0};
    struct pv_changes_scan scan;
    struct pv_error error;

    (void)state;
    assert_int_equal(round_of(changes, &site), 1);
    drop_all(changes);
    views[0] = 1; /* 119 minutes ago */
    views[PV_CHANGES_MINUTES - 1] = 1;
    assert_int_equal(pv_changes_begin(changes, NOW_MS, views, &error), PV_OK);
    assert_true(pv_changes_next(changes, &scan));
    assert_int_equal(scan.minute_ms, NOW_MS - 119 * PV_MINUTE_MS);
    pv_changes_page_done(changes, "0");
    assert_false(pv_changes_next(changes, &scan));
    pv_changes_destroy(changes);
}

/* A view between the reading of the site and the end of the scan is in the next round's numbers. */
static void view_during_a_scan_is_not_lost(void **state)
{
    struct pv_changes *changes = new_changes();
    struct site site = {.now_ms = NOW_MS, .from_ms = NOW_MS, .articles = 1, .views = 1};
    struct pv_changes_scan scan;

    (void)state;
    begin_at(changes, &site);
    assert_true(pv_changes_next(changes, &scan));
    pv_changes_page_done(changes, "17"); /* the page had nothing yet */
    site.views = 2;
    begin_at(changes, &site);
    assert_true(pv_changes_next(changes, &scan));
    assert_string_equal(scan.cursor, "17");
    pv_changes_page_done(changes, "0");
    assert_true(pv_changes_next(changes, &scan)); /* it began with fewer views than there are */
    assert_string_equal(scan.cursor, "0");
    see(changes, "/0", 2);
    pv_changes_page_done(changes, "0");
    assert_true(has(changes, "/0"));
    assert_false(pv_changes_next(changes, &scan));
    pv_changes_destroy(changes);
}

static void minutes_move_with_the_clock(void **state)
{
    struct pv_changes *changes = new_changes();
    struct site site = {.now_ms = NOW_MS, .from_ms = NOW_MS, .articles = 2, .views = 1};

    (void)state;
    assert_int_equal(round_of(changes, &site), 2);
    drop_all(changes);
    site.now_ms += 3 * PV_MINUTE_MS;
    assert_int_equal(round_of(changes, &site), 2); /* three new minutes, the old one unread */
    assert_int_equal(site.pages, 1 + 3);
    drop_all(changes);
    site.now_ms += 500 * PV_MINUTE_MS;
    site.from_ms = site.now_ms;
    assert_int_equal(round_of(changes, &site), 2);
    drop_all(changes);
    site.now_ms -= 10 * PV_MINUTE_MS; /* the machine's clock was set back */
    assert_int_equal(round_of(changes, &site), 0);
    pv_changes_destroy(changes);
}

static void what_is_too_much_for_a_round_is_in_the_next(void **state)
{
    struct pv_changes *changes = new_changes();
    struct site site = {
        .now_ms = NOW_MS, .from_ms = NOW_MS, .articles = 2 * PV_CHANGES_MAX + 500, .views = 1};

    (void)state;
    assert_int_equal(round_of(changes, &site), PV_CHANGES_MAX);
    drop_all(changes);
    assert_int_equal(round_of(changes, &site), PV_CHANGES_MAX);
    drop_all(changes);
    assert_true(pv_changes_wants_more(changes, 0));
    assert_int_equal(round_of(changes, &site), 500);
    assert_true(has(changes, "/40499"));
    drop_all(changes);
    assert_false(pv_changes_wants_more(changes, 0));
    assert_int_equal(round_of(changes, &site), 0);
    pv_changes_destroy(changes);
}

/* Every article of a site that changes faster than it can be written has its turn. */
static void none_waits_for_ever_when_all_change_always(void **state)
{
    struct pv_changes *changes = new_changes();
    struct site site = {
        .now_ms = NOW_MS, .from_ms = NOW_MS, .articles = 3 * PV_CHANGES_MAX, .views = 1};
    bool last_was_written = false;

    (void)state;
    for (int i = 0; i < 4; i++, site.views++) {
        round_of(changes, &site);
        last_was_written = last_was_written || has(changes, "/59999");
        drop_all(changes);
    }
    assert_true(last_was_written);
    pv_changes_destroy(changes);
}

/* The minute in progress has more than a round can take, in every round. */
static void older_minute_has_its_turn(void **state)
{
    struct pv_changes *changes = new_changes();
    int64_t views[PV_CHANGES_MINUTES] = {[0] = 1}, number = 0;
    struct pv_changes_scan scan;
    bool older_was_read = false;
    struct pv_error error;

    (void)state;
    for (int round = 0; round < 6; round++) {
        views[PV_CHANGES_MINUTES - 1]++;
        assert_int_equal(pv_changes_begin(changes, NOW_MS, views, &error), PV_OK);
        while (pv_changes_next(changes, &scan)) {
            char article[24], cursor[PV_CHANGES_CURSOR_SIZE];
            bool is_older = scan.minute_ms != NOW_MS;
            int64_t page = strtoll(scan.cursor, NULL, 10) + 1;

            for (int i = 0; i < 1000 && !is_older; i++) {
                snprintf(article, sizeof article, "/%lld", (long long)number++);
                see(changes, article, 1);
            }
            older_was_read = older_was_read || is_older;
            snprintf(cursor, sizeof cursor, "%lld", (long long)(is_older ? 0 : page % 30));
            pv_changes_page_done(changes, cursor);
        }
        drop_all(changes);
    }
    assert_true(older_was_read);
    pv_changes_destroy(changes);
}

static void failed_ones_come_back_with_the_next_round(void **state)
{
    struct pv_changes *changes = new_changes();
    struct site site = {.now_ms = NOW_MS, .from_ms = NOW_MS, .articles = 3, .views = 1};
    const bool again[] = {false, true};
    struct pv_error error;

    (void)state;
    assert_int_equal(round_of(changes, &site), 3);
    assert_int_equal(pv_changes_drop(changes, 2, again, &error), PV_OK);
    assert_int_equal(pv_changes_count(changes), 1); /* the round was broken off here */
    assert_int_equal(round_of(changes, &site), 2);
    assert_true(has(changes, "/0") && has(changes, "/2"));
    drop_all(changes);
    assert_int_equal(round_of(changes, &site), 0);
    pv_changes_destroy(changes);
}

static void all_are_wanted_once(void **state)
{
    struct pv_changes *changes = new_changes();
    struct site site = {.now_ms = NOW_MS, .from_ms = NOW_MS, .articles = 1500, .views = 1};

    (void)state;
    round_of(changes, &site);
    drop_all(changes);
    pv_changes_want_all(changes);
    assert_true(pv_changes_wants_more(changes, 0));
    assert_int_equal(round_of(changes, &site), 1500);
    drop_all(changes);
    assert_false(pv_changes_wants_more(changes, 0));
    assert_int_equal(round_of(changes, &site), 0);
    pv_changes_destroy(changes);
}

static void what_is_no_path_has_no_file(void **state)
{
    struct pv_changes *changes = new_changes();
    struct site site = {.now_ms = NOW_MS, .from_ms = NOW_MS, .articles = 1, .views = 1};
    char longer[PV_ARTICLE_SIZE_MAX + 2] = "";
    struct pv_changes_scan scan;

    (void)state;
    begin_at(changes, &site);
    assert_true(pv_changes_next(changes, &scan));
    see(changes, "(other)", 5);
    see(changes, "", 5);
    memset(longer, '/', sizeof longer - 1);
    see(changes, longer, 5);
    assert_int_equal(pv_changes_count(changes), 0);
    pv_changes_destroy(changes);
}

static void memory_of_counts_is_bounded_and_forgets(void **state)
{
    struct pv_article_seen *seen;
    struct pv_error error;
    char article[24];
    size_t known = 0;

    (void)state;
    assert_int_equal(pv_article_seen_new(SEED, &seen, &error), PV_OK);
    for (int i = 0; i < 4 * PV_ARTICLE_SEEN_MAX; i++) {
        snprintf(article, sizeof article, "/%d", i);
        assert_true(pv_article_seen_is_new(seen, NOW_MS, article, strlen(article), 1));
    }
    for (int i = 4 * PV_ARTICLE_SEEN_MAX - 1000; i < 4 * PV_ARTICLE_SEEN_MAX; i++) {
        snprintf(article, sizeof article, "/%d", i);
        known += !pv_article_seen_is_new(seen, NOW_MS, article, strlen(article), 1);
    }
    assert_true(known > 950);
    pv_article_seen_destroy(seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(viewed_article_is_written_once),
        cmocka_unit_test(only_articles_of_another_count_are_written_again),
        cmocka_unit_test(article_of_two_minutes_is_written_once),
        cmocka_unit_test(late_view_is_noticed_in_its_minute),
        cmocka_unit_test(view_during_a_scan_is_not_lost),
        cmocka_unit_test(minutes_move_with_the_clock),
        cmocka_unit_test(what_is_too_much_for_a_round_is_in_the_next),
        cmocka_unit_test(none_waits_for_ever_when_all_change_always),
        cmocka_unit_test(older_minute_has_its_turn),
        cmocka_unit_test(failed_ones_come_back_with_the_next_round),
        cmocka_unit_test(all_are_wanted_once),
        cmocka_unit_test(what_is_no_path_has_no_file),
        cmocka_unit_test(memory_of_counts_is_bounded_and_forgets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
