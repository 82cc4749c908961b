#include "test_pageview_support.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "pageview/address.h"

static void host_and_port_are_split(void **state)
{
    static const struct {
        const char *text, *host;
        int port;
    } cases[] = {
        {"localhost:6379", "localhost", 6379},
        {"127.0.0.1:1", "127.0.0.1", 1},
        {"h:65535", "h", 65535},
        {"[::1]:6379", "::1", 6379},
        {"[fe80::1%eth0]:80", "fe80::1%eth0", 80},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pv_address address;

        assert_true(pv_address_parse(cases[i].text, strlen(cases[i].text), &address));
        assert_string_equal(address.host, cases[i].host);
        assert_int_equal(address.port, cases[i].port);
    }
}

static void only_the_given_bytes_are_read(void **state)
{
    struct pv_address address;

    (void)state;
    assert_true(pv_address_parse("a:12,b:34", 4, &address));
    assert_string_equal(address.host, "a");
    assert_int_equal(address.port, 12);
}

static void anything_else_is_refused_and_leaves_the_result_alone(void **state)
{
    static const char *const cases[] = {
        "",
        "host",
        "host:",
        ":80",
        ":",
        "host:0",
        "host:65536",
        "host:+1",
        "h:-1",
        "h: 1",
        "h:1 ",
        "h:0x10",
        "h:99999999999999999999",
        "::1",
        "::1:80",
        "[::1]",
        "[::1]:",
        "[]:80",
        "[::1:80",
        "::1]:80",
        "[[::1]]x:1",
        "h:80:",
        "[:80",
    };
    char long_host[PV_HOST_SIZE + 8];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pv_address address = {"before", 7};

        if (pv_address_parse(cases[i], strlen(cases[i]), &address))
            fail_msg("\"%s\" was accepted", cases[i]);
        assert_string_equal(address.host, "before");
        assert_int_equal(address.port, 7);
    }
    memset(long_host, 'h', sizeof long_host);
    memcpy(long_host + PV_HOST_SIZE - 1, ":80", 4);
    assert_true(pv_address_parse(long_host, strlen(long_host), &(struct pv_address){"", 0}));
    memcpy(long_host + PV_HOST_SIZE - 1, "h:80", 5);
    assert_false(pv_address_parse(long_host, strlen(long_host), &(struct pv_address){"", 0}));
}

static struct pv_ip ip_of(const char *text)
{
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    struct pv_ip ip;

    if (inet_pton(AF_INET, text, &four.sin_addr) == 1) {
        assert_true(pv_ip_of_socket((const struct sockaddr *)&four, &ip));
    } else {
        assert_int_equal(inet_pton(AF_INET6, text, &six.sin6_addr), 1);
        assert_true(pv_ip_of_socket((const struct sockaddr *)&six, &ip));
    }
    return ip;
}

static void address_of_a_socket_has_one_form(void **state)
{
    const struct sockaddr other = {.sa_family = AF_UNIX};
    struct pv_ip four = ip_of("192.0.2.1"), six = ip_of("::ffff:192.0.2.1");

    (void)state;
    assert_memory_equal(&four, &six, sizeof four);
    assert_false(pv_ip_of_socket(&other, &four));
}

static void proxy_on_this_machine_is_local(void **state)
{
    static const struct {
        const char *text;
        bool is_local;
    } addresses[] = {
        {"127.0.0.1", true},  {"::1", true},  {"::ffff:127.0.0.1", true},
        {"192.0.2.1", false}, {"::2", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        struct pv_ip ip = ip_of(addresses[i].text);

        assert_int_equal(pv_ip_is_local(&ip), addresses[i].is_local);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host_and_port_are_split),
        cmocka_unit_test(only_the_given_bytes_are_read),
        cmocka_unit_test(anything_else_is_refused_and_leaves_the_result_alone),
        cmocka_unit_test(address_of_a_socket_has_one_form),
        cmocka_unit_test(proxy_on_this_machine_is_local),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
