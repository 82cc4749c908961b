/* The filter: a HyperLogLog is the same with it as without, and little is sent. */
#include "test_pageview_support.h"

#include "aggregator/hyperloglog.h"
#include "aggregator/visitor_filter.h"

static struct pv_visitor_filter *filter;

static void make(size_t max_sketches)
{
    struct pv_error error;

    assert_int_equal(pv_visitor_filter_new(max_sketches, &filter, &error), PV_OK);
}

static int tear_down(void **state)
{
    (void)state;
    pv_visitor_filter_destroy(filter);
    filter = NULL;
    return 0;
}

/* Steele, Lea, Flood: "Fast splittable pseudorandom number generators" (SplitMix64). */
static uint64_t random_of(uint64_t number)
{
    number = (number + 1) * UINT64_C(0x9e3779b97f4a7c15);
    number = (number ^ number >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    number = (number ^ number >> 27) * UINT64_C(0x94d049bb133111eb);
    return number ^ number >> 31;
}

static bool admits(uint64_t set, uint64_t visitor)
{
    return pv_visitor_filter_admits(filter, random_of(set),
                                    pv_hll_place_of(&visitor, sizeof visitor));
}

static void mark(uint64_t set, uint64_t visitor)
{
    pv_visitor_filter_mark(filter, random_of(set), pv_hll_place_of(&visitor, sizeof visitor));
}

/* True when it was sent. */
static bool visit(uint64_t set, uint64_t visitor)
{
    if (!admits(set, visitor))
        return false;
    mark(set, visitor);
    return true;
}

static void a_visitor_is_sent_once(void **state)
{
    (void)state;
    make(16);
    assert_true(admits(1, 7));
    assert_true(admits(1, 7)); /* asking is not sending */
    mark(1, 7);
    assert_false(admits(1, 7));
}

static void sets_are_apart(void **state)
{
    (void)state;
    make(16);
    mark(1, 7);
    assert_true(admits(2, 7));
    for (uint64_t i = 0; i < 10000; i++) /* the set is hot */
        visit(1, i);
    assert_true(admits(2, 7));
}

static void what_is_forgotten_is_sent_again(void **state)
{
    (void)state;
    make(16);
    for (uint64_t i = 0; i < 10000; i++)
        visit(1, i);
    mark(2, 7);
    pv_visitor_filter_forget(filter);
    assert_true(admits(2, 7));
    for (uint64_t i = 0; i < 100; i++) {
        assert_true(admits(1, i));
    }
}

/* What Redis would have with the filter and without it. More sets are hot than there are sketches,
 * and which are changes as time goes on. */
static void registers_are_the_same_with_and_without(void **state)
{
    enum { SETS = 48, HOT = 12, VISITS = 1000000 };
    static uint8_t with[SETS][PV_HLL_REGISTERS], without[SETS][PV_HLL_REGISTERS];
    unsigned sent = 0;

    (void)state;
    make(8);
    for (uint64_t i = 0; i < VISITS; i++) {
        uint64_t set = i * (SETS - HOT) / VISITS + random_of(2 * i) % HOT;
        uint64_t visitor = random_of(2 * i + 1) % 5000;
        struct pv_hll_place place;

        place = pv_hll_place_of(&visitor, sizeof visitor);
        if (without[set][place.index] < place.rank)
            without[set][place.index] = place.rank;
        if (!visit(set, visitor))
            continue;
        sent++;
        if (with[set][place.index] < place.rank)
            with[set][place.index] = place.rank;
    }
    assert_memory_equal(with, without, sizeof with);
    assert_in_range(sent, 1, VISITS / 2);
}

/* The number that was sent, of the visitors with the numbers below `count`. */
static unsigned sent_of(uint64_t set, uint64_t first, uint64_t count)
{
    unsigned sent = 0;

    for (uint64_t i = first; i < first + count; i++)
        sent += visit(set, i);
    return sent;
}

static void a_tenth_of_a_million_visitors_is_sent_and_an_eightieth_of_ten_million(void **state)
{
    unsigned sent;

    (void)state;
    make(1024);
    sent = sent_of(1, 0, 1000000);
    assert_in_range(sent, 1, 1000000 / 10);
    sent += sent_of(1, 1000000, 9000000);
    assert_in_range(sent, 1, 10000000 / 80);
}

static void a_reload_on_a_cold_set_is_not_sent(void **state)
{
    unsigned sent = 0;

    (void)state;
    make(16);
    for (uint64_t set = 0; set < 1000; set++)
        for (uint64_t visitor = 0; visitor < 5; visitor++)
            visit(set, visitor);
    for (uint64_t set = 0; set < 1000; set++)
        for (uint64_t visitor = 0; visitor < 5; visitor++)
            sent += visit(set, visitor);
    assert_in_range(sent, 0, 500); /* some had the same place in the table */
}

static void the_sketch_that_is_asked_about_stays(void **state)
{
    unsigned sent = 0;

    (void)state;
    make(2);
    sent_of(1, 0, 40000);
    for (uint64_t set = 2; set < 8; set++)
        for (uint64_t visitor = 0; visitor < 40000; visitor++) {
            visit(set, visitor);
            sent += visit(1, visitor);
        }
    assert_in_range(sent, 0, PV_VISITOR_FILTER_HOT); /* marked before there was the sketch */
    assert_in_range(sent_of(7, 0, 40000), 0, 5000);
    assert_in_range(sent_of(2, 0, 40000), 10000, 40000); /* it gave way */
}

/* Otherwise each would lose its sketch before it is filled. */
static void sketches_are_kept_when_more_sets_are_hot(void **state)
{
    enum { SETS = 16, VISITORS = 100000 };
    unsigned sent = 0;

    (void)state;
    make(8);
    for (uint64_t visitor = 0; visitor < VISITORS; visitor++)
        for (uint64_t set = 0; set < SETS; set++)
            sent += visit(set, visitor);
    assert_in_range(sent, 1, (SETS / 2 + 3) * VISITORS); /* half of them all, and a third of half */
}

static void no_sketches_are_slow_and_right(void **state)
{
    (void)state;
    make(0);
    sent_of(1, 0, 100000);
    assert_false(admits(1, 99999));
    assert_true(visit(2, 99999));
    pv_visitor_filter_forget(filter);
    assert_true(admits(1, 99999));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_visitor_is_sent_once, tear_down),
        cmocka_unit_test_teardown(sets_are_apart, tear_down),
        cmocka_unit_test_teardown(what_is_forgotten_is_sent_again, tear_down),
        cmocka_unit_test_teardown(registers_are_the_same_with_and_without, tear_down),
        cmocka_unit_test_teardown(
            a_tenth_of_a_million_visitors_is_sent_and_an_eightieth_of_ten_million, tear_down),
        cmocka_unit_test_teardown(a_reload_on_a_cold_set_is_not_sent, tear_down),
        cmocka_unit_test_teardown(the_sketch_that_is_asked_about_stays, tear_down),
        cmocka_unit_test_teardown(sketches_are_kept_when_more_sets_are_hot, tear_down),
        cmocka_unit_test_teardown(no_sketches_are_slow_and_right, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
