#include "test_pageview_support.h"

#include <poll.h>

#include "dashboard-export/serve/inbox.h"

struct box {
    struct pv_inbox *inbox;
    struct pv_events events;
    struct pv_events_position position;
};

static int set_up(void **state)
{
    struct box *box = calloc(1, sizeof *box);
    struct pv_error error;

    assert_non_null(box);
    assert_int_equal(pv_inbox_new(&box->inbox, &error), PV_OK);
    box->position = pv_events_begin(&box->events);
    *state = box;
    return 0;
}

static int tear_down(void **state)
{
    struct box *box = *state;

    pv_events_clean_up(&box->events);
    pv_inbox_destroy(box->inbox);
    free(box);
    return 0;
}

static bool is_readable(const struct box *box)
{
    struct pollfd fd = {pv_inbox_fd(box->inbox), POLLIN, 0};

    return poll(&fd, 1, 0) == 1;
}

/* NULL: there is none. */
static void assert_next(struct box *box, const char *text, bool is_missed)
{
    bool missed;
    struct pv_event *event = pv_events_next(&box->events, &box->position, &missed);

    assert_int_equal(missed, is_missed);
    if (text == NULL)
        assert_null(event);
    else
        assert_memory_equal(event->text, text, strlen(text));
    pv_event_release(event);
}

static void events_are_taken_in_their_order_and_once(void **state)
{
    struct box *box = *state;

    assert_false(is_readable(box));
    pv_inbox_live(box->inbox, "{1}", 3);
    pv_inbox_files(box->inbox, "{a}", 3);
    pv_inbox_live(box->inbox, "{2}", 3);
    pv_inbox_files(box->inbox, "{b}", 3);
    assert_true(is_readable(box));
    assert_true(pv_inbox_take(box->inbox, &box->events));
    assert_false(is_readable(box));
    assert_true(pv_inbox_take(box->inbox, &box->events));
    assert_next(box, "event: files\ndata: {a}\n\n", false);
    assert_next(box, "event: files\ndata: {b}\n\n", false);
    assert_next(box, "event: live\ndata: {2}\n\n", false);
    assert_next(box, NULL, false);
}

static void more_than_fits_is_missed_and_not_left_out_unsaid(void **state)
{
    struct box *box = *state;

    for (int i = 0; i < 100; i++)
        pv_inbox_files(box->inbox, "{a}", 3);
    assert_true(pv_inbox_take(box->inbox, &box->events));
    assert_next(box, NULL, true);
    box->position = pv_events_begin(&box->events);
    pv_inbox_files(box->inbox, "{b}", 3);
    assert_true(pv_inbox_take(box->inbox, &box->events));
    assert_next(box, "event: files\ndata: {b}\n\n", false);
}

static void stop_wakes_and_is_told(void **state)
{
    struct box *box = *state;

    pv_inbox_wake(box->inbox);
    assert_true(is_readable(box));
    assert_true(pv_inbox_take(box->inbox, &box->events));
    pv_inbox_stop(box->inbox);
    assert_true(is_readable(box));
    assert_false(pv_inbox_take(box->inbox, &box->events));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(events_are_taken_in_their_order_and_once),
        TEST(more_than_fits_is_missed_and_not_left_out_unsaid),
        TEST(stop_wakes_and_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
