/* The client's connection, and the commands that go over it. */
#include "redis_script.h"

#include <netinet/in.h>

#define INFO "*2\r\n$4\r\nINFO\r\n$6\r\nserver\r\n"

static void a_redis_older_than_7_is_refused(void **state)
{
    static const struct exchange script[] = {
        {INFO, "$33\r\n# Server\r\nredis_version:7.0.15\r\na\r\n"},
        {INFO, "$23\r\nredis_version:10.0.1\r\nb\r\n"},
        {INFO, "$33\r\n# Server\r\nredis_version:6.2.14\r\na\r\n"},
        {INFO, "$8\r\n# Server\r\n"},
        {INFO, "-LOADING Redis is loading\r\n"},
        {NULL, NULL},
    };

    (void)state;
    start_server(script);
    assert_int_equal(pv_redis_check_version(redis, &error), PV_OK);
    assert_int_equal(pv_redis_check_version(redis, &error), PV_OK);
    assert_int_equal(pv_redis_check_version(redis, &error), PV_INVALID);
    assert_contains(error.text, "it is version 6.2.14, and 7.0 or newer is needed");
    assert_int_equal(pv_redis_check_version(redis, &error), PV_REFUSED);
    assert_int_equal(pv_redis_check_version(redis, &error), PV_UNAVAILABLE);
    assert_followed();
}

static void arguments_may_hold_any_bytes(void **state)
{
    static const struct exchange script[] = {
        {"*3\r\n$3\r\nSET\r\n$4\r\n\r\n \"\r\n$0\r\n\r\n", "+OK\r\n"}, {NULL, NULL}};
    const char *arguments[] = {"SET", "\r\n \"", ""};
    const size_t lengths[] = {3, 4, 0};
    struct pv_redis_reply *reply;

    (void)state;
    start_server(script);
    assert_int_equal(pv_redis_command(redis, 3, arguments, lengths, &reply, &error), PV_OK);
    pv_redis_reply_destroy(reply);
    assert_followed();
}

/* Three commands given by `give`, whose answers are taken behind them. */
static void assert_answers_in_order(enum pv_status (*give)(struct pv_redis *, int, const char **,
                                                           const size_t *, struct pv_error *))
{
    static const struct exchange script[] = {
        {PING, ":1\r\n"}, {PING, "-ERR second\r\n"}, {PING, ":3\r\n"}, {NULL, NULL}};
    const char *arguments[] = {"PING"};
    struct pv_redis_reply *reply;

    start_server(script);
    for (int i = 0; i < 3; i++)
        assert_int_equal(give(redis, 1, arguments, NULL, &error), PV_OK);
    assert_int_equal(pv_redis_receive(redis, &reply, &error), PV_OK);
    assert_int_equal(pv_redis_reply_number(reply, 0), 1);
    pv_redis_reply_destroy(reply);
    assert_int_equal(pv_redis_receive(redis, &reply, &error), PV_REFUSED);
    assert_null(reply);
    assert_int_equal(pv_redis_receive(redis, &reply, &error), PV_OK);
    assert_int_equal(pv_redis_reply_number(reply, 0), 3);
    pv_redis_reply_destroy(reply);
    assert_followed();
}

static void a_pipelines_answers_come_in_order(void **state)
{
    (void)state;
    assert_answers_in_order(pv_redis_send);
}

static void queued_commands_go_with_the_first_answer(void **state)
{
    (void)state;
    assert_answers_in_order(pv_redis_queue);
}

static void a_lost_connection_is_unavailable_and_made_again(void **state)
{
    static const struct exchange script[] = {
        {PING, "+PONG\r\n"}, {PING, NULL}, {PING, "+AGAIN\r\n"}, {NULL, NULL}};
    struct pv_redis_reply *reply;

    (void)state;
    start_server(script);
    assert_int_equal(ping(&reply), PV_OK);
    pv_redis_reply_destroy(reply);
    assert_int_equal(ping(&reply), PV_UNAVAILABLE);
    assert_null(reply);
    assert_contains(error.text, server.socket.address);
    assert_contains(error.text, ": is it running, and is --redis right?");
    /* What was in flight is gone: nothing is left to be received. */
    assert_int_equal(pv_redis_receive(redis, &reply, &error), PV_UNAVAILABLE);
    assert_contains(error.text, "the connection was lost");
    assert_int_equal(ping(&reply), PV_OK);
    assert_string_equal(pv_redis_reply_text(reply, NULL), "AGAIN");
    pv_redis_reply_destroy(reply);
    assert_followed();
}

static void an_answer_that_is_none_is_a_lost_connection(void **state)
{
    (void)state;
    assert_loses_connection("HTTP/1.1 400 Bad Request\r\n");
}

static void nobody_there_is_unavailable(void **state)
{
    struct pv_redis_reply *reply;

    (void)state;
    unlink(server.socket.path);
    assert_int_equal(pv_redis_connect(redis, &error), PV_UNAVAILABLE);
    assert_contains(error.text, server.socket.address);
    assert_contains(error.text, "is it running");
    assert_int_equal(ping(&reply), PV_UNAVAILABLE);
    assert_null(reply);
}

static void tcp_is_spoken_at_host_and_port(void **state)
{
    static const struct exchange script[] = {{PING, NULL}, {PING, "+PONG\r\n"}, {NULL, NULL}};
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof name;
    struct pv_redis_reply *reply;

    (void)state;
    close(server.socket.listener);
    server.socket.listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(server.socket.listener, (struct sockaddr *)&name, sizeof name), 0);
    assert_int_equal(listen(server.socket.listener, 8), 0);
    getsockname(server.socket.listener, (struct sockaddr *)&name, &size);
    start_server(script);
    snprintf(server.socket.address, sizeof server.socket.address, "127.0.0.1:%d",
             ntohs(name.sin_port));
    assert_int_equal(ping(&reply), PV_UNAVAILABLE);
    /* Brackets are not part of the host. */
    snprintf(server.socket.address, sizeof server.socket.address, "[127.0.0.1]:%d",
             ntohs(name.sin_port));
    assert_int_equal(ping(&reply), PV_OK);
    pv_redis_reply_destroy(reply);
    assert_followed();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        connected(a_redis_older_than_7_is_refused),
        connected(arguments_may_hold_any_bytes),
        connected(a_pipelines_answers_come_in_order),
        connected(queued_commands_go_with_the_first_answer),
        connected(a_lost_connection_is_unavailable_and_made_again),
        connected(an_answer_that_is_none_is_a_lost_connection),
        connected(nobody_there_is_unavailable),
        connected(tcp_is_spoken_at_host_and_port),
    };

    signal(SIGPIPE, SIG_IGN); /* as pv_stop_install does */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
