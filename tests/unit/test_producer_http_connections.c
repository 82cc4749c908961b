#include "test_pageview_support.h"

#include "producer/http/connections.h"

enum { LIMIT = 16, PER_ADDRESS = 3, IDLE_MS = 100, TOTAL_MS = 300 };

static struct pv_connections connections;
static struct pv_http_connection items[LIMIT];

static int set_up(void **state)
{
    (void)state;
    connections = (struct pv_connections){
        .limits = {LIMIT, PER_ADDRESS, IDLE_MS, TOTAL_MS},
    };
    memset(items, 0, sizeof items);
    return 0;
}

static struct pv_http_connection *add(size_t index, uint8_t address, bool is_limited,
                                      int64_t now_ms)
{
    items[index].peer.bytes[15] = address;
    return pv_connections_add(&connections, &items[index], is_limited, now_ms);
}

static bool is_late(size_t index, int64_t now_ms)
{
    return pv_connections_is_late(&connections, &items[index], now_ms);
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
    assert_int_equal(pv_connections_of(&connections, &items[0].peer), 5);
    for (size_t i = 0; i < 4; i++)
        pv_connections_remove(&connections, &items[i]);
    add(0, 1, true, 0);
    assert_false(items[0].is_over_limit);
    assert_int_equal(connections.count, 3);
}

static void removed_connections_are_gone(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++)
        add(i, 1, true, 0);
    pv_connections_remove(&connections, &items[1]);
    assert_int_equal(pv_connections_of(&connections, &items[0].peer), 2);
    pv_connections_remove(&connections, &items[2]);
    pv_connections_remove(&connections, &items[0]);
    assert_null(connections.first);
    assert_int_equal(connections.count, 0);
}

static void head_has_to_be_there_in_time(void **state)
{
    (void)state;
    add(0, 1, true, 1000);
    assert_false(is_late(0, 1000 + IDLE_MS - 1));
    assert_true(is_late(0, 1000 + IDLE_MS));
}

static void body_may_come_slowly_but_not_for_ever(void **state)
{
    (void)state;
    add(0, 1, true, 0);
    pv_http_connection_enter(&items[0], PV_HTTP_BODY, 1000);
    assert_false(is_late(0, 1000 + IDLE_MS - 1));
    assert_true(is_late(0, 1000 + IDLE_MS));
    items[0].piece_ms = 1000 + TOTAL_MS - 1;
    assert_false(is_late(0, 1000 + TOTAL_MS - 1));
    assert_true(is_late(0, 1000 + TOTAL_MS));
}

static void answer_has_to_be_taken(void **state)
{
    (void)state;
    add(0, 1, true, 0);
    pv_http_connection_enter(&items[0], PV_HTTP_ANSWER, 1000);
    assert_false(is_late(0, 1000 + TOTAL_MS - 1));
    assert_true(is_late(0, 1000 + TOTAL_MS));
    pv_http_connection_enter(&items[0], PV_HTTP_LINGER, 1000);
    assert_false(is_late(0, 1000 + PV_HTTP_LINGER_MS - 1));
    assert_true(is_late(0, 1000 + PV_HTTP_LINGER_MS));
    pv_http_connection_enter(&items[0], PV_HTTP_CLOSING, 1000);
    assert_false(is_late(0, INT64_MAX / 2));
}

static void who_waits_longest_makes_room(void **state)
{
    (void)state;
    for (size_t i = 0; i < LIMIT - 2; i++)
        assert_null(add(i, 1, false, (int64_t)i));
    pv_http_connection_enter(&items[0], PV_HTTP_BODY, 0);
    pv_http_connection_enter(&items[1], PV_HTTP_HEAD, 100);
    assert_ptr_equal(add(LIMIT - 2, 1, false, 200), &items[2]);
    pv_http_connection_enter(&items[2], PV_HTTP_CLOSING, 0);
    assert_ptr_equal(add(LIMIT - 1, 1, false, 200), &items[3]);
}

static void requests_are_not_cut_off_to_make_room(void **state)
{
    (void)state;
    for (size_t i = 0; i < LIMIT - 1; i++) {
        assert_null(add(i, 1, false, 0));
        pv_http_connection_enter(&items[i], i % 2 == 0 ? PV_HTTP_BODY : PV_HTTP_ANSWER, 0);
    }
    assert_null(add(LIMIT - 1, 1, false, 0));
}

static void busy_is_who_has_begun(void **state)
{
    (void)state;
    assert_false(pv_connections_are_busy(&connections));
    add(0, 1, true, 0);
    add(1, 1, true, 0);
    pv_http_connection_enter(&items[0], PV_HTTP_LINGER, 0);
    assert_false(pv_connections_are_busy(&connections));
    pv_http_connection_enter(&items[0], PV_HTTP_BODY, 0);
    assert_true(pv_connections_are_busy(&connections));
    pv_http_connection_enter(&items[0], PV_HTTP_ANSWER, 0);
    assert_true(pv_connections_are_busy(&connections));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(address_has_its_share_and_no_more, set_up),
        cmocka_unit_test_setup(removed_connections_are_gone, set_up),
        cmocka_unit_test_setup(head_has_to_be_there_in_time, set_up),
        cmocka_unit_test_setup(body_may_come_slowly_but_not_for_ever, set_up),
        cmocka_unit_test_setup(answer_has_to_be_taken, set_up),
        cmocka_unit_test_setup(who_waits_longest_makes_room, set_up),
        cmocka_unit_test_setup(requests_are_not_cut_off_to_make_room, set_up),
        cmocka_unit_test_setup(busy_is_who_has_begun, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
