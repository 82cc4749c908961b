#include "test_pageview_support.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>

#include "pageview/metrics.h"

static pv_metric_value views, spiders, lag;

static const struct pv_metric table[] = {
    {"pv_events_total", "counter", "reason", "none", "Events by what became of them.", &views},
    {"pv_events_total", "counter", "reason", "spider", "Events by what became of them.", &spiders},
    {"pv_lag", "gauge", NULL, NULL, "Events not counted yet.", &lag},
};

static bool ready;

static bool is_ready(void *context)
{
    return *(bool *)context;
}

static const struct pv_metrics_source source = {table, 3, is_ready, &ready};

#define EXPECTED_TEXT                                                                              \
    "# HELP pv_events_total Events by what became of them.\n"                                      \
    "# TYPE pv_events_total counter\n"                                                             \
    "pv_events_total{reason=\"none\"} 9007199254740993\n"                                          \
    "pv_events_total{reason=\"spider\"} 2\n"                                                       \
    "# HELP pv_lag Events not counted yet.\n"                                                      \
    "# TYPE pv_lag gauge\n"                                                                        \
    "pv_lag -1\n"

static void set_values(void)
{
    pv_metric_set(&views, INT64_C(9007199254740992));
    pv_metric_add(&views, 1);
    pv_metric_set(&spiders, 5);
    pv_metric_add(&spiders, -3);
    pv_metric_set(&lag, -1);
}

static void rows_become_prometheus_text(void **state)
{
    struct pv_buffer text = {0};

    (void)state;
    set_values();
    pv_metrics_write(&text, table, 3);
    pv_buffer_add_char(&text, '\0');
    assert_string_equal(text.data, EXPECTED_TEXT);
    pv_buffer_clean_up(&text);
}

static int free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int probe = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(bind(probe, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(getsockname(probe, (struct sockaddr *)&address, &size), 0);
    close(probe);
    return ntohs(address.sin_port);
}

static struct pv_metrics_server *server;
static int port;

static int start(void **state)
{
    (void)state;
    ready = false;
    /* Another process can take a free port before we do. */
    for (int tries = 0; tries < 20 && server == NULL; tries++) {
        char address[64];

        port = free_port();
        snprintf(address, sizeof address, "127.0.0.1:%d", port);
        if (pv_metrics_server_new(address, &source, &server, NULL) == PV_OK)
            return 0;
    }
    return -1;
}

static int stop(void **state)
{
    (void)state;
    pv_metrics_server_destroy(server);
    server = NULL;
    return 0;
}

/* A connection on which `request` was sent; -1 when it was refused. */
static int send_request(const char *request)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int connection = socket(AF_INET, SOCK_STREAM, 0);

    if (connect(connection, (struct sockaddr *)&address, sizeof address) != 0) {
        close(connection);
        return -1;
    }
    assert_int_equal(send(connection, request, strlen(request), MSG_NOSIGNAL),
                     (ssize_t)strlen(request));
    return connection;
}

/* The whole answer to a request, "" when the connection was refused. */
static const char *ask(const char *request)
{
    static char answer[8192];
    int connection = send_request(request);
    size_t length = 0;
    ssize_t got;

    if (connection >= 0) {
        while ((got = recv(connection, answer + length, sizeof answer - 1 - length, 0)) > 0)
            length += (size_t)got;
        close(connection);
    }
    answer[length] = '\0';
    return answer;
}

static void metrics_are_served_as_prometheus_wants_them(void **state)
{
    const char *answer;

    (void)state;
    set_values();
    answer = ask("GET /metrics HTTP/1.0\r\n\r\n");
    assert_contains(answer, " 200 OK\r\n");
    assert_contains(answer, "Content-Type: text/plain; version=0.0.4\r\n");
    assert_contains(answer, "\r\n\r\n" EXPECTED_TEXT);
    pv_metric_set(&lag, 7);
    assert_contains(ask("GET /metrics HTTP/1.0\r\n\r\n"), "\npv_lag 7\n");
}

static void healthz_is_ok_while_the_process_lives(void **state)
{
    const char *answer;

    (void)state;
    answer = ask("GET /healthz HTTP/1.0\r\n\r\n");
    assert_contains(answer, " 200 OK\r\n");
    assert_contains(answer, "\r\n\r\nok\n");
}

static void readyz_follows_the_program(void **state)
{
    (void)state;
    assert_contains(ask("GET /readyz HTTP/1.0\r\n\r\n"), " 503 Service Unavailable\r\n");
    ready = true;
    assert_contains(ask("GET /readyz HTTP/1.0\r\n\r\n"), " 200 OK\r\n");
    ready = false;
    assert_contains(ask("GET /readyz HTTP/1.0\r\n\r\n"), "\r\n\r\nnot ready\n");
}

static void other_paths_and_methods_are_refused(void **state)
{
    (void)state;
    assert_contains(ask("GET / HTTP/1.0\r\n\r\n"), " 404 Not Found\r\n");
    assert_contains(ask("GET /metrics/ HTTP/1.0\r\n\r\n"), " 404 Not Found\r\n");
    assert_contains(ask("DELETE /metrics HTTP/1.0\r\n\r\n"), " 405 Method Not Allowed\r\n");
    assert_contains(ask("GET /metrics?x=1 HTTP/1.0\r\n\r\n"), " 200 OK\r\n");
}

static void nonsense_does_not_end_the_server(void **state)
{
    (void)state;
    close(send_request("\r\n\r\n"));
    close(send_request("nonsense\r\n\r\n"));
    close(send_request("\x01\xff\x02"));
    close(send_request("GET /metr"));
    assert_contains(ask("GET /healthz HTTP/1.0\r\n\r\n"), " 200 OK\r\n");
}

static void a_port_in_use_is_a_configuration_error(void **state)
{
    struct pv_metrics_server *second = NULL;
    struct pv_error error;
    char address[64], expected[256];

    (void)state;
    snprintf(address, sizeof address, "127.0.0.1:%d", port);
    assert_int_equal(pv_metrics_server_new(address, &source, &second, &error), PV_INVALID);
    assert_null(second);
    snprintf(expected, sizeof expected,
             "--metrics=%s: cannot listen there: is another program using the port?", address);
    assert_string_equal(error.text, expected);
}

static void an_address_that_is_none_is_a_configuration_error(void **state)
{
    struct pv_metrics_server *made = NULL;
    struct pv_error error;

    (void)state;
    assert_int_equal(pv_metrics_server_new("host.invalid:9100", &source, &made, &error),
                     PV_INVALID);
    assert_contains(error.text, "--metrics=host.invalid:9100: ");
    assert_int_equal(pv_metrics_server_new("no port", &source, &made, &error), PV_INVALID);
    assert_contains(error.text, "--metrics=no port: ");
    assert_null(made);
}

static void without_an_address_there_is_no_server(void **state)
{
    struct pv_metrics_server *none = (struct pv_metrics_server *)&ready;

    (void)state;
    assert_int_equal(pv_metrics_server_new(NULL, &source, &none, NULL), PV_OK);
    assert_null(none);
    pv_metrics_server_destroy(none);
}

/* A program that serves readers has more descriptors than select(2) knows. */
static void many_open_files_do_not_keep_it_from_answering(void **state)
{
    static int files[FD_SETSIZE];
    const rlim_t wanted = FD_SETSIZE + 64;
    struct rlimit limit, raised;
    const char *answer;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    raised = limit;
    if (raised.rlim_cur < wanted)
        raised.rlim_cur = wanted;
    assert_true(raised.rlim_cur <= raised.rlim_max);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &raised), 0);
    for (size_t i = 0; i < FD_SETSIZE; i++)
        assert_true((files[i] = dup(STDIN_FILENO)) >= 0);
    answer = ask("GET /healthz HTTP/1.0\r\n\r\n");
    for (size_t i = 0; i < FD_SETSIZE; i++)
        close(files[i]);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_contains(answer, "\r\n\r\nok\n");
}

static void once_destroyed_nobody_listens(void **state)
{
    (void)state;
    assert_string_not_equal(ask("GET /healthz HTTP/1.0\r\n\r\n"), "");
    stop(NULL);
    assert_string_equal(ask("GET /healthz HTTP/1.0\r\n\r\n"), "");
}

#define served(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_become_prometheus_text),
        served(metrics_are_served_as_prometheus_wants_them),
        served(healthz_is_ok_while_the_process_lives),
        served(readyz_follows_the_program),
        served(other_paths_and_methods_are_refused),
        served(nonsense_does_not_end_the_server),
        served(a_port_in_use_is_a_configuration_error),
        cmocka_unit_test(an_address_that_is_none_is_a_configuration_error),
        cmocka_unit_test(without_an_address_there_is_no_server),
        served(many_open_files_do_not_keep_it_from_answering),
        served(once_destroyed_nobody_listens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
