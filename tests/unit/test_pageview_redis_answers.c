/* What the client makes of Redis's answers. */
#include "redis_script.h"

#include "pageview/buffer.h"

static void an_error_answer_tells_what_to_do(void **state)
{
    static const struct {
        const char *answer;
        enum pv_status status;
        const char *advice;
    } cases[] = {
        {"-NOAUTH Authentication required.\r\n", PV_INVALID,
         ": give the password with --redis-password-file"},
        {"-WRONGPASS invalid username-password pair\r\n", PV_INVALID,
         ": check --redis-user and --redis-password-file"},
        {"-LOADING Redis is loading the dataset in memory\r\n", PV_UNAVAILABLE,
         ": it is reading its data; wait"},
        {"-BUSY Redis is busy running a script.\r\n", PV_UNAVAILABLE,
         ": a script of another client holds it"},
        {"-OOM command not allowed when used memory > 'maxmemory'.\r\n", PV_UNAVAILABLE,
         ": raise maxmemory"},
        {"-MISCONF Redis is configured to save RDB snapshots\r\n", PV_UNAVAILABLE, "see its log"},
        {"-MASTERDOWN Link with MASTER is down\r\n", PV_UNAVAILABLE, "no master"},
        {"-READONLY You can't write against a read only replica.\r\n", PV_UNAVAILABLE,
         "name the master in --redis"},
        {"-NOREPLICAS Not enough good replicas to write.\r\n", PV_UNAVAILABLE, "too few replicas"},
        {"-CLUSTERDOWN The cluster is down\r\n", PV_UNAVAILABLE, "the cluster is down"},
        {"-NOPERM this user has no permissions\r\n", PV_UNAVAILABLE, "pageviews.acl"},
        {"-ERR max number of clients reached\r\n", PV_UNAVAILABLE, "maxclients"},
        {"-ERR unknown command\r\n", PV_REFUSED, "ERR unknown command"},
        {"-WRONGTYPE Operation against a key\r\n", PV_REFUSED, "WRONGTYPE Operation against a key"},
        {"-BUSYKEY Target key name already exists.\r\n", PV_REFUSED, "BUSYKEY"},
        {"-OOM\r\n", PV_REFUSED, "OOM"},
        {"-\r\n", PV_REFUSED, "Redis at "},
    };
    static const size_t count = sizeof cases / sizeof cases[0];
    struct exchange script[2 * (sizeof cases / sizeof cases[0]) + 1] = {{NULL, NULL}};
    struct pv_redis_reply *reply;

    (void)state;
    for (size_t i = 0; i < count; i++) {
        script[2 * i] = (struct exchange){PING, cases[i].answer};
        script[2 * i + 1] = (struct exchange){PING, "+PONG\r\n"};
    }
    start_server(script);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(ping(&reply), cases[i].status);
        assert_null(reply);
        assert_int_equal(error.status, cases[i].status);
        assert_contains(error.text, server.socket.address);
        assert_contains(error.text, cases[i].advice);
        /* The connection is as good as before. */
        assert_int_equal(ping(&reply), PV_OK);
        pv_redis_reply_destroy(reply);
    }
    assert_followed();
}

static void answers_are_read_by_their_type(void **state)
{
    static const struct exchange script[] = {
        {PING, "+PONG\r\n"},
        {PING, "$5\r\na\r\nb \r\n"},
        {PING, "$-1\r\n"},
        {PING, ":-42\r\n"},
        {PING, "*4\r\n$1\r\nx\r\n:7\r\n$-1\r\n*1\r\n+deep\r\n"},
        {PING, "*0\r\n"},
        {NULL, NULL},
    };
    struct pv_redis_reply *reply;
    size_t length = 0;

    (void)state;
    start_server(script);
    assert_int_equal(ping(&reply), PV_OK);
    assert_string_equal(pv_redis_reply_text(reply, &length), "PONG");
    assert_int_equal(length, 4);
    assert_int_equal(pv_redis_reply_count(reply), 0);
    pv_redis_reply_destroy(reply);

    assert_int_equal(ping(&reply), PV_OK);
    assert_string_equal(pv_redis_reply_text(reply, &length), "a\r\nb ");
    assert_int_equal(length, 5);
    pv_redis_reply_destroy(reply);

    assert_int_equal(ping(&reply), PV_OK);
    assert_null(pv_redis_reply_text(reply, &length));
    assert_int_equal(pv_redis_reply_number(reply, -7), -7);
    pv_redis_reply_destroy(reply);

    assert_int_equal(ping(&reply), PV_OK);
    assert_int_equal(pv_redis_reply_number(reply, 0), -42);
    assert_null(pv_redis_reply_text(reply, NULL));
    pv_redis_reply_destroy(reply);

    assert_int_equal(ping(&reply), PV_OK);
    assert_int_equal(pv_redis_reply_count(reply), 4);
    assert_string_equal(pv_redis_reply_text(pv_redis_reply_at(reply, 0), NULL), "x");
    assert_int_equal(pv_redis_reply_number(pv_redis_reply_at(reply, 1), 0), 7);
    assert_null(pv_redis_reply_text(pv_redis_reply_at(reply, 2), NULL));
    assert_int_equal(pv_redis_reply_count(pv_redis_reply_at(reply, 3)), 1);
    assert_int_equal(pv_redis_reply_number(reply, -7), -7);
    pv_redis_reply_destroy(reply);

    assert_int_equal(ping(&reply), PV_OK);
    assert_int_equal(pv_redis_reply_count(reply), 0);
    pv_redis_reply_destroy(reply);
    assert_followed();
    pv_redis_reply_destroy(NULL);
}

/* Texts of all lengths up to many times what is taken from memory at once, each in an array of its
 * own. */
static void a_long_answer_is_kept_beside_the_next_one(void **state)
{
    enum { ITEMS = 700, LONGEST = 200000 };
    struct pv_buffer answer = {0};
    struct exchange script[] = {{PING, NULL}, {PING, "+PONG\r\n"}, {NULL, NULL}};
    struct pv_redis_reply *reply, *next;

    (void)state;
    pv_buffer_add_format(&answer, "*%d\r\n", ITEMS);
    for (int i = 0; i < ITEMS; i++) {
        int length = i == ITEMS / 2 ? LONGEST : i;

        pv_buffer_add_format(&answer, "*2\r\n:%d\r\n$%d\r\n", i, length);
        for (int at = 0; at < length; at++)
            pv_buffer_add_char(&answer, (char)('a' + i % 26));
        pv_buffer_add_text(&answer, "\r\n");
    }
    pv_buffer_add_char(&answer, '\0');
    assert_false(answer.failed);
    script[0].answer = answer.data;
    start_server(script);
    assert_int_equal(ping(&reply), PV_OK);
    assert_int_equal(ping(&next), PV_OK);
    assert_int_equal(pv_redis_reply_count(reply), ITEMS);
    for (int i = 0; i < ITEMS; i++) {
        const struct pv_redis_reply *item = pv_redis_reply_at(reply, (size_t)i);
        size_t expected = i == ITEMS / 2 ? LONGEST : (size_t)i, length = 0;
        const char *text;

        assert_int_equal(pv_redis_reply_count(item), 2);
        assert_int_equal(pv_redis_reply_number(pv_redis_reply_at(item, 0), -1), i);
        text = pv_redis_reply_text(pv_redis_reply_at(item, 1), &length);
        assert_int_equal(length, expected);
        assert_int_equal(text[length], '\0');
        for (size_t at = 0; at < length; at++)
            assert_int_equal(text[at], 'a' + i % 26);
    }
    assert_string_equal(pv_redis_reply_text(next, NULL), "PONG");
    pv_redis_reply_destroy(reply);
    pv_redis_reply_destroy(next);
    assert_followed();
    pv_buffer_clean_up(&answer);
}

/* What there is of the answer is freed: the sanitizer says so if it is not. */
static void a_connection_that_ends_deep_in_an_answer_is_lost(void **state)
{
    (void)state;
    assert_loses_connection("*3\r\n$3\r\none\r\n*0\r\n*2\r\n*-1\r\n*2\r\n:1\r\n");
}

/* Nobody asks for RESP 3, and older ones of hiredis do not know it. */
static void answers_of_another_protocol_do_no_harm(void **state)
{
    static const struct exchange script[] = {{PING, "*2\r\n#t\r\n,1.5\r\n"}, {NULL, NULL}};
    struct pv_redis_reply *reply;

    (void)state;
    start_server(script);
    if (ping(&reply) == PV_OK) {
        assert_int_equal(pv_redis_reply_number(pv_redis_reply_at(reply, 0), -1), 1);
        assert_null(pv_redis_reply_text(pv_redis_reply_at(reply, 1), NULL));
        pv_redis_reply_destroy(reply);
    } else {
        assert_int_equal(error.status, PV_UNAVAILABLE);
    }
    assert_followed();
}

static void an_error_inside_an_array_is_an_element(void **state)
{
    static const struct exchange script[] = {{PING, "*2\r\n-ERR inside\r\n+OK\r\n"}, {NULL, NULL}};
    struct pv_redis_reply *reply;

    (void)state;
    start_server(script);
    assert_int_equal(ping(&reply), PV_OK);
    assert_string_equal(pv_redis_reply_error(pv_redis_reply_at(reply, 0)), "ERR inside");
    assert_null(pv_redis_reply_text(pv_redis_reply_at(reply, 0), NULL));
    assert_null(pv_redis_reply_error(pv_redis_reply_at(reply, 1)));
    assert_null(pv_redis_reply_error(reply));
    pv_redis_reply_destroy(reply);
    assert_followed();
}

static void only_digits_are_a_number(void **state)
{
    static const struct {
        const char *answer;
        int64_t number;
    } cases[] = {
        {"$1\r\n7\r\n", 7},
        {"$2\r\n-7\r\n", -7},
        {"$19\r\n9223372036854775807\r\n", INT64_MAX},
        {"$20\r\n-9223372036854775808\r\n", INT64_MIN},
        {"$19\r\n9223372036854775808\r\n", -99},
        {"$0\r\n\r\n", -99},
        {"$1\r\n-\r\n", -99},
        {"$2\r\n 7\r\n", -99},
        {"$2\r\n+7\r\n", -99},
        {"$2\r\n7x\r\n", -99},
        {"$3\r\n1e3\r\n", -99},
        {"$3\r\n1-2\r\n", -99},
        {"$-1\r\n", -99},
    };
    static const size_t count = sizeof cases / sizeof cases[0];
    struct exchange script[sizeof cases / sizeof cases[0] + 1] = {{NULL, NULL}};
    struct pv_redis_reply *reply;

    (void)state;
    for (size_t i = 0; i < count; i++)
        script[i] = (struct exchange){PING, cases[i].answer};
    start_server(script);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(ping(&reply), PV_OK);
        assert_int_equal(pv_redis_reply_number(reply, -99), cases[i].number);
        pv_redis_reply_destroy(reply);
    }
    assert_followed();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        connected(an_error_answer_tells_what_to_do),
        connected(answers_are_read_by_their_type),
        connected(a_long_answer_is_kept_beside_the_next_one),
        connected(a_connection_that_ends_deep_in_an_answer_is_lost),
        connected(answers_of_another_protocol_do_no_harm),
        connected(an_error_inside_an_array_is_an_element),
        connected(only_digits_are_a_number),
    };

    signal(SIGPIPE, SIG_IGN); /* as pv_stop_install does */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
