/* Answers of Redis that are received in a row. */
#include "test_pageview_support.h"

#include "logged_events.h"

#include "dashboard-export/questions.h"
#include "dashboard_redis.h"

#define OFFSETS     "HGETALL pv:offsets"
#define DESCRIPTION "HMGET pv:article:/a title section"

static const struct pv_text article = {"/a", 2};
static struct pv_error error;

static bool are_same(const char *before, const char *after)
{
    const struct scripted_step steps[] = {{OFFSETS, before}, {OFFSETS, after}};
    struct pv_redis *client;
    struct scripted_redis *server = SCRIPTED(steps, &client);
    struct pv_answers answers = {client, PV_OK, &error};
    struct pv_offsets offsets = {0};
    bool same;

    assert_int_equal(pv_ask_offsets(client, "pv:", &error), PV_OK);
    assert_int_equal(pv_ask_offsets(client, "pv:", &error), PV_OK);
    pv_answers_offsets(&answers, &offsets);
    same = pv_answers_same_offsets(&answers, &offsets);
    assert_int_equal(answers.status, PV_OK);
    pv_offsets_clean_up(&offsets);
    scripted_redis_finish(server);
    return same;
}

static void offsets_are_the_same_unless_one_moved(void **state)
{
    (void)state;
    assert_true(are_same("[pageviews/0 5]", "[pageviews/0 5]"));
    assert_false(are_same("[pageviews/0 5]", "[pageviews/0 6]"));
    assert_false(are_same("[]", "[pageviews/0 1]"));
}

static void assert_described(const char *answer, const char *title, const char *section)
{
    const struct scripted_step steps[] = {{DESCRIPTION, answer}};
    struct pv_redis *client;
    struct scripted_redis *server = SCRIPTED(steps, &client);
    struct pv_answers answers = {client, PV_OK, &error};
    struct pv_text found[2];
    struct pv_redis_reply *reply;

    assert_int_equal(pv_ask_description(client, "pv:article:", article, &error), PV_OK);
    reply = pv_answers_description(&answers, article, &found[0], &found[1]);
    assert_int_equal(answers.status, PV_OK);
    assert_true(pv_text_is(found[0], title));
    assert_true(pv_text_is(found[1], section));
    pv_redis_reply_destroy(reply);
    scripted_redis_finish(server);
}

static void what_is_unknown_or_no_utf_8_is_empty(void **state)
{
    (void)state;
    assert_described("[Title news]", "Title", "news");
    assert_described("[- news]", "", "news");
    assert_described("[Title\xff news]", "", "news");
    assert_described("[Title]", "Title", "");
    assert_described("text", "", "");
    assert_described("-WRONGTYPE no", "", "");
}

static void first_error_is_kept_and_a_refusal_of_one_article_is_none(void **state)
{
    static const struct scripted_step steps[] = {
        {DESCRIPTION, "-WRONGTYPE no"}, {DESCRIPTION, "-LOADING first"}, {OFFSETS, "-ERR second"}};
    struct pv_redis *client;
    struct scripted_redis *server = SCRIPTED(steps, &client);
    struct pv_answers answers = {client, PV_OK, &error};

    (void)state;
    logged[0] = '\0';
    assert_int_equal(pv_ask_description(client, "pv:article:", article, &error), PV_OK);
    assert_int_equal(pv_ask_description(client, "pv:article:", article, &error), PV_OK);
    assert_int_equal(pv_ask_offsets(client, "pv:", &error), PV_OK);
    assert_null(pv_answers_of_article(&answers, article));
    assert_int_equal(answers.status, PV_OK);
    assert_contains(logged, " article_unreadable article=/a error=");
    assert_null(pv_answers_of_article(&answers, article));
    assert_int_equal(answers.status, PV_UNAVAILABLE);
    assert_null(pv_answers_next(&answers));
    assert_int_equal(answers.status, PV_UNAVAILABLE);
    assert_contains(error.text, "LOADING first");
    scripted_redis_finish(server);
}

/* As when a page is received that nobody needs any more. */
static void error_of_an_article_need_not_be_wanted(void **state)
{
    static const struct scripted_step steps[] = {{DESCRIPTION, "-LOADING away"}};
    struct pv_redis *client;
    struct scripted_redis *server = SCRIPTED(steps, &client);
    struct pv_answers answers = {client, PV_OK, NULL};

    (void)state;
    assert_int_equal(pv_ask_description(client, "pv:article:", article, &error), PV_OK);
    assert_null(pv_answers_of_article(&answers, article));
    assert_int_equal(answers.status, PV_UNAVAILABLE);
    scripted_redis_finish(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_are_the_same_unless_one_moved),
        cmocka_unit_test(what_is_unknown_or_no_utf_8_is_empty),
        cmocka_unit_test(first_error_is_kept_and_a_refusal_of_one_article_is_none),
        cmocka_unit_test(error_of_an_article_need_not_be_wanted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
