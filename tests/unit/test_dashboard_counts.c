#include "test_pageview_support.h"

#include "dashboard-export/count_list.h"
#include "dashboard-export/counts.h"
#include "dashboard_redis.h"
#include "pageview/stop.h"

#define KEY          "pv:views:2026-11-24"
#define OFFSETS      "HGETALL pv:offsets"
#define SCAN(cursor) "HSCAN " KEY " " cursor " COUNT 1000"

/* The steps of a transaction of two commands. */
#define TRANSACTION(first, second, answer)                                                         \
    {"MULTI", "+OK"}, {first, "+QUEUED"}, {second, "+QUEUED"},                                     \
    {                                                                                              \
        "EXEC", answer                                                                             \
    }

static enum pv_status read_counts(struct pv_redis *client, struct pv_count_list *list,
                                  struct pv_reading *reading, struct pv_error *error)
{
    const struct pv_counts_target target = pv_count_list_target(list);
    enum pv_status status = pv_counts_read(client, "pv:", KEY, &target, reading, error);

    pv_count_list_finish(list);
    return status;
}

/* All names and counts as "a=1 b=2", then the offsets. */
static void assert_counts(const struct pv_count_list *list, const struct pv_reading *reading,
                          const char *counts, const char *offsets)
{
    struct pv_buffer text = {0};

    for (size_t i = 0; i < list->count; i++)
        pv_buffer_add_format(&text, "%s%.*s=%lld", i > 0 ? " " : "", (int)list->items[i].length,
                             list->items[i].name, (long long)list->items[i].count);
    pv_buffer_add_char(&text, '\0');
    assert_string_equal(text.data, counts);
    pv_buffer_reset(&text);
    pv_offsets_write(&text, &reading->offsets);
    pv_buffer_add_char(&text, '\0');
    assert_string_equal(text.data, offsets);
    pv_buffer_clean_up(&text);
}

struct result {
    enum pv_status status;
    bool exists, exact;
    const char *counts, *offsets;
};

static void check(const struct scripted_step *steps, size_t count, struct result expected)
{
    struct pv_redis *client;
    struct scripted_redis *server = scripted_redis_start(steps, count, &client);
    struct pv_count_list list = {0};
    struct pv_reading reading;
    struct pv_error error;

    assert_int_equal(read_counts(client, &list, &reading, &error), expected.status);
    scripted_redis_finish(server);
    assert_int_equal(reading.exists, expected.exists);
    assert_int_equal(reading.exact, expected.exact);
    if (expected.exists)
        assert_counts(&list, &reading, expected.counts, expected.offsets);
    pv_reading_clean_up(&reading);
    pv_count_list_clean_up(&list);
}

#define CHECK(steps, ...)                                                                          \
    check((steps), sizeof(steps) / sizeof *(steps), (struct result){__VA_ARGS__})

static void missing_hash_does_not_exist(void **state)
{
    static const struct scripted_step steps[] = {{"HLEN " KEY, ":0"}};

    (void)state;
    CHECK(steps, PV_OK, false, false, NULL, NULL);
}

static void small_hash_is_read_with_its_offsets_in_one_transaction(void **state)
{
    static const struct scripted_step steps[] = {
        {"HLEN " KEY, ":2000"},
        TRANSACTION("HGETALL " KEY, OFFSETS, "[[/b 2 /a 1] [pageviews/0 5]]"),
    };

    (void)state;
    CHECK(steps, PV_OK, true, true, "/a=1 /b=2", "{\"pageviews/0\":5}");
}

static void small_hash_that_expired_in_between_does_not_exist(void **state)
{
    static const struct scripted_step steps[] = {
        {"HLEN " KEY, ":1"},
        TRANSACTION("HGETALL " KEY, OFFSETS, "[[] [pageviews/0 5]]"),
    };

    (void)state;
    CHECK(steps, PV_OK, false, false, NULL, NULL);
}

static void large_hash_is_read_by_pages(void **state)
{
    static const struct scripted_step steps[] = {
        {"HLEN " KEY, ":2001"},
        TRANSACTION("HLEN " KEY, OFFSETS, "[:2001 [pageviews/0 5]]"),
        {SCAN("0"), "[17 [/c 3 /a 1]]"},
        {SCAN("17"), "[18446744073709551615 []]"}, /* a page may be empty */
        {SCAN("18446744073709551615"), "[0 [/b 2]]"},
        TRANSACTION("HLEN " KEY, OFFSETS, "[:2001 [pageviews/0 5]]"),
    };

    (void)state;
    CHECK(steps, PV_OK, true, true, "/a=1 /b=2 /c=3", "{\"pageviews/0\":5}");
}

static void field_that_hscan_returns_twice_counts_once(void **state)
{
    static const struct scripted_step steps[] = {
        {"HLEN " KEY, ":2001"},
        TRANSACTION("HLEN " KEY, OFFSETS, "[:2001 []]"),
        {SCAN("0"), "[17 [/a 1 /b 2]]"},
        {SCAN("17"), "[0 [/b 2 /a 1]]"},
        TRANSACTION("HLEN " KEY, OFFSETS, "[:2001 []]"),
    };

    (void)state;
    CHECK(steps, PV_OK, true, true, "/a=1 /b=2", "{}");
}

static void large_hash_is_read_again_when_offsets_moved(void **state)
{
    static const struct scripted_step steps[] = {
        {"HLEN " KEY, ":5000"},
        TRANSACTION("HLEN " KEY, OFFSETS, "[:5000 [pageviews/0 5]]"),
        {SCAN("0"), "[0 [/a 1 /gone 7]]"},
        TRANSACTION("HLEN " KEY, OFFSETS, "[:5000 [pageviews/0 6]]"),
        {SCAN("0"), "[0 [/a 2]]"},
        TRANSACTION("HLEN " KEY, OFFSETS, "[:5000 [pageviews/0 6]]"),
    };

    (void)state;
    CHECK(steps, PV_OK, true, true, "/a=2", "{\"pageviews/0\":6}");
}

static void new_partition_counts_as_moved_offsets(void **state)
{
    static const struct scripted_step steps[] = {
        {"HLEN " KEY, ":5000"},
        TRANSACTION("HLEN " KEY, OFFSETS, "[:5000 [pageviews/0 5]]"),
        {SCAN("0"), "[0 [/a 1]]"},
        TRANSACTION("HLEN " KEY, OFFSETS, "[:5000 [pageviews/0 5 pageviews/1 1]]"),
        {SCAN("0"), "[0 [/a 2]]"},
        TRANSACTION("HLEN " KEY, OFFSETS, "[:5000 [pageviews/1 1 pageviews/0 5]]"),
    };

    (void)state;
    CHECK(steps, PV_OK, true, true, "/a=2", "{\"pageviews/0\":5,\"pageviews/1\":1}");
}

static void third_try_is_taken_though_not_exact_with_the_offsets_before_it(void **state)
{
    static const struct scripted_step steps[] = {
        {"HLEN " KEY, ":5000"},    TRANSACTION("HLEN " KEY, OFFSETS, "[:5000 [pageviews/0 5]]"),
        {SCAN("0"), "[0 [/a 1]]"}, TRANSACTION("HLEN " KEY, OFFSETS, "[:5000 [pageviews/0 6]]"),
        {SCAN("0"), "[0 [/a 2]]"}, TRANSACTION("HLEN " KEY, OFFSETS, "[:5000 [pageviews/0 7]]"),
        {SCAN("0"), "[0 [/a 3]]"}, TRANSACTION("HLEN " KEY, OFFSETS, "[:5000 [pageviews/0 8]]"),
    };

    (void)state;
    CHECK(steps, PV_OK, true, false, "/a=3", "{\"pageviews/0\":7}");
}

static void large_hash_that_expires_while_it_is_read_does_not_exist(void **state)
{
    static const struct scripted_step steps[] = {
        {"HLEN " KEY, ":5000"},
        TRANSACTION("HLEN " KEY, OFFSETS, "[:5000 [pageviews/0 5]]"),
        {SCAN("0"), "[9 [/a 1]]"},
        {SCAN("9"), "[0 []]"},
        TRANSACTION("HLEN " KEY, OFFSETS, "[:0 [pageviews/0 5]]"),
    };

    (void)state;
    CHECK(steps, PV_OK, false, false, NULL, NULL);
}

static void offsets_are_sorted_by_topic_and_partition_number(void **state)
{
    static const struct scripted_step steps[] = {
        {"HLEN " KEY, ":1"},
        TRANSACTION("HGETALL " KEY, OFFSETS,
                    "[[/a 1] [views/10 1 views/9 2 old/views/3 99999999999999999 views/0 0]]"),
    };

    (void)state;
    CHECK(steps, PV_OK, true, true, "/a=1",
          "{\"old/views/3\":99999999999999999,\"views/0\":0,\"views/9\":2,\"views/10\":1}");
}

static void fields_that_are_no_counts_or_offsets_are_left_out(void **state)
{
    static const struct scripted_step steps[] = {
        {"HLEN " KEY, ":4"},
        TRANSACTION("HGETALL " KEY, OFFSETS,
                    "[[/a 1 /b x /c -1 /\xff 3 /d 4] [views/0 5 views/x 1 views 2 v/1 no v/ 1]]"),
    };

    (void)state;
    CHECK(steps, PV_OK, true, true, "/a=1 /d=4", "{\"views/0\":5}");
}

static void lost_connection_is_unavailable(void **state)
{
    static const struct scripted_step steps[] = {
        {"HLEN " KEY, ":5000"},
        TRANSACTION("HLEN " KEY, OFFSETS, "[:5000 [pageviews/0 5]]"),
        {SCAN("0"), "[9 [/a 1]]"},
        {SCAN("9"), NULL},
    };

    (void)state;
    CHECK(steps, PV_UNAVAILABLE, false, false, NULL, NULL);
}

static void key_of_another_type_is_refused_and_named(void **state)
{
    static const struct scripted_step steps[] = {
        {"HLEN " KEY, ":1"},
        TRANSACTION("HGETALL " KEY, OFFSETS, "[-WRONGTYPE [pageviews/0 5]]"),
    };
    struct pv_redis *client;
    struct scripted_redis *server = SCRIPTED(steps, &client);
    struct pv_count_list list = {0};
    struct pv_reading reading;
    struct pv_error error;

    (void)state;
    assert_int_equal(read_counts(client, &list, &reading, &error), PV_REFUSED);
    assert_contains(error.text, "HGETALL " KEY ": WRONGTYPE");
    scripted_redis_finish(server);
}

/* All answers of a refused transaction are taken, so the next command gets its own. */
static void connection_is_usable_after_a_refused_transaction(void **state)
{
    static const struct scripted_step steps[] = {
        {"HLEN " KEY, ":1"},
        {"MULTI", "+OK"},
        {"HGETALL " KEY, "-NOPERM no"},
        {OFFSETS, "+QUEUED"},
        {"EXEC", "-EXECABORT no"},
        {"HLEN " KEY, ":1"},
        TRANSACTION("HGETALL " KEY, OFFSETS, "[[/a 1] []]"),
    };
    struct pv_redis *client;
    struct scripted_redis *server = SCRIPTED(steps, &client);
    struct pv_count_list list = {0};
    struct pv_reading reading;
    struct pv_error error;

    (void)state;
    assert_int_not_equal(read_counts(client, &list, &reading, &error), PV_OK);
    assert_contains(error.text, "NOPERM");
    assert_int_equal(read_counts(client, &list, &reading, &error), PV_OK);
    assert_counts(&list, &reading, "/a=1", "{}");
    scripted_redis_finish(server);
    pv_reading_clean_up(&reading);
    pv_count_list_clean_up(&list);
}

/* The last test: a stop is for good. */
static void stop_ends_the_reading_of_a_large_hash(void **state)
{
    static const struct scripted_step steps[] = {
        {"HLEN " KEY, ":5000"},
        TRANSACTION("HLEN " KEY, OFFSETS, "[:5000 [pageviews/0 5]]"),
    };

    (void)state;
    pv_stop_request();
    CHECK(steps, PV_UNAVAILABLE, false, false, NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(missing_hash_does_not_exist),
        cmocka_unit_test(small_hash_is_read_with_its_offsets_in_one_transaction),
        cmocka_unit_test(small_hash_that_expired_in_between_does_not_exist),
        cmocka_unit_test(large_hash_is_read_by_pages),
        cmocka_unit_test(field_that_hscan_returns_twice_counts_once),
        cmocka_unit_test(large_hash_is_read_again_when_offsets_moved),
        cmocka_unit_test(new_partition_counts_as_moved_offsets),
        cmocka_unit_test(third_try_is_taken_though_not_exact_with_the_offsets_before_it),
        cmocka_unit_test(large_hash_that_expires_while_it_is_read_does_not_exist),
        cmocka_unit_test(offsets_are_sorted_by_topic_and_partition_number),
        cmocka_unit_test(fields_that_are_no_counts_or_offsets_are_left_out),
        cmocka_unit_test(lost_connection_is_unavailable),
        cmocka_unit_test(key_of_another_type_is_refused_and_named),
        cmocka_unit_test(connection_is_usable_after_a_refused_transaction),
        cmocka_unit_test(stop_ends_the_reading_of_a_large_hash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
