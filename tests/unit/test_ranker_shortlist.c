/* A shortlist's first places are those of all articles sorted, whatever happened to the scores. */
#include "test_pageview_support.h"

#include "aggregator/ranker/shortlist.h"

enum { ARTICLES = 300, PLACES = 10, ID_SIZE = 16, STEPS = 20000 };

static char ids[ARTICLES][ID_SIZE];
static double scores[ARTICLES];
static bool is_member[ARTICLES];
static struct pv_candidate scratch[PLACES * PV_SHORTLIST_FACTOR];
static struct pv_shortlist list;
static int rescans;

static struct pv_candidate get(const void *context, uint32_t number)
{
    (void)context;
    return (struct pv_candidate){{ids[number], strlen(ids[number])}, scores[number], number};
}

static const struct pv_candidate_source source = {get, NULL};

/* A repeatable random number below `end`. */
static unsigned draw(unsigned end)
{
    static uint64_t state = 88172645463325252;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state % end);
}

static int set_up(void **state)
{
    (void)state;
    /* Ids that are each other's beginnings, too. */
    for (unsigned i = 0; i < ARTICLES; i++)
        snprintf(ids[i], ID_SIZE, "/%o", i);
    memset(scores, 0, sizeof scores);
    memset(is_member, 0, sizeof is_member);
    list = (struct pv_shortlist){.places = PLACES};
    rescans = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pv_shortlist_clean_up(&list);
    return 0;
}

static void forget_dropped(size_t before)
{
    for (size_t i = list.count; i < before; i++)
        is_member[list.members[i]] = false;
}

static void offer(uint32_t number)
{
    struct pv_candidate candidate = get(NULL, number);
    struct pv_error error;

    if (is_member[number])
        return;
    if (pv_shortlist_takes(&list, &candidate, &source) && pv_shortlist_is_full(&list)) {
        size_t before = list.count;

        pv_shortlist_prune(&list, &source, scratch);
        forget_dropped(before);
    }
    if (pv_shortlist_takes(&list, &candidate, &source)) {
        assert_int_equal(pv_shortlist_add(&list, number, &error), PV_OK);
        is_member[number] = true;
    }
}

static void sort(void)
{
    size_t before = list.count;

    pv_shortlist_sort(&list, &source, scratch);
    forget_dropped(before);
}

static void assert_first_places(void)
{
    struct pv_candidate all[ARTICLES];
    size_t count = 0;

    sort();
    if (!pv_shortlist_is_sound(&list, &source)) {
        rescans++;
        pv_shortlist_reset(&list);
        memset(is_member, 0, sizeof is_member);
        for (uint32_t i = 0; i < ARTICLES; i++)
            offer(i);
        sort();
        assert_true(pv_shortlist_is_sound(&list, &source));
    }
    for (uint32_t i = 0; i < ARTICLES; i++)
        if (scores[i] > 0)
            all[count++] = get(NULL, i);
    qsort(all, count, sizeof *all, pv_candidate_compare);
    for (size_t i = 0; i < PLACES && i < count; i++) {
        assert_true(i < list.count);
        assert_int_equal(list.members[i], all[i].number);
    }
    if (count < PLACES)
        assert_int_equal(list.count, count);
}

static void first_places_are_the_best_of_all(void **state)
{
    (void)state;
    for (int step = 0; step < STEPS; step++) {
        unsigned number = draw(ARTICLES);
        unsigned mood = (unsigned)step / 2000 % 4; /* growing, mixed, falling, and few */

        if (mood == 0)
            scores[number] += draw(5);
        else if (mood == 1)
            scores[number] = draw(40);
        else if (mood == 2)
            scores[number] /= 2;
        else
            scores[number] = draw(20) == 0 ? draw(100) : 0;
        offer(number);
        if (draw(8) == 0)
            assert_first_places();
    }
    /* Else there was no floor to be wrong about, or the shortlist saved nothing. */
    assert_in_range(rescans, 1, STEPS / 80);
}

static void equal_scores_stand_in_descending_order_of_bytes(void **state)
{
    static const char *const wanted[] = {"/b", "/\xc3\xa9", "/", "/a/x", "/a"};
    static const uint32_t order[] = {1, 0, 3, 4, 2};

    (void)state;
    for (uint32_t i = 0; i < 5; i++) {
        snprintf(ids[i], ID_SIZE, "%s", wanted[i]);
        scores[i] = 1;
        offer(i);
    }
    sort();
    assert_memory_equal(list.members, order, sizeof order);
}

static void removed_member_is_gone(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        scores[i] = i + 1;
        offer(i);
    }
    pv_shortlist_remove(&list, 1);
    pv_shortlist_remove(&list, 77);
    sort();
    assert_int_equal(list.count, 2);
    assert_int_equal(list.members[0], 2);
    assert_int_equal(list.members[1], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(first_places_are_the_best_of_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(equal_scores_stand_in_descending_order_of_bytes, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(removed_member_is_gone, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
