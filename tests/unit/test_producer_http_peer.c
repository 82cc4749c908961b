#include "test_pageview_support.h"

#include "producer/http/peer.h"

static struct pv_text text_of(const char *text)
{
    return (struct pv_text){text, strlen(text)};
}

static struct pv_ip ip_of(const char *text)
{
    struct pv_ip ip;

    assert_true(pv_ip_parse(text_of(text), &ip));
    return ip;
}

static struct pv_networks *networks_of(const char *first, const char *second)
{
    const char *items[] = {first, second};
    struct pv_list list = {items, second != NULL ? 2 : 1};
    struct pv_networks *networks;
    struct pv_error error;

    if (pv_networks_new("--trusted-proxy", &list, &networks, &error) != PV_OK)
        fail_msg("%s", error.text);
    return networks;
}

static bool has(const char *network, const char *ip)
{
    struct pv_networks *networks = networks_of(network, NULL);
    struct pv_ip asked = ip_of(ip);
    bool result = pv_networks_have(networks, &asked);

    pv_networks_destroy(networks);
    return result;
}

static void assert_written(const char *text, const char *expected)
{
    struct pv_ip ip = ip_of(text);
    char written[PV_IP_TEXT_SIZE];

    pv_ip_write(&ip, written);
    assert_string_equal(written, expected);
}

static void address_has_one_form(void **state)
{
    (void)state;
    assert_written("192.0.2.1", "192.0.2.1");
    assert_written("0.9.10.99", "0.9.10.99");
    assert_written("100.109.200.255", "100.109.200.255");
    assert_written("255.255.255.255", "255.255.255.255");
    assert_written("::ffff:192.0.2.1", "192.0.2.1");
    assert_written("192.0.2.1:8080", "192.0.2.1");
    assert_written("2001:DB8:0:0::1", "2001:db8::1");
    assert_written("[2001:db8::1]:443", "2001:db8::1");
    assert_written("[::1]", "::1");
}

static void what_is_no_address_is_refused(void **state)
{
    static const char *const bad[] = {
        "",          "unknown", "_hidden", "192.0.2",    "192.0.2.256", "::g",         "[::1",
        "1.2.3.4.5", "-",       "[]",      "192.0.2.1 ", "0x7f.1",      "fe80::1%eth0"};
    struct pv_ip ip;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (pv_ip_parse(text_of(bad[i]), &ip))
            fail_msg("taken for an address: %s", bad[i]);
    assert_false(pv_ip_parse((struct pv_text){"1.2.3.4\0", 8}, &ip));
}

static void network_has_what_its_first_bits_say(void **state)
{
    (void)state;
    assert_true(has("10.0.0.0/8", "10.255.255.255"));
    assert_false(has("10.0.0.0/8", "11.0.0.0"));
    assert_true(has("192.0.2.0/25", "192.0.2.127"));
    assert_false(has("192.0.2.0/25", "192.0.2.128"));
    assert_true(has("192.0.2.1", "192.0.2.1"));
    assert_false(has("192.0.2.1", "192.0.2.2"));
    assert_true(has("0.0.0.0/0", "203.0.113.9"));
    assert_false(has("0.0.0.0/0", "2001:db8::1"));
    assert_true(has("2001:db8::/33", "2001:db8:7fff::1"));
    assert_false(has("2001:db8::/33", "2001:db8:8000::1"));
    assert_true(has("::/0", "192.0.2.1"));
    assert_true(has("::1", "::1"));
    assert_true(has("127.0.0.1", "::ffff:127.0.0.1"));
}

static void bad_network_is_named(void **state)
{
    static const char *const bad[] = {"10.0.0.0/33", "::/129",      "10.0.0.0/", "10.0.0.0/8x",
                                      "10.0.0.0/-1", "10.0.0.1:80", "[::1]",     "localhost",
                                      "/8",          "10.0.0.0/+8"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct pv_list list = {(const char *[]){bad[i]}, 1};
        struct pv_networks *networks;
        struct pv_error error;

        assert_int_equal(pv_networks_new("--trusted-proxy", &list, &networks, &error), PV_INVALID);
        assert_contains(error.text, "--trusted-proxy=");
        assert_contains(error.text, bad[i]);
    }
}

static void no_networks_have_nothing(void **state)
{
    struct pv_networks *networks;
    struct pv_error error;
    struct pv_ip ip = ip_of("127.0.0.1");

    (void)state;
    assert_int_equal(pv_networks_new("--trusted-proxy", NULL, &networks, &error), PV_OK);
    assert_false(pv_networks_have(networks, &ip));
    pv_networks_destroy(networks);
}

/* The client by what the proxies 10.0.0.0/8 and fd00::/8 are trusted to say. */
static void assert_client(const char *peer, const char *first, const char *second,
                          const char *expected)
{
    struct pv_networks *networks = networks_of("10.0.0.0/8", "fd00::/8");
    struct pv_text lines[2];
    struct pv_ip from = ip_of(peer), client;
    char text[PV_IP_TEXT_SIZE];
    size_t count = 0;

    if (first != NULL)
        lines[count++] = text_of(first);
    if (second != NULL)
        lines[count++] = text_of(second);
    client = pv_client_of(networks, &from, lines, count);
    pv_ip_write(&client, text);
    assert_string_equal(text, expected);
    pv_networks_destroy(networks);
}

static void stranger_speaks_for_itself(void **state)
{
    (void)state;
    assert_client("192.0.2.1", "203.0.113.7", NULL, "192.0.2.1");
    assert_client("192.0.2.1", NULL, NULL, "192.0.2.1");
}

static void proxy_names_the_client(void **state)
{
    (void)state;
    assert_client("10.0.0.1", "203.0.113.7", NULL, "203.0.113.7");
    assert_client("fd00::1", "2001:db8::7", NULL, "2001:db8::7");
    assert_client("10.0.0.1", " 203.0.113.7 \t", NULL, "203.0.113.7");
    assert_client("10.0.0.1", NULL, NULL, "10.0.0.1");
}

static void what_a_client_wrote_itself_is_not_believed(void **state)
{
    (void)state;
    assert_client("10.0.0.1", "198.51.100.1, 203.0.113.7", NULL, "203.0.113.7");
    assert_client("10.0.0.1", "198.51.100.1, 203.0.113.7, 10.0.0.2", NULL, "203.0.113.7");
    assert_client("10.0.0.1", "198.51.100.1", "203.0.113.7", "203.0.113.7");
    assert_client("10.0.0.1", "203.0.113.7", "10.0.0.2,fd00::2", "203.0.113.7");
    assert_client("10.0.0.1", "198.51.100.1, garbage, 10.0.0.2", NULL, "10.0.0.2");
    assert_client("10.0.0.1", "198.51.100.1,", NULL, "10.0.0.1");
    assert_client("10.0.0.1", "", "", "10.0.0.1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(address_has_one_form),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(network_has_what_its_first_bits_say),
        cmocka_unit_test(bad_network_is_named),
        cmocka_unit_test(no_networks_have_nothing),
        cmocka_unit_test(stranger_speaks_for_itself),
        cmocka_unit_test(proxy_names_the_client),
        cmocka_unit_test(what_a_client_wrote_itself_is_not_believed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
