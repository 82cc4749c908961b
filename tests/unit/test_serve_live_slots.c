#include "test_pageview_support.h"

#include "dashboard-export/serve/live_slots.h"

static int set_up(void **state)
{
    *state = calloc(1, sizeof(struct pv_live_slots));
    return *state != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    pv_live_slots_clean_up(*state);
    free(*state);
    return 0;
}

static struct pv_live_slot *claim(struct pv_live_slots *slots, int number)
{
    char article[16];
    int length = snprintf(article, sizeof article, "/%d", number);

    return pv_live_slots_claim(slots, article, (size_t)length);
}

static void read_at(struct pv_live_slot *slot, int64_t read_ms)
{
    slot->state = PV_SLOT_READ;
    slot->read_ms = read_ms;
}

static void article_keeps_its_slot_until_others_need_it(void **state)
{
    struct pv_live_slots *slots = *state;
    struct pv_live_slot *first;

    for (int i = 0; i < PV_LIVE_SLOTS; i++)
        read_at(claim(slots, i), 1000 - i);
    first = claim(slots, PV_LIVE_SLOTS - 1);
    assert_int_equal(first->state, PV_SLOT_READ);
    assert_int_equal(first->read_ms, 1000 - (PV_LIVE_SLOTS - 1));
    /* A new one takes the place of that one, which was read the longest ago. */
    assert_ptr_equal(claim(slots, PV_LIVE_SLOTS), first);
    assert_int_equal(first->state, PV_SLOT_EMPTY);
    assert_int_equal(claim(slots, 0)->state, PV_SLOT_READ);
}

static void slot_that_is_waited_for_is_not_taken_away(void **state)
{
    struct pv_live_slots *slots = *state;
    struct pv_live_slot *taken[PV_LIVE_SLOTS];

    for (int i = 0; i < PV_LIVE_SLOTS; i++)
        claim(slots, i)->state = PV_SLOT_WANTED;
    assert_null(claim(slots, PV_LIVE_SLOTS));
    assert_int_equal(pv_live_slots_take(slots, taken, 100), 100);
    assert_int_equal(pv_live_slots_take(slots, taken + 100, PV_LIVE_SLOTS), PV_LIVE_SLOTS - 100);
    assert_int_equal(pv_live_slots_take(slots, taken, 1), 0);
    assert_null(claim(slots, PV_LIVE_SLOTS));
    pv_live_slots_give_up(slots);
    assert_non_null(claim(slots, PV_LIVE_SLOTS));
}

static void what_was_read_stays_when_the_next_reading_is_given_up(void **state)
{
    struct pv_live_slots *slots = *state;
    struct pv_live_slot *known = claim(slots, 1);

    known->exists = true;
    known->state = PV_SLOT_WANTED;
    claim(slots, 2)->state = PV_SLOT_READING;
    pv_live_slots_give_up(slots);
    assert_ptr_equal(pv_live_slots_find(slots, "/1", 2), known);
    assert_int_equal(known->state, PV_SLOT_READ);
    assert_null(pv_live_slots_find(slots, "/2", 2));
    for (int i = 3; i < 3 + PV_LIVE_SLOTS; i++)
        claim(slots, i)->state = PV_SLOT_WANTED;
    assert_false(known->exists); /* another's now */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(article_keeps_its_slot_until_others_need_it, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_was_read_stays_when_the_next_reading_is_given_up,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(slot_that_is_waited_for_is_not_taken_away, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
