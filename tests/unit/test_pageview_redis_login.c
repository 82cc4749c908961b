/* How the client logs in, and which options it takes. */
#include "redis_script.h"

#include "pageview/keys.h"

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

#define logged_in(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down_login)

int main(void)
{
    const struct CMUnitTest tests[] = {
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
