#include "test_pageview_support.h"

#include "producer/http/connections.h"

static const struct pv_http_times times = {.idle_ms = 100, .total_ms = 300};

/* Whether a connection that came into the phase at 1000 ms is late at `now_ms`. */
static bool is_late(int phase, int64_t piece_ms, int64_t now_ms)
{
    const struct pv_http_connection connection = {
        .client = {.phase = phase, .since_ms = 1000},
        .piece_ms = piece_ms,
    };

    return pv_http_connection_is_late(&connection, &times, now_ms);
}

static void head_has_to_be_there_in_time(void **state)
{
    (void)state;
    assert_false(is_late(PV_HTTP_REQUEST, 0, 1099));
    assert_true(is_late(PV_HTTP_REQUEST, 0, 1100));
}

static void body_may_come_slowly_but_not_for_ever(void **state)
{
    (void)state;
    assert_false(is_late(PV_HTTP_BODY, 1000, 1099));
    assert_true(is_late(PV_HTTP_BODY, 1000, 1100));
    assert_false(is_late(PV_HTTP_BODY, 1299, 1299));
    assert_true(is_late(PV_HTTP_BODY, 1299, 1300));
}

static void answer_has_to_be_taken(void **state)
{
    (void)state;
    assert_false(is_late(PV_HTTP_ANSWER, 0, 1299));
    assert_true(is_late(PV_HTTP_ANSWER, 0, 1300));
    assert_false(is_late(PV_HTTP_LINGER, 0, 1000 + PV_HTTP_LINGER_MS - 1));
    assert_true(is_late(PV_HTTP_LINGER, 0, 1000 + PV_HTTP_LINGER_MS));
    assert_false(is_late(PV_HTTP_SPOOLING, 0, INT64_MAX / 2));
    assert_false(is_late(PV_HTTP_CLOSING, 0, INT64_MAX / 2));
}

static void busy_is_who_has_begun(void **state)
{
    static const struct {
        int phase;
        bool is_busy;
    } phases[] = {
        {PV_HTTP_REQUEST, false}, {PV_HTTP_BODY, true},    {PV_HTTP_SPOOLING, true},
        {PV_HTTP_ANSWER, true},   {PV_HTTP_LINGER, false}, {PV_HTTP_CLOSING, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof phases / sizeof *phases; i++) {
        const struct pv_http_client client = {.phase = phases[i].phase};

        assert_int_equal(pv_http_connection_is_busy(&client), phases[i].is_busy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(head_has_to_be_there_in_time),
        cmocka_unit_test(body_may_come_slowly_but_not_for_ever),
        cmocka_unit_test(answer_has_to_be_taken),
        cmocka_unit_test(busy_is_who_has_begun),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
