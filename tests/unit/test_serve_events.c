#include "test_pageview_support.h"

#include "dashboard-export/serve/events.h"

static void add_files(struct pv_events *events, int number)
{
    char json[16];
    int length = snprintf(json, sizeof json, "{\"n\":%d}", number);

    assert_int_equal(pv_events_add_files(events, json, (size_t)length, NULL), PV_OK);
}

static void add_live(struct pv_events *events, const char *json)
{
    assert_int_equal(pv_events_add_live(events, json, strlen(json), NULL), PV_OK);
}

static void assert_next(const struct pv_events *events, struct pv_events_position *position,
                        const char *text)
{
    bool missed;
    struct pv_event *event = pv_events_next(events, position, &missed);

    assert_false(missed);
    assert_non_null(event);
    assert_int_equal(event->length, strlen(text));
    assert_memory_equal(event->text, text, event->length);
    pv_event_release(event);
}

static void assert_no_more(const struct pv_events *events, struct pv_events_position *position)
{
    bool missed;

    assert_false(pv_events_have_news(events, position));
    assert_null(pv_events_next(events, position, &missed));
    assert_false(missed);
}

static void who_begins_gets_the_latest_live_and_files_from_now_on(void **state)
{
    struct pv_events events = {0};
    struct pv_events_position first = pv_events_begin(&events), second;

    (void)state;
    assert_no_more(&events, &first);
    add_files(&events, 1);
    add_live(&events, "{\"a\":1}");
    add_live(&events, "{\"a\":2}");
    second = pv_events_begin(&events);
    assert_next(&events, &first, "event: files\ndata: {\"n\":1}\n\n");
    assert_next(&events, &first, "event: live\ndata: {\"a\":2}\n\n");
    assert_no_more(&events, &first);
    assert_next(&events, &second, "event: live\ndata: {\"a\":2}\n\n");
    assert_no_more(&events, &second);
    pv_events_clean_up(&events);
}

static void every_event_of_files_comes_in_its_order(void **state)
{
    struct pv_events events = {0};
    struct pv_events_position position = pv_events_begin(&events);

    (void)state;
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < PV_EVENTS_KEPT; i++)
            add_files(&events, round * 100 + i);
        for (int i = 0; i < PV_EVENTS_KEPT; i++) {
            char text[64];

            snprintf(text, sizeof text, "event: files\ndata: {\"n\":%d}\n\n", round * 100 + i);
            assert_next(&events, &position, text);
        }
        assert_no_more(&events, &position);
    }
    pv_events_clean_up(&events);
}

static void who_is_too_far_behind_is_told_so(void **state)
{
    struct pv_events events = {0};
    struct pv_events_position position = pv_events_begin(&events);
    bool missed;

    (void)state;
    for (int i = 0; i < PV_EVENTS_KEPT + 1; i++)
        add_files(&events, i);
    assert_true(pv_events_have_news(&events, &position));
    assert_null(pv_events_next(&events, &position, &missed));
    assert_true(missed);
    position = pv_events_begin(&events);
    pv_events_miss(&events);
    assert_null(pv_events_next(&events, &position, &missed));
    assert_true(missed);
    position = pv_events_begin(&events);
    add_files(&events, 7);
    assert_next(&events, &position, "event: files\ndata: {\"n\":7}\n\n");
    pv_events_clean_up(&events);
}

static void forgotten_live_is_told_to_nobody(void **state)
{
    struct pv_events events = {0};
    struct pv_events_position before = pv_events_begin(&events), position;

    (void)state;
    add_live(&events, "{\"a\":1}");
    pv_events_forget_live(&events);
    position = pv_events_begin(&events);
    assert_no_more(&events, &position);
    assert_no_more(&events, &before);
    add_live(&events, "{\"a\":2}");
    assert_next(&events, &position, "event: live\ndata: {\"a\":2}\n\n");
    pv_events_clean_up(&events);
}

static void event_that_is_being_sent_outlives_its_place(void **state)
{
    struct pv_events events = {0};
    struct pv_events_position position = pv_events_begin(&events);
    struct pv_event *event;
    bool missed;

    (void)state;
    add_files(&events, 0);
    event = pv_events_next(&events, &position, &missed);
    for (int i = 1; i < 2 * PV_EVENTS_KEPT; i++)
        add_files(&events, i);
    pv_events_clean_up(&events);
    assert_string_equal(event->text, "event: files\ndata: {\"n\":0}\n\n");
    pv_event_release(event);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_begins_gets_the_latest_live_and_files_from_now_on),
        cmocka_unit_test(every_event_of_files_comes_in_its_order),
        cmocka_unit_test(who_is_too_far_behind_is_told_so),
        cmocka_unit_test(forgotten_live_is_told_to_nobody),
        cmocka_unit_test(event_that_is_being_sent_outlives_its_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
