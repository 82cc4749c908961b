/* Visits of many batches become one set of registers for each HyperLogLog. */
#include "test_pageview_support.h"

#include "aggregator/batch.h"
#include "aggregator/visit_merge.h"
#include "aggregator/waiting_visits.h"
#include "pageview/bucket.h"

enum { ARTICLES = 40, BATCHES = 12, VISITS = 5000, SETS = 2 * ARTICLES + 3, DAY_MINUTES = 1440 };

static struct pv_visit_merge merge;
static struct pv_buffer values[BATCHES];

static int tear_down(void **state)
{
    (void)state;
    pv_visit_merge_clean_up(&merge);
    for (size_t i = 0; i < BATCHES; i++) {
        pv_buffer_clean_up(&values[i]);
        values[i] = (struct pv_buffer){0};
    }
    return 0;
}

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t next_random(void)
{
    static uint64_t seed;
    uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* Sets of the test: an article's first day, its second, and minutes of the site. */
static size_t number_of(const struct pv_merged_set *set)
{
    return set->length == 0
               ? 2 * ARTICLES + set->minute
               : 2 * (size_t)strtoul(set->article + 1, NULL, 10) + set->minute / DAY_MINUTES;
}

static void visit(struct pv_batch *batch, uint8_t expected[SETS][PV_HLL_REGISTERS])
{
    uint64_t chance = next_random();
    uint32_t article = (uint32_t)(chance % ARTICLES), minute = (uint32_t)(chance >> 8) % 2;
    struct pv_hll_place place = {(uint16_t)(chance >> 16 & 1023),
                                 (uint8_t)(1 + (chance >> 32) % PV_HLL_RANK_MAX)};
    bool of_site = chance >> 60 == 0;
    size_t number = of_site ? 2 * ARTICLES + minute : 2 * article + minute;
    char text[8];

    snprintf(text, sizeof text, "/%u", article);
    assert_true(pv_batch_add_view(batch, batch->to, (struct pv_text){text, strlen(text)}, 0));
    assert_true(pv_batch_facts_visit(&batch->facts,
                                     of_site ? PV_VISIT_OF_SITE : batch->last_article,
                                     of_site ? minute : minute * DAY_MINUTES, place, false));
    if (expected[number][place.index] < place.rank)
        expected[number][place.index] = place.rank;
}

static void each_set_has_the_highest_ranks_of_all_batches(void **state)
{
    static uint8_t expected[SETS][PV_HLL_REGISTERS], found[SETS][PV_HLL_REGISTERS];
    bool seen[SETS] = {false}, no_memory;
    struct pv_batch *batch;
    struct pv_error error;

    (void)state;
    assert_int_equal(pv_batch_new(1000, &batch, &error), PV_OK);
    for (size_t i = 0; i < BATCHES; i++) {
        pv_batch_open(batch, 0, 0, 0);
        for (size_t k = 0; k < VISITS; k++)
            visit(batch, expected);
        pv_batch_facts_sort(&batch->facts);
        pv_waiting_visits_write(&values[i], batch);
        assert_true(pv_visit_merge_add(&merge, values[i].data, values[i].length, &no_memory));
    }
    pv_batch_destroy(batch);
    pv_visit_merge_sort(&merge);
    for (size_t at = 0; at < merge.visit_count;) {
        struct pv_hll_place places[PV_HLL_REGISTERS];
        uint32_t set;
        size_t count = pv_visit_merge_next(&merge, &at, &set, places);
        size_t number = number_of(&merge.sets[set]);

        assert_false(seen[number]); /* once each */
        seen[number] = true;
        for (size_t i = 0; i < count; i++) {
            assert_true(i == 0 || places[i - 1].index < places[i].index);
            found[number][places[i].index] = places[i].rank;
        }
    }
    assert_memory_equal(found, expected, sizeof found);
}

static void a_value_that_is_cut_off_or_wrong_is_refused_whole(void **state)
{
    static const char good[] = "\0\2/a\0\0\5\240\0\0\0\1\0\7\3"  /* /a, one visit */
                               "\0\0\0\0\0\1\0\0\0\1\77\377\63"; /* the site: the last register */
    char bad[sizeof good - 1];
    bool no_memory;

    (void)state;
    for (size_t length = 1; length < sizeof good - 1; length++)
        if (length != 15) { /* the first row is whole */
            assert_false(pv_visit_merge_add(&merge, good, length, &no_memory));
            assert_false(no_memory);
        }
    for (int change = 0; change < 3; change++) {
        memcpy(bad, good, sizeof bad);
        if (change == 0)
            bad[25] = '\100'; /* register 16,639 */
        else
            bad[27] = change == 1 ? 0 : '\64'; /* ranks are 1 to 51 */
        assert_false(pv_visit_merge_add(&merge, bad, sizeof bad, &no_memory));
    }
    assert_int_equal(merge.visit_count, 0);
    assert_true(pv_visit_merge_add(&merge, good, sizeof good - 1, &no_memory));
    assert_int_equal(merge.visit_count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(each_set_has_the_highest_ranks_of_all_batches, tear_down),
        cmocka_unit_test_teardown(a_value_that_is_cut_off_or_wrong_is_refused_whole, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
