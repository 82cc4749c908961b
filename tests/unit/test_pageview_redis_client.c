/* A client against a server that follows a script. */
#include "test_pageview_support.h"

#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "pageview/keys.h"
#include "pageview/redis_client.h"

/* What the client has to send next, and what it is answered. An answer of NULL closes the
 * connection; the exchange behind it happens on the next one. */
struct exchange {
    const char *request, *answer;
};

#define PING "*1\r\n$4\r\nPING\r\n"

static struct {
    pthread_t thread;
    int listener;
    const struct exchange *script; /* ends with a NULL request */
    bool followed;
    char wrong[512]; /* what came instead */
} server;

static char directory[64], socket_path[96], address[128];
static struct pv_redis_options options;
static struct pv_redis *redis;
static struct pv_error error;

/* False at a connection's end, and when something else came. */
static bool receive_request(int connection, const char *request)
{
    size_t length = strlen(request), got = 0;
    char text[512];

    while (got < length) {
        ssize_t more = recv(connection, text + got, length - got, 0);

        if (more <= 0)
            break;
        got += (size_t)more;
    }
    if (got == length && memcmp(text, request, length) == 0)
        return true;
    memcpy(server.wrong, text, got);
    server.wrong[got] = '\0';
    return false;
}

static void *serve(void *unused)
{
    const struct exchange *step = server.script;

    while (step->request != NULL) {
        int connection = accept(server.listener, NULL, NULL);
        bool open = connection >= 0;

        while (open && step->request != NULL) {
            if (!receive_request(connection, step->request)) {
                close(connection);
                return NULL;
            }
            open = step->answer != NULL;
            if (open)
                send(connection, step->answer, strlen(step->answer), MSG_NOSIGNAL);
            step++;
        }
        if (connection < 0)
            return NULL;
        close(connection);
    }
    server.followed = true;
    return unused;
}

static void start_server(const struct exchange *script)
{
    server.script = script;
    server.followed = false;
    server.wrong[0] = '\0';
    assert_int_equal(pthread_create(&server.thread, NULL, serve, NULL), 0);
}

static void assert_followed(void)
{
    pv_redis_disconnect(redis);
    pthread_join(server.thread, NULL);
    if (!server.followed)
        fail_msg("the client went off the script: it sent \"%s\"", server.wrong);
}

static int set_up(void **state)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};

    (void)state;
    strcpy(directory, "/tmp/pv-unit-XXXXXX");
    if (mkdtemp(directory) == NULL)
        return -1;
    snprintf(socket_path, sizeof socket_path, "%s/redis.sock", directory);
    snprintf(address, sizeof address, "unix:%s", socket_path);
    memcpy(name.sun_path, socket_path, strlen(socket_path) + 1);
    server.listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(server.listener, (struct sockaddr *)&name, sizeof name) != 0 ||
        listen(server.listener, 8) != 0)
        return -1;
    options = (struct pv_redis_options){.address = address, .prefix = "pv:"};
    memset(&error, 0, sizeof error);
    return pv_redis_new(&options, &redis, &error) == PV_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    pv_redis_destroy(redis);
    redis = NULL;
    close(server.listener);
    unlink(socket_path);
    rmdir(directory);
    return 0;
}

static enum pv_status ping(struct pv_redis_reply **reply)
{
    return pv_redis_command_texts(redis, reply, &error, "PING", NULL);
}

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
        assert_contains(error.text, address);
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

static void a_pipelines_answers_come_in_order(void **state)
{
    static const struct exchange script[] = {
        {PING, ":1\r\n"}, {PING, "-ERR second\r\n"}, {PING, ":3\r\n"}, {NULL, NULL}};
    const char *arguments[] = {"PING"};
    struct pv_redis_reply *reply;

    (void)state;
    start_server(script);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pv_redis_send(redis, 1, arguments, NULL, &error), PV_OK);
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
    assert_contains(error.text, address);
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
    static const struct exchange script[] = {{PING, "HTTP/1.1 400 Bad Request\r\n"}, {NULL, NULL}};
    struct pv_redis_reply *reply;

    (void)state;
    start_server(script);
    assert_int_equal(ping(&reply), PV_UNAVAILABLE);
    assert_null(reply);
    assert_followed();
}

static void nobody_there_is_unavailable(void **state)
{
    struct pv_redis_reply *reply;

    (void)state;
    unlink(socket_path);
    assert_int_equal(pv_redis_connect(redis, &error), PV_UNAVAILABLE);
    assert_contains(error.text, address);
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
    close(server.listener);
    server.listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(server.listener, (struct sockaddr *)&name, sizeof name), 0);
    assert_int_equal(listen(server.listener, 8), 0);
    getsockname(server.listener, (struct sockaddr *)&name, &size);
    start_server(script);
    snprintf(address, sizeof address, "127.0.0.1:%d", ntohs(name.sin_port));
    assert_int_equal(ping(&reply), PV_UNAVAILABLE);
    /* Brackets are not part of the host. */
    snprintf(address, sizeof address, "[127.0.0.1]:%d", ntohs(name.sin_port));
    assert_int_equal(ping(&reply), PV_OK);
    pv_redis_reply_destroy(reply);
    assert_followed();
}

static char password_path[64];

/* A new client with a password file of this text. */
static enum pv_status log_in_with(const char *user, const char *text)
{
    write_temporary_file(password_path, text, strlen(text));
    pv_redis_destroy(redis);
    redis = NULL;
    options.user = user;
    options.password_file = password_path;
    return pv_redis_new(&options, &redis, &error);
}

static int tear_down_login(void **state)
{
    unlink(password_path);
    return tear_down(state);
}

static void the_password_goes_first_on_each_connection(void **state)
{
    static const struct exchange script[] = {
        {"*2\r\n$4\r\nAUTH\r\n$6\r\ns cret\r\n", "+OK\r\n"}, {PING, "+PONG\r\n"}, {PING, NULL},
        {"*2\r\n$4\r\nAUTH\r\n$6\r\ns cret\r\n", "+OK\r\n"}, {PING, "+PONG\r\n"}, {NULL, NULL}};
    struct pv_redis_reply *reply;

    (void)state;
    assert_int_equal(log_in_with(NULL, "s cret\r\nsecond line\n"), PV_OK);
    start_server(script);
    assert_int_equal(ping(&reply), PV_OK);
    pv_redis_reply_destroy(reply);
    assert_int_equal(ping(&reply), PV_UNAVAILABLE);
    assert_int_equal(ping(&reply), PV_OK);
    pv_redis_reply_destroy(reply);
    assert_followed();
}

static void a_user_has_a_name_as_well(void **state)
{
    static const struct exchange script[] = {
        {"*3\r\n$4\r\nAUTH\r\n$3\r\nbob\r\n$1\r\np\r\n", "+OK\r\n"}, {NULL, NULL}};

    (void)state;
    assert_int_equal(log_in_with("bob", "p"), PV_OK);
    start_server(script);
    assert_int_equal(pv_redis_connect(redis, &error), PV_OK);
    assert_int_equal(pv_redis_connect(redis, &error), PV_OK);
    assert_followed();
}

#define AUTH_P "*2\r\n$4\r\nAUTH\r\n$1\r\np\r\n"

static void a_refused_login_is_a_configuration_error(void **state)
{
    static const struct exchange script[] = {
        {AUTH_P, "-WRONGPASS invalid username-password pair or user is disabled.\r\n"},
        {NULL, NULL}};
    static const struct exchange no_password[] = {
        {AUTH_P, "-ERR AUTH <password> called without any password configured\r\n"}, {NULL, NULL}};
    struct pv_redis_reply *reply;

    (void)state;
    assert_int_equal(log_in_with(NULL, "p\n"), PV_OK);
    start_server(script);
    assert_int_equal(ping(&reply), PV_INVALID);
    assert_null(reply);
    assert_int_equal(error.status, PV_INVALID);
    assert_contains(error.text, "check --redis-user and --redis-password-file");
    assert_followed();

    start_server(no_password);
    assert_int_equal(ping(&reply), PV_INVALID);
    /* A caller that adds its own words must not make it another status. */
    assert_int_equal(pv_error_prefix(&error, "at start"), PV_INVALID);
    assert_contains(error.text, "called without any password configured");
    assert_followed();
}

static void no_command_goes_out_before_the_login(void **state)
{
    static const struct exchange script[] = {{AUTH_P, "-LOADING Redis is loading\r\n"},
                                             {NULL, NULL}};
    static const struct exchange later[] = {{AUTH_P, "+OK\r\n"}, {PING, "+PONG\r\n"}, {NULL, NULL}};
    struct pv_redis_reply *reply;

    (void)state;
    assert_int_equal(log_in_with(NULL, "p\n"), PV_OK);
    start_server(script);
    assert_int_equal(ping(&reply), PV_UNAVAILABLE);
    pthread_join(server.thread, NULL);
    assert_true(server.followed);
    start_server(later);
    assert_int_equal(ping(&reply), PV_OK);
    pv_redis_reply_destroy(reply);
    assert_followed();
}

static void a_password_file_must_hold_one(void **state)
{
    static const char *const empty[] = {"", "\n", "\r\n", "\nsecond line\n"};

    (void)state;
    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
        assert_int_equal(log_in_with(NULL, empty[i]), PV_INVALID);
        assert_contains(error.text, password_path);
        assert_contains(error.text, ": it is empty: put the password in its first line");
        unlink(password_path);
    }
    options.password_file = "/nonexistent/password";
    assert_int_equal(pv_redis_new(&options, &redis, &error), PV_INVALID);
    assert_string_equal(error.text,
                        "--redis-password-file=/nonexistent/password: cannot read it: does "
                        "it exist, and may this user read it?");
    assert_null(redis);
}

static void options_that_do_not_fit_are_refused(void **state)
{
    struct pv_redis *made = NULL;
    char prefix[PV_PREFIX_MAX + 2];

    (void)state;
    memset(prefix, 'p', sizeof prefix);
    prefix[PV_PREFIX_MAX + 1] = '\0';
    options.prefix = prefix;
    assert_int_equal(pv_redis_new(&options, &made, &error), PV_INVALID);
    assert_contains(error.text, ": takes 64 bytes at most");
    prefix[PV_PREFIX_MAX] = '\0';
    assert_int_equal(pv_redis_new(&options, &made, &error), PV_OK);
    pv_redis_destroy(made);
    options.user = "bob";
    made = NULL;
    assert_int_equal(pv_redis_new(&options, &made, &error), PV_INVALID);
    assert_string_equal(error.text,
                        "--redis-user=bob: give its password with --redis-password-file");
    assert_null(made);
    pv_redis_destroy(NULL);
}

#define connected(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
#define logged_in(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down_login)

int main(void)
{
    const struct CMUnitTest tests[] = {
        connected(an_error_answer_tells_what_to_do),
        connected(answers_are_read_by_their_type),
        connected(an_error_inside_an_array_is_an_element),
        connected(a_redis_older_than_7_is_refused),
        connected(only_digits_are_a_number),
        connected(arguments_may_hold_any_bytes),
        connected(a_pipelines_answers_come_in_order),
        connected(a_lost_connection_is_unavailable_and_made_again),
        connected(an_answer_that_is_none_is_a_lost_connection),
        connected(nobody_there_is_unavailable),
        connected(tcp_is_spoken_at_host_and_port),
        logged_in(the_password_goes_first_on_each_connection),
        logged_in(a_user_has_a_name_as_well),
        logged_in(a_refused_login_is_a_configuration_error),
        logged_in(no_command_goes_out_before_the_login),
        logged_in(a_password_file_must_hold_one),
        connected(options_that_do_not_fit_are_refused),
    };

    signal(SIGPIPE, SIG_IGN); /* as pv_stop_install does */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
