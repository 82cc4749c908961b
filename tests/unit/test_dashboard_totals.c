#include "test_pageview_support.h"

#include "dashboard-export/totals.h"
#include "dashboard_redis.h"

#define NOW_MS INT64_C(1795525507000) /* 2026-11-24T13:05:07Z */

#define TOTALS(exec)                                                                               \
    {"MULTI", "+OK"}, {"HGETALL pv:totals", "+QUEUED"}, {"HLEN pv:views", "+QUEUED"},              \
        {"HGETALL pv:site:2026-11-24", "+QUEUED"}, {"HGETALL pv:filtered:2026-11-24", "+QUEUED"},  \
        {"HGETALL pv:offsets", "+QUEUED"},                                                         \
    {                                                                                              \
        "EXEC", exec                                                                               \
    }

static void assert_count(const struct pv_count_list *list, size_t i, const char *name,
                         int64_t count)
{
    assert_true(i < list->count);
    assert_int_equal(list->items[i].length, strlen(name));
    assert_memory_equal(list->items[i].name, name, strlen(name));
    assert_int_equal(list->items[i].count, count);
}

static void totals_are_of_one_moment(void **state)
{
    static const struct scripted_step steps[] = {
        TOTALS("[[spider 3 views 40 not_json 2] :7 [13:05 4 00:00 2] [spider 1] [pageviews/0 45]]"),
    };
    struct pv_redis *client;
    struct scripted_redis *server = SCRIPTED(steps, &client);
    struct pv_totals totals;
    struct pv_error error;

    (void)state;
    assert_int_equal(pv_totals_read(client, "pv:", NOW_MS, &totals, &error), PV_OK);
    scripted_redis_finish(server);
    assert_int_equal(totals.views, 40);
    assert_int_equal(totals.filtered.count, 2);
    assert_count(&totals.filtered, 0, "not_json", 2);
    assert_count(&totals.filtered, 1, "spider", 3);
    assert_int_equal(totals.articles, 7);
    assert_int_equal(totals.today_views, 6);
    assert_int_equal(totals.today_filtered.count, 1);
    assert_count(&totals.today_filtered, 0, "spider", 1);
    assert_int_equal(totals.offsets.count, 1);
    assert_int_equal(totals.offsets.items[0].next, 45);
    pv_totals_clean_up(&totals);
}

static void totals_of_nothing_are_zero(void **state)
{
    static const struct scripted_step steps[] = {TOTALS("[[] :0 [] [] []]")};
    struct pv_redis *client;
    struct scripted_redis *server = SCRIPTED(steps, &client);
    struct pv_totals totals;
    struct pv_error error;

    (void)state;
    assert_int_equal(pv_totals_read(client, "pv:", NOW_MS, &totals, &error), PV_OK);
    scripted_redis_finish(server);
    assert_int_equal(totals.views, 0);
    assert_int_equal(totals.filtered.count, 0);
    assert_int_equal(totals.articles, 0);
    assert_int_equal(totals.today_views, 0);
    pv_totals_clean_up(&totals);
}

static void totals_of_another_type_are_refused(void **state)
{
    static const struct scripted_step steps[] = {TOTALS("[-WRONGTYPE :0 [] [] []]")};
    struct pv_redis *client;
    struct scripted_redis *server = SCRIPTED(steps, &client);
    struct pv_totals totals;
    struct pv_error error;

    (void)state;
    assert_int_equal(pv_totals_read(client, "pv:", NOW_MS, &totals, &error), PV_REFUSED);
    assert_contains(error.text, "pv:totals");
    scripted_redis_finish(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(totals_are_of_one_moment),
        cmocka_unit_test(totals_of_nothing_are_zero),
        cmocka_unit_test(totals_of_another_type_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
