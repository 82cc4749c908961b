#include "test_pageview_support.h"

#include "pageview/http_clients.h"

/* BUSY: one of a program's own phases */
enum { LIMIT = 16, PER_ADDRESS = 3, BUSY = PV_HTTP_OTHERS };

static struct pv_http_clients clients;
static struct pv_http_client items[LIMIT];

static int set_up(void **state)
{
    (void)state;
    clients = (struct pv_http_clients){.most = LIMIT, .per_address = PER_ADDRESS};
    memset(items, 0, sizeof items);
    return 0;
}

static struct pv_http_client *add(size_t index, uint8_t address, bool is_limited, int64_t now_ms)
{
    items[index].ip.bytes[15] = address;
    return pv_http_clients_add(&clients, &items[index], is_limited, now_ms);
}

static void address_has_its_share_and_no_more(void **state)
{
    (void)state;
    for (size_t i = 0; i < PER_ADDRESS; i++) {
        assert_null(add(i, 1, true, 0));
        assert_false(items[i].is_over_limit);
    }
    add(3, 1, true, 0);
    assert_true(items[3].is_over_limit);
    add(4, 2, true, 0);
    assert_false(items[4].is_over_limit);
    add(5, 1, false, 0);
    assert_false(items[5].is_over_limit);
    assert_int_equal(pv_http_clients_of(&clients, &items[0].ip), 5);
    for (size_t i = 0; i < 4; i++)
        pv_http_clients_remove(&clients, &items[i]);
    add(0, 1, true, 0);
    assert_false(items[0].is_over_limit);
    assert_int_equal(clients.count, 3);
}

static void removed_connections_are_gone(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++)
        add(i, 1, true, 0);
    pv_http_clients_remove(&clients, &items[1]);
    assert_int_equal(pv_http_clients_of(&clients, &items[0].ip), 2);
    pv_http_clients_remove(&clients, &items[2]);
    pv_http_clients_remove(&clients, &items[0]);
    assert_null(clients.first);
    assert_int_equal(clients.count, 0);
}

static void who_waits_longest_makes_room(void **state)
{
    (void)state;
    for (size_t i = 0; i < LIMIT - 2; i++)
        assert_null(add(i, 1, false, (int64_t)i));
    pv_http_client_enter(&items[0], BUSY, 0);
    pv_http_client_enter(&items[1], PV_HTTP_REQUEST, 100);
    assert_ptr_equal(add(LIMIT - 2, 1, false, 200), &items[2]);
    pv_http_client_enter(&items[2], PV_HTTP_CLOSING, 0);
    assert_ptr_equal(add(LIMIT - 1, 1, false, 200), &items[3]);
}

static void requests_are_not_cut_off_to_make_room(void **state)
{
    (void)state;
    for (size_t i = 0; i < LIMIT - 1; i++) {
        assert_null(add(i, 1, false, 0));
        pv_http_client_enter(&items[i], BUSY, 0);
    }
    assert_null(add(LIMIT - 1, 1, false, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(address_has_its_share_and_no_more, set_up),
        cmocka_unit_test_setup(removed_connections_are_gone, set_up),
        cmocka_unit_test_setup(who_waits_longest_makes_room, set_up),
        cmocka_unit_test_setup(requests_are_not_cut_off_to_make_room, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
