/* The publisher: Redis has the list that was published last, and only differences travel. */
#include "real_redis.h"

#include "aggregator/ranker/publisher.h"

enum { ENTRIES_MAX = 8 };

static struct pv_publisher *publisher;

/* An empty Redis, and a publisher that has published nothing. */
static int begin(void **state)
{
    (void)state;
    COMMAND("FLUSHALL");
    COMMAND("CONFIG", "RESETSTAT");
    return pv_publisher_new(redis, "pv:", "me", &publisher, &error) == PV_OK ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    pv_publisher_destroy(publisher);
    publisher = NULL;
    return 0;
}

/* Publishes what `text` says, "/a 3 /b 1.5", and waits until Redis has it. */
static enum pv_status publish_by(struct pv_publisher *by, const char *list, const char *section,
                                 const char *text)
{
    char copy[256], *rest = copy, *article;
    struct pv_ranked entries[ENTRIES_MAX];
    size_t count = 0;

    snprintf(copy, sizeof copy, "%s", text);
    while ((article = strtok_r(rest, " ", &rest)) != NULL) {
        assert_true(count < ENTRIES_MAX);
        entries[count].article = (struct pv_text){article, strlen(article)};
        entries[count++].score = strtod(strtok_r(rest, " ", &rest), NULL);
    }
    if (pv_publisher_publish(by, list, section, entries, count, &error) != PV_OK)
        return error.status;
    return pv_publisher_flush(by, &error);
}

static void publish(const char *list, const char *section, const char *text)
{
    assert_int_equal(publish_by(publisher, list, section, text), PV_OK);
}

/* Fails unless the list in Redis is what `text` says, highest score first. */
static void assert_list(const char *key, const char *text)
{
    struct pv_redis_reply *answer = ask_redis("ZREVRANGE", key, "0", "-1", "WITHSCORES");
    char found[256] = "";

    for (size_t i = 0; i < pv_redis_reply_count(answer); i++) {
        strcat(found, i > 0 ? " " : "");
        strcat(found, pv_redis_reply_text(pv_redis_reply_at(answer, i), NULL));
    }
    pv_redis_reply_destroy(answer);
    assert_string_equal(found, text);
}

/* What of pv_rank's work Redis did since the last time: sets and removals. */
static void assert_work(long adds, long removals, long unlinks)
{
    assert_int_equal(redis_calls("zadd"), adds);
    assert_int_equal(redis_calls("zrem"), removals);
    assert_int_equal(redis_calls("unlink"), unlinks);
    COMMAND("CONFIG", "RESETSTAT");
}

static void a_list_stands_in_redis_by_score_and_ties_by_the_article(void **state)
{
    (void)state;
    publish("1h", NULL, "/z 7 /é 2 /b 2 /a/b 2 /a 2");
    assert_list("pv:trending:1h", "/z 7 /é 2 /b 2 /a/b 2 /a 2");
    publish("hot", "Wirtschaft & Börse", "/a 0.125");
    assert_list("pv:trending:hot:section:Wirtschaft & Börse", "/a 0.125");
    assert_int_equal(redis_number("HLEN", "pv:rankings", NULL), 2);
}

static void scores_arrive_to_the_last_bit(void **state)
{
    const struct pv_ranked entry = {{"/a", 2}, 1.0 / 3.0};
    struct pv_redis_reply *answer;

    (void)state;
    assert_int_equal(pv_publisher_publish(publisher, "rising", NULL, &entry, 1, &error), PV_OK);
    assert_int_equal(pv_publisher_flush(publisher, &error), PV_OK);
    answer = ask_redis("ZSCORE", "pv:trending:rising", "/a", NULL, NULL);
    assert_true(strtod(pv_redis_reply_text(answer, NULL), NULL) == 1.0 / 3.0);
    pv_redis_reply_destroy(answer);
}

static void articles_with_any_bytes_are_kept_apart(void **state)
{
    const struct pv_ranked entries[] = {{{"/a b\0c", 6}, 2}, {{"/a b", 4}, 1}};
    struct pv_redis_reply *answer;
    size_t length;

    (void)state;
    assert_int_equal(pv_publisher_publish(publisher, "1h", NULL, entries, 2, &error), PV_OK);
    assert_int_equal(pv_publisher_flush(publisher, &error), PV_OK);
    answer = ask_redis("ZREVRANGE", "pv:trending:1h", "0", "-1", NULL);
    assert_int_equal(pv_redis_reply_count(answer), 2);
    assert_memory_equal(pv_redis_reply_text(pv_redis_reply_at(answer, 0), &length), "/a b\0c", 6);
    assert_int_equal(length, 6);
    pv_redis_reply_destroy(answer);
}

static void nothing_is_sent_for_the_same_list(void **state)
{
    (void)state;
    publish("1h", NULL, "/b 2 /a 1");
    assert_int_equal(pv_publisher_sent(publisher), 1);
    COMMAND("CONFIG", "RESETSTAT");
    publish("1h", NULL, "/b 2 /a 1");
    assert_int_equal(pv_publisher_sent(publisher), 1);
    assert_int_equal(redis_calls("fcall"), 0);
}

static void only_the_difference_is_sent(void **state)
{
    (void)state;
    publish("1h", NULL, "/d 4 /c 3 /b 2 /a 1");
    assert_work(1, 0, 1);
    /* What is not sent stays as it is, though the publisher does not know of it. */
    COMMAND("ZADD", "pv:trending:1h", "40", "/d", "0.5", "/witness");
    COMMAND("CONFIG", "RESETSTAT");
    publish("1h", NULL, "/d 4 /e 3.5 /c 3 /a 2");
    assert_list("pv:trending:1h", "/d 40 /e 3.5 /c 3 /a 2 /witness 0.5");
    assert_int_equal(redis_calls("fcall"), 1);
    assert_work(1, 1, 0);
    publish("1h", NULL, "/d 4 /c 3");
    assert_list("pv:trending:1h", "/d 40 /c 3 /witness 0.5");
    assert_work(0, 1, 0);
    publish("1h", NULL, "/d 4 /c 5");
    assert_work(1, 0, 0);
    assert_int_equal(pv_publisher_sent(publisher), 4);
}

static void a_list_of_another_writer_is_sent_in_full(void **state)
{
    struct pv_publisher *other;

    (void)state;
    assert_int_equal(pv_publisher_new(redis, "pv:", "other", &other, &error), PV_OK);
    publish("1h", NULL, "/b 2 /a 1");
    assert_int_equal(publish_by(other, "1h", NULL, "/x 9"), PV_OK);
    assert_list("pv:trending:1h", "/x 9");
    publish("1h", NULL, "/b 3 /a 1");
    assert_list("pv:trending:1h", "/b 3 /a 1");
    /* And the other one finds out in its turn, though its own list is as it was. */
    assert_int_equal(publish_by(other, "1h", NULL, "/x 9 /y 1"), PV_OK);
    assert_list("pv:trending:1h", "/x 9 /y 1");
    pv_publisher_destroy(other);
}

static void a_list_that_redis_lost_is_sent_in_full(void **state)
{
    (void)state;
    publish("1h", NULL, "/b 2 /a 1");
    COMMAND("DEL", "pv:trending:1h");
    publish("1h", NULL, "/b 3 /a 1");
    assert_list("pv:trending:1h", "/b 3 /a 1");
    COMMAND("DEL", "pv:rankings");
    publish("1h", NULL, "/b 4 /a 1");
    assert_list("pv:trending:1h", "/b 4 /a 1");
}

static void an_emptied_list_leaves_no_key_and_can_be_filled_again(void **state)
{
    (void)state;
    publish("1h", NULL, "/b 2 /a 1");
    publish("24h", NULL, "/b 2");
    publish("1h", NULL, "");
    assert_int_equal(redis_number("EXISTS", "pv:trending:1h", NULL), 0);
    assert_int_equal(redis_number("HEXISTS", "pv:rankings", "trending:1h"), 0);
    assert_list("pv:trending:24h", "/b 2");
    publish("1h", NULL, "");
    assert_int_equal(pv_publisher_sent(publisher), 3);
    publish("1h", NULL, "/c 1");
    assert_list("pv:trending:1h", "/c 1");
    assert_int_equal(redis_number("HEXISTS", "pv:rankings", "trending:1h"), 1);
}

static void lists_of_strangers_are_cleared(void **state)
{
    struct pv_publisher *other;

    (void)state;
    assert_int_equal(pv_publisher_new(redis, "pv:", "other", &other, &error), PV_OK);
    assert_int_equal(publish_by(other, "1h", NULL, "/a 1"), PV_OK);
    assert_int_equal(publish_by(other, "1h", "sport", "/a 1"), PV_OK);
    assert_int_equal(publish_by(other, "hot", "Sport/Ö", "/a 1"), PV_OK);
    pv_publisher_destroy(other);
    publish("1h", NULL, "/b 2");
    assert_int_equal(pv_publisher_clear_strangers(publisher, &error), PV_OK);
    assert_int_equal(redis_number("EXISTS", "pv:trending:1h:section:sport", NULL), 0);
    assert_int_equal(redis_number("EXISTS", "pv:trending:hot:section:Sport/Ö", NULL), 0);
    assert_int_equal(redis_number("HLEN", "pv:rankings", NULL), 1);
    assert_list("pv:trending:1h", "/b 2");
    /* A section that comes back is published like any other. */
    publish("1h", "sport", "/c 1");
    assert_list("pv:trending:1h:section:sport", "/c 1");
    assert_int_equal(pv_publisher_clear_strangers(publisher, &error), PV_OK);
    assert_list("pv:trending:1h:section:sport", "/c 1");
}

static void doubted_lists_that_are_not_published_again_are_cleared(void **state)
{
    (void)state;
    publish("1h", NULL, "/a 1");
    publish("1h", "gone", "/a 1");
    assert_int_equal(pv_publisher_clear_strangers(publisher, &error), PV_OK);
    assert_list("pv:trending:1h:section:gone", "/a 1"); /* nobody doubts it */
    pv_publisher_doubt(publisher);
    publish("1h", NULL, "/a 1");
    assert_int_equal(pv_publisher_clear_strangers(publisher, &error), PV_OK);
    assert_list("pv:trending:1h", "/a 1");
    assert_int_equal(redis_number("EXISTS", "pv:trending:1h:section:gone", NULL), 0);
    assert_int_equal(redis_number("HLEN", "pv:rankings", NULL), 1);
    publish("1h", "gone", "/a 1");
    assert_list("pv:trending:1h:section:gone", "/a 1");
}

static void names_that_are_no_lists_are_nobodys_to_clear(void **state)
{
    (void)state;
    COMMAND("HSET", "pv:views", "/a", "1");
    COMMAND("HSET", "pv:rankings", "views", "1", "", "1");
    assert_int_equal(pv_publisher_clear_strangers(publisher, &error), PV_OK);
    assert_int_equal(redis_number("HGET", "pv:views", "/a"), 1);
}

static void a_doubted_list_is_compared_though_it_is_the_same(void **state)
{
    (void)state;
    publish("1h", NULL, "/b 2 /a 1");
    publish("24h", NULL, "/a 1");
    COMMAND("DEL", "pv:trending:24h");
    publish("24h", NULL, "/a 1");
    assert_list("pv:trending:24h", ""); /* nothing made the publisher look */
    COMMAND("CONFIG", "RESETSTAT");
    pv_publisher_doubt(publisher);
    publish("1h", NULL, "/b 2 /a 1");
    assert_int_equal(redis_calls("fcall"), 1);
    assert_work(0, 0, 0); /* Redis has it: nothing but the stamp travels */
    publish("24h", NULL, "/a 1");
    assert_list("pv:trending:24h", "/a 1");
    COMMAND("CONFIG", "RESETSTAT");
    publish("1h", NULL, "/b 2 /a 1");
    publish("24h", NULL, "/a 1");
    assert_int_equal(redis_calls("fcall"), 0); /* doubts are over */
    /* Redis was emptied and has the lists of another. */
    COMMAND("DEL", "pv:rankings");
    COMMAND("ZADD", "pv:trending:1h", "9", "/other");
    pv_publisher_doubt(publisher);
    publish("1h", NULL, "/b 2 /a 1");
    assert_list("pv:trending:1h", "/b 2 /a 1");
}

static void many_lists_travel_together(void **state)
{
    enum { LISTS = 200 };
    const struct pv_ranked entries[] = {{{"/a", 2}, 2}, {{"/b", 2}, 1}};
    char section[16], key[64];

    (void)state;
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < LISTS; i++) {
            snprintf(section, sizeof section, "s%d", i);
            assert_int_equal(pv_publisher_publish(publisher, "1h", section, entries,
                                                  (size_t)(2 - round), &error),
                             PV_OK);
        }
        assert_int_equal(pv_publisher_flush(publisher, &error), PV_OK);
        assert_int_equal(pv_publisher_sent(publisher), (round + 1) * LISTS);
        for (int i = 0; i < LISTS; i++) {
            snprintf(key, sizeof key, "pv:trending:1h:section:s%d", i);
            assert_list(key, round == 0 ? "/a 2 /b 1" : "/a 2");
            if (i % 7 == 0) /* its answer will be that it is stale, amid those of the others */
                COMMAND("DEL", key);
        }
    }
    assert_int_equal(redis_number("HLEN", "pv:rankings", NULL), LISTS);
}

static void a_list_published_twice_before_an_answer_is_the_second(void **state)
{
    const struct pv_ranked entries[] = {{{"/a", 2}, 2}, {{"/b", 2}, 1}};

    (void)state;
    publish("1h", NULL, "/a 2");
    COMMAND("DEL", "pv:trending:1h"); /* both are stale */
    assert_int_equal(pv_publisher_publish(publisher, "1h", NULL, entries, 2, &error), PV_OK);
    assert_int_equal(pv_publisher_publish(publisher, "1h", NULL, entries + 1, 1, &error), PV_OK);
    assert_int_equal(pv_publisher_flush(publisher, &error), PV_OK);
    assert_list("pv:trending:1h", "/b 1");
    assert_int_equal(pv_publisher_publish(publisher, "1h", NULL, entries, 0, &error), PV_OK);
    assert_int_equal(pv_publisher_publish(publisher, "1h", NULL, entries, 1, &error), PV_OK);
    assert_int_equal(pv_publisher_flush(publisher, &error), PV_OK);
    assert_list("pv:trending:1h", "/a 2");
    assert_int_equal(pv_publisher_publish(publisher, "1h", NULL, entries, 2, &error), PV_OK);
    assert_int_equal(pv_publisher_publish(publisher, "1h", NULL, entries, 0, &error), PV_OK);
    assert_int_equal(pv_publisher_flush(publisher, &error), PV_OK);
    assert_int_equal(redis_number("EXISTS", "pv:trending:1h", NULL), 0);
}

/* Makes the next call for the list fail, and puts the list back as it was before that call. */
static void fail_once(const char *key, const char *list, const char *section, const char *text)
{
    COMMAND("RENAME", key, "kept");
    COMMAND("SET", key, "text");
    assert_int_equal(publish_by(publisher, list, section, text), PV_REFUSED);
    COMMAND("RENAME", "kept", key);
}

static void a_failure_is_told_and_what_follows_comes_out_right(void **state)
{
    (void)state;
    publish("1h", NULL, "/b 2 /a 1");
    publish("24h", NULL, "/b 2");
    fail_once("pv:trending:1h", "1h", NULL, "/b 3 /a 1");
    publish("1h", NULL, "/b 3 /a 1"); /* the same as was thought sent */
    assert_list("pv:trending:1h", "/b 3 /a 1");
    fail_once("pv:trending:1h", "1h", NULL, "");
    publish("1h", NULL, "");
    assert_int_equal(redis_number("EXISTS", "pv:trending:1h", NULL), 0);
    publish("24h", NULL, "/b 2 /a 1");
    assert_list("pv:trending:24h", "/b 2 /a 1");
}

/* The section is gone, and nobody publishes its empty list again. */
static void a_list_whose_removal_failed_is_cleared(void **state)
{
    (void)state;
    publish("1h", "sport", "/a 1");
    fail_once("pv:trending:1h:section:sport", "1h", "sport", "");
    assert_list("pv:trending:1h:section:sport", "/a 1");
    assert_int_equal(pv_publisher_clear_strangers(publisher, &error), PV_OK);
    assert_int_equal(redis_number("EXISTS", "pv:trending:1h:section:sport", NULL), 0);
    assert_int_equal(redis_number("HLEN", "pv:rankings", NULL), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_list_stands_in_redis_by_score_and_ties_by_the_article),
        TEST(scores_arrive_to_the_last_bit),
        TEST(articles_with_any_bytes_are_kept_apart),
        TEST(nothing_is_sent_for_the_same_list),
        TEST(only_the_difference_is_sent),
        TEST(a_list_of_another_writer_is_sent_in_full),
        TEST(a_list_that_redis_lost_is_sent_in_full),
        TEST(an_emptied_list_leaves_no_key_and_can_be_filled_again),
        TEST(lists_of_strangers_are_cleared),
        TEST(doubted_lists_that_are_not_published_again_are_cleared),
        TEST(names_that_are_no_lists_are_nobodys_to_clear),
        TEST(a_doubted_list_is_compared_though_it_is_the_same),
        TEST(many_lists_travel_together),
        TEST(a_list_published_twice_before_an_answer_is_the_second),
        TEST(a_failure_is_told_and_what_follows_comes_out_right),
        TEST(a_list_whose_removal_failed_is_cleared),
    };

    return cmocka_run_group_tests(tests, real_redis_start, real_redis_stop);
}
