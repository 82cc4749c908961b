/* How old the counts are, and what time it is by their clock. */
#include "test_pageview_support.h"

#include "dashboard-export/moment.h"
#include "dashboard_redis.h"

#define NOW_MS INT64_C(1795525507000) /* 2026-11-24T13:05:07Z */
#define ASKED  "HMGET pv:meta last_commit_ms last_ranking_ms ranking_clock_ms caught_up_ms"

static struct pv_moment moment;
static struct pv_error error;

static enum pv_status read_answer(const char *answer)
{
    const struct scripted_step steps[] = {{ASKED, answer}};
    struct pv_redis *client;
    struct scripted_redis *server = SCRIPTED(steps, &client);
    enum pv_status status = pv_moment_read(client, "pv:", NOW_MS, &moment, &error);

    scripted_redis_finish(server);
    return status;
}

static void counts_are_as_of_the_last_commit_or_of_when_nothing_was_left(void **state)
{
    static const struct {
        const char *answer;
        int64_t committed_ms;
    } cases[] = {
        {"[- - - -]", -1},
        {"[1795525500000 - - -]", 1795525500000},
        {"[1795525500000 - - 1795525506000]", 1795525506000},
        {"[1795525500000 - - 1795525400000]", 1795525500000},
        {"[- - - 1795525506000]", 1795525506000},
        {"[soon - - x]", -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(read_answer(cases[i].answer), PV_OK);
        assert_int_equal(moment.committed_ms, cases[i].committed_ms);
    }
}

static void the_clock_of_counts_goes_on_from_the_last_ranking(void **state)
{
    static const struct {
        const char *answer;
        int64_t clock_ms;
    } cases[] = {
        {"[- - - -]", NOW_MS},                                /* never ranked */
        {"[- 1795525506000 - -]", NOW_MS},                    /* half of it */
        {"[- 1795525506000 1795525506000 -]", NOW_MS},        /* the wall clock */
        {"[- 1795525506000 1432080000000 -]", 1432080001000}, /* a log of 2015 */
        {"[- 1795525506000 1795525509000 -]", NOW_MS + 3000}, /* another machine's */
        {"[- 0 9223372036854775807 -]", NOW_MS},              /* no time */
        {"[- 9223372036854775807 0 -]", NOW_MS},
        {"[- 1795525506000 0 -]", 1000},
        {"[- 253402300799000 0 -]", NOW_MS}, /* it would be before 1970 */
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(read_answer(cases[i].answer), PV_OK);
        assert_int_equal(moment.clock_ms, cases[i].clock_ms);
    }
}

static void an_answer_of_another_shape_is_refused(void **state)
{
    (void)state;
    assert_int_equal(read_answer("[- - -]"), PV_REFUSED);
    assert_contains(error.text, "pv:meta");
    assert_int_equal(read_answer("-WRONGTYPE no"), PV_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_as_of_the_last_commit_or_of_when_nothing_was_left),
        cmocka_unit_test(the_clock_of_counts_goes_on_from_the_last_ranking),
        cmocka_unit_test(an_answer_of_another_shape_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
