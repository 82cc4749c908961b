/* A list with the views, titles and sections of its articles. */
#include "test_pageview_support.h"

#include "dashboard-export/trending.h"
#include "dashboard_redis.h"

static struct pv_trending trending;
static struct pv_error error;

static enum pv_status read_list(const char *section, const struct scripted_step *steps,
                                size_t count)
{
    struct pv_redis *client;
    struct scripted_redis *server = scripted_redis_start(steps, count, &client);
    enum pv_status status = pv_trending_read(client, "pv:", "hot", section, 3, &trending, &error);

    scripted_redis_finish(server);
    return status;
}

#define READ(section, steps) read_list((section), (steps), sizeof(steps) / sizeof *(steps))

#define ASKED(key, answer)                                                                         \
    {                                                                                              \
        "ZREVRANGE " key " 0 2 WITHSCORES", answer                                                 \
    }
#define OPENED                                                                                     \
    {"MULTI", "+OK"},                                                                              \
    {                                                                                              \
        "HGETALL pv:offsets", "+QUEUED"                                                            \
    }

static void items_are_those_of_the_list_with_what_is_known_of_each(void **state)
{
    static const struct scripted_step steps[] = {
        ASKED("pv:trending:hot", "[/a 12.5 /b 3]"),
        OPENED,
        {"HMGET pv:views /a /b", "+QUEUED"},
        {"HMGET pv:article:/a title section", "+QUEUED"},
        {"HMGET pv:article:/b title section", "+QUEUED"},
        {"EXEC", "[[v/0 9] [70 -] [A news] [- sport]]"},
    };

    (void)state;
    assert_int_equal(READ(NULL, steps), PV_OK);
    assert_int_equal(trending.count, 2);
    assert_string_equal(trending.items[0].article, "/a");
    assert_string_equal(trending.items[0].score, "12.5");
    assert_int_equal(trending.items[0].views, 70);
    assert_string_equal(trending.items[0].title, "A");
    assert_string_equal(trending.items[0].section, "news");
    assert_string_equal(trending.items[1].article, "/b");
    assert_int_equal(trending.items[1].views, 0);
    assert_null(trending.items[1].title);
    assert_string_equal(trending.items[1].section, "sport");
    assert_int_equal(trending.offsets.items[0].next, 9);
    pv_trending_clean_up(&trending);
}

static void empty_list_of_a_section_still_says_how_far_counts_go(void **state)
{
    static const struct scripted_step steps[] = {
        ASKED("pv:trending:hot:section:a/b", "[]"),
        OPENED,
        {"EXEC", "[[v/0 9]]"},
    };

    (void)state;
    assert_int_equal(READ("a/b", steps), PV_OK);
    assert_int_equal(trending.count, 0);
    assert_int_equal(trending.offsets.count, 1);
    pv_trending_clean_up(&trending);
}

static void article_that_json_cannot_hold_is_left_out(void **state)
{
    static const struct scripted_step steps[] = {
        ASKED("pv:trending:hot", "[/\xff 9 /b 3]"),
        OPENED,
        {"HMGET pv:views /b", "+QUEUED"},
        {"HMGET pv:article:/b title section", "+QUEUED"},
        {"EXEC", "[[] [5] [\xff news]]"},
    };

    (void)state;
    assert_int_equal(READ(NULL, steps), PV_OK);
    assert_int_equal(trending.count, 1);
    assert_string_equal(trending.items[0].article, "/b");
    assert_null(trending.items[0].title); /* nor is such a title told */
    assert_string_equal(trending.items[0].section, "news");
    pv_trending_clean_up(&trending);
}

static void score_that_is_no_number_in_json_is_refused(void **state)
{
    static const struct scripted_step steps[] = {ASKED("pv:trending:hot", "[/a inf]")};

    (void)state;
    assert_int_equal(READ(NULL, steps), PV_REFUSED);
    assert_contains(error.text, "pv:trending:hot");
    assert_int_equal(trending.count, 0);
}

static void key_of_another_type_is_refused(void **state)
{
    static const struct scripted_step steps[] = {
        ASKED("pv:trending:hot", "[/a 1]"), OPENED,
        {"HMGET pv:views /a", "+QUEUED"},   {"HMGET pv:article:/a title section", "+QUEUED"},
        {"EXEC", "[[] [5] -WRONGTYPE]"},
    };

    (void)state;
    assert_int_equal(READ(NULL, steps), PV_REFUSED);
    assert_contains(error.text, "pv:article:/a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_are_those_of_the_list_with_what_is_known_of_each),
        cmocka_unit_test(empty_list_of_a_section_still_says_how_far_counts_go),
        cmocka_unit_test(article_that_json_cannot_hold_is_left_out),
        cmocka_unit_test(score_that_is_no_number_in_json_is_refused),
        cmocka_unit_test(key_of_another_type_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
