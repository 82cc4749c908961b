#include "test_pageview_support.h"

#include "dashboard-export/serve/connections.h"

static void each_phase_has_its_time(void **state)
{
    static const struct {
        int phase;
        int64_t most_ms; /* 0: for ever */
    } phases[] = {
        {PV_HTTP_REQUEST, PV_CONNECTION_REQUEST_MS},
        {PV_CONNECTION_LIVE, PV_CONNECTION_LIVE_MS},
        {PV_CONNECTION_ANSWER, PV_CONNECTION_ANSWER_MS},
        {PV_CONNECTION_EVENTS, 0},
        {PV_HTTP_CLOSING, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof phases / sizeof *phases; i++) {
        const struct pv_http_client client = {.phase = phases[i].phase, .since_ms = 5};
        int64_t most_ms = phases[i].most_ms != 0 ? phases[i].most_ms : INT64_C(1) << 40;

        assert_false(pv_connection_is_late(&client, 5 + most_ms - 1));
        assert_int_equal(pv_connection_is_late(&client, 5 + most_ms), phases[i].most_ms != 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_phase_has_its_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
