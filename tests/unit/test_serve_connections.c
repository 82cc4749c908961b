#include "test_pageview_support.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "dashboard-export/serve/connections.h"

enum { MOST = 16 };

static struct pv_peer peer_of(const char *text)
{
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    struct pv_peer peer;

    if (inet_pton(AF_INET, text, &four.sin_addr) == 1) {
        assert_true(pv_peer_of((const struct sockaddr *)&four, &peer));
    } else {
        assert_int_equal(inet_pton(AF_INET6, text, &six.sin6_addr), 1);
        assert_true(pv_peer_of((const struct sockaddr *)&six, &peer));
    }
    return peer;
}

static void address_has_its_share_and_no_more(void **state)
{
    static struct pv_connection items[PV_CONNECTIONS_PER_ADDRESS + 2];
    struct pv_connections connections = {.most = 10000};

    (void)state;
    for (size_t i = 0; i < PV_CONNECTIONS_PER_ADDRESS + 1; i++) {
        items[i].peer = peer_of("192.0.2.1");
        assert_null(pv_connections_add(&connections, &items[i], 0));
        assert_int_equal(items[i].is_over_limit, i == PV_CONNECTIONS_PER_ADDRESS);
    }
    items[PV_CONNECTIONS_PER_ADDRESS + 1].peer = peer_of("192.0.2.2");
    assert_null(pv_connections_add(&connections, &items[PV_CONNECTIONS_PER_ADDRESS + 1], 0));
    assert_false(items[PV_CONNECTIONS_PER_ADDRESS + 1].is_over_limit);
}

static void proxy_on_this_machine_is_not_limited(void **state)
{
    static const char *const local[] = {"127.0.0.1", "::1", "::ffff:127.0.0.1"};
    static struct pv_connection items[PV_CONNECTIONS_PER_ADDRESS + 1];

    (void)state;
    for (size_t l = 0; l < sizeof local / sizeof *local; l++) {
        struct pv_connections connections = {.most = 10000};

        for (size_t i = 0; i < sizeof items / sizeof *items; i++) {
            items[i].peer = peer_of(local[l]);
            assert_null(pv_connections_add(&connections, &items[i], 0));
            assert_false(items[i].is_over_limit);
        }
    }
}

static void longest_waiting_one_makes_room(void **state)
{
    struct pv_connection items[MOST] = {0};
    struct pv_connections connections = {.most = MOST};

    (void)state;
    for (size_t i = 0; i < MOST - MOST / 8; i++)
        assert_null(pv_connections_add(&connections, &items[i], (int64_t)i));
    pv_connection_enter(&items[0], PV_CONNECTION_EVENTS, 100);
    pv_connection_enter(&items[1], PV_CONNECTION_ANSWER, 100);
    pv_connection_enter(&items[2], PV_CONNECTION_REQUEST, 100);
    assert_ptr_equal(pv_connections_add(&connections, &items[MOST - 1], 200), &items[3]);
    pv_connections_remove(&connections, &items[3]);
    assert_int_equal(connections.count, MOST - MOST / 8);
    assert_ptr_equal(pv_connections_add(&connections, &items[MOST - 2], 200), &items[4]);
}

static void each_phase_has_its_time(void **state)
{
    static const struct {
        enum pv_connection_phase phase;
        int64_t most_ms; /* 0: for ever */
    } phases[] = {
        {PV_CONNECTION_REQUEST, PV_CONNECTION_REQUEST_MS},
        {PV_CONNECTION_LIVE, PV_CONNECTION_LIVE_MS},
        {PV_CONNECTION_ANSWER, PV_CONNECTION_ANSWER_MS},
        {PV_CONNECTION_EVENTS, 0},
        {PV_CONNECTION_CLOSING, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof phases / sizeof *phases; i++) {
        struct pv_connection connection = {0};
        int64_t most_ms = phases[i].most_ms != 0 ? phases[i].most_ms : INT64_C(1) << 40;

        pv_connection_enter(&connection, phases[i].phase, 5);
        assert_false(pv_connection_is_late(&connection, 5 + most_ms - 1));
        assert_int_equal(pv_connection_is_late(&connection, 5 + most_ms), phases[i].most_ms != 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(address_has_its_share_and_no_more),
        cmocka_unit_test(proxy_on_this_machine_is_not_limited),
        cmocka_unit_test(longest_waiting_one_makes_room),
        cmocka_unit_test(each_phase_has_its_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
