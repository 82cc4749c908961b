/* The memory of repeats: it answers as the rule says, and as before when it is built again. */
#include "test_pageview_support.h"

#include "aggregator/repeat_memory.h"
#include "pageview/bucket.h"

#define NOW    INT64_C(1795525507000) /* 2026-11-24T13:05:07Z */
#define WINDOW (30 * PV_MINUTE_MS)
#define NONE   INT64_C(-1)

static struct pv_repeat_budget budget;
static struct pv_repeat_memory *memory, *rebuilt;

static struct pv_repeat_memory *new_memory(int64_t window_ms)
{
    struct pv_repeat_memory *made;
    struct pv_error error;

    assert_int_equal(pv_repeat_memory_new(window_ms, &budget, &made, &error), PV_OK);
    pv_repeat_memory_begin(made, PV_WATERMARK_NONE);
    return made;
}

static int set_up(void **state)
{
    (void)state;
    budget = (struct pv_repeat_budget){0, 1000000};
    memory = new_memory(WINDOW);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pv_repeat_memory_destroy(memory);
    pv_repeat_memory_destroy(rebuilt);
    memory = rebuilt = NULL;
    return budget.pairs == 0 ? 0 : -1;
}

static struct pv_repeat_key key_of(const char *article, const char *visitor)
{
    return pv_repeat_key_of((struct pv_text){article, strlen(article)},
                            (struct pv_text){visitor, strlen(visitor)});
}

static struct pv_repeat_key key_number(unsigned number)
{
    char visitor[16];

    snprintf(visitor, sizeof visitor, "%u", number);
    return key_of("/a", visitor);
}

static bool has(unsigned pair, int64_t ts_ms)
{
    return pv_repeat_memory_has(memory, key_number(pair), ts_ms);
}

static size_t remember(unsigned pair, int64_t ts_ms, int64_t offset)
{
    return pv_repeat_memory_remember(memory, key_number(pair), ts_ms, offset);
}

static void keys_tell_pairs_apart(void **state)
{
    struct pv_repeat_key ab_c = key_of("ab", "c"), a_bc = key_of("a", "bc");
    struct pv_repeat_key again = key_of("ab", "c");

    (void)state;
    assert_true(ab_c.low == again.low && ab_c.high == again.high);
    assert_true(ab_c.low != a_bc.low && ab_c.high != a_bc.high);
}

static void a_view_within_the_window_is_a_repeat(void **state)
{
    (void)state;
    assert_false(has(1, NOW));
    remember(1, NOW, 0);
    assert_true(has(1, NOW));
    assert_true(has(1, NOW + WINDOW - 1));
    assert_false(has(1, NOW + WINDOW));
    assert_true(has(1, NOW - WINDOW + 1)); /* late */
    assert_false(has(1, NOW - WINDOW));
    assert_false(has(2, NOW));
}

static void a_repeat_extends_the_visit(void **state)
{
    (void)state;
    remember(1, NOW, 0);
    remember(1, NOW + WINDOW - 1, 1);
    assert_true(has(1, NOW + 2 * WINDOW - 2));
    assert_false(has(1, NOW + 2 * WINDOW - 1));
    remember(1, NOW, 2); /* late: what is later stays */
    assert_true(has(1, NOW + 2 * WINDOW - 2));
}

static void another_pair_moves_the_window(void **state)
{
    (void)state;
    remember(1, NOW, 0);
    pv_repeat_memory_see(memory, NOW + WINDOW - 1);
    assert_true(has(1, NOW));
    remember(2, NOW + WINDOW, 1);
    assert_false(has(1, NOW));
    assert_int_equal(pv_repeat_memory_watermark_ms(memory), NOW + WINDOW);
    remember(1, NOW, 2); /* out of the window: not remembered */
    assert_false(has(1, NOW));
    remember(1, NOW + 1, 3);
    assert_true(has(1, NOW));
}

static void begin_forgets_and_sets_the_watermark(void **state)
{
    (void)state;
    remember(1, NOW, 0);
    pv_repeat_memory_begin(memory, NOW);
    assert_int_equal(budget.pairs, 0);
    assert_false(has(1, NOW));
    remember(1, NOW - WINDOW, 1);
    assert_int_equal(pv_repeat_memory_first_offset(memory, NONE), NONE);
    pv_repeat_memory_begin(memory, PV_WATERMARK_NONE);
    assert_int_equal(pv_repeat_memory_watermark_ms(memory), PV_WATERMARK_NONE);
    remember(1, 0, 2);
    assert_true(has(1, 0));
}

static void the_first_offset_is_that_of_the_views_that_matter(void **state)
{
    (void)state;
    assert_int_equal(pv_repeat_memory_first_offset(memory, NONE), NONE);
    remember(1, NOW, 10);
    remember(2, NOW + PV_MINUTE_MS, 11);
    remember(3, NOW + 2 * PV_MINUTE_MS, 12);
    assert_int_equal(pv_repeat_memory_first_offset(memory, NONE), 10);
    remember(1, NOW + 3 * PV_MINUTE_MS, 13); /* read again, the later view of it is enough */
    assert_int_equal(pv_repeat_memory_first_offset(memory, NONE), 11);
    pv_repeat_memory_see(memory, NOW + 2 * PV_MINUTE_MS + WINDOW);
    assert_int_equal(pv_repeat_memory_first_offset(memory, NONE), 12); /* of the minute left now */
    pv_repeat_memory_see(memory, NOW + 3 * PV_MINUTE_MS + WINDOW);
    assert_int_equal(pv_repeat_memory_first_offset(memory, NONE), 13);
    pv_repeat_memory_see(memory, NOW + 1000 * WINDOW);
    assert_int_equal(pv_repeat_memory_first_offset(memory, NONE), NONE);
    assert_int_equal(budget.pairs, 0);
}

static void the_oldest_is_forgotten_when_the_budget_is_out(void **state)
{
    struct pv_repeat_memory *other;

    (void)state;
    budget.max_pairs = 3;
    other = new_memory(WINDOW);
    pv_repeat_memory_remember(other, key_number(1), NOW, 0);
    assert_int_equal(remember(1, NOW, 0), 0);
    assert_int_equal(remember(2, NOW + PV_MINUTE_MS, 1), 0);
    assert_int_equal(remember(2, NOW + 2 * PV_MINUTE_MS, 2), 0); /* known */
    assert_int_equal(remember(3, NOW + 3 * PV_MINUTE_MS, 3), 1);
    assert_false(has(1, NOW));
    assert_true(has(2, NOW) && has(3, NOW));
    assert_int_equal(remember(4, NOW, 4), 1); /* itself the oldest */
    assert_false(has(4, NOW));
    assert_true(has(2, NOW) && has(3, NOW));
    assert_true(pv_repeat_memory_has(other, key_number(1), NOW));
    assert_int_equal(budget.pairs, 3);
    pv_repeat_memory_destroy(other);
    assert_int_equal(budget.pairs, 1 + 1);
}

static void a_burst_gives_its_room_back_to_the_budget(void **state)
{
    (void)state;
    budget.max_pairs = 5000;
    for (unsigned i = 0; i < 20; i++) /* five thousand in each window */
        for (unsigned pair = 0; pair < 5000; pair++)
            assert_int_equal(remember(pair + 5000 * i, NOW + i * (WINDOW + PV_MINUTE_MS), pair), 0);
    for (unsigned pair = 0; pair < 5000; pair++)
        assert_true(has(pair + 5000 * 19, NOW + 19 * (WINDOW + PV_MINUTE_MS)));
}

/* The rule, word for word. */
enum { PAIRS = 60, EVENTS = 20000 };

struct view {
    unsigned pair; /* PAIRS: has no visitor */
    int64_t ts_ms;
};

struct reference {
    int64_t watermark_ms, latest_ms[PAIRS];
};

static bool reference_has(const struct reference *it, struct view view, int64_t window_ms)
{
    int64_t watermark = view.ts_ms > it->watermark_ms ? view.ts_ms : it->watermark_ms;
    int64_t latest = it->latest_ms[view.pair];

    return latest > watermark - window_ms && llabs(view.ts_ms - latest) < window_ms;
}

static void reference_remember(struct reference *it, struct view view, int64_t window_ms)
{
    if (view.ts_ms > it->watermark_ms)
        it->watermark_ms = view.ts_ms;
    if (view.pair < PAIRS && view.ts_ms > it->watermark_ms - window_ms &&
        view.ts_ms > it->latest_ms[view.pair])
        it->latest_ms[view.pair] = view.ts_ms;
}

static void show(struct pv_repeat_memory *to, const struct view *view, int64_t offset)
{
    if (view->pair == PAIRS)
        pv_repeat_memory_see(to, view->ts_ms);
    else
        assert_int_equal(pv_repeat_memory_remember(to, key_number(view->pair), view->ts_ms, offset),
                         0);
}

/* Time goes on in small steps and a few leaps; some views are late, some later than the window. */
static void make_views(struct view *views, int64_t window_ms)
{
    int64_t clock = NOW;

    for (size_t i = 0; i < EVENTS; i++) {
        clock += rand() % (window_ms / 20 + 2);
        if (rand() % 500 == 0)
            clock += rand() % (3 * window_ms);
        views[i].pair = (unsigned)(rand() % (PAIRS + 1));
        views[i].ts_ms = clock;
        if (rand() % 4 == 0)
            views[i].ts_ms -= rand() % (window_ms * 5 / 4 + 2);
    }
}

static void check_stream(int64_t window_ms)
{
    static struct view views[EVENTS];
    struct reference reference = {.watermark_ms = PV_WATERMARK_NONE / 2};
    size_t repeats = 0, read_again = 0, rebuilds = 0;

    for (size_t i = 0; i < PAIRS; i++)
        reference.latest_ms[i] = PV_WATERMARK_NONE / 2;
    pv_repeat_memory_destroy(memory);
    pv_repeat_memory_destroy(rebuilt);
    memory = new_memory(window_ms);
    rebuilt = new_memory(window_ms);
    make_views(views, window_ms);
    for (size_t i = 0; i < EVENTS; i++) {
        if (rand() % 200 == 0) {
            int64_t from = pv_repeat_memory_first_offset(rebuilt, (int64_t)i);

            assert_true(from >= pv_repeat_memory_first_offset(memory, (int64_t)i));
            pv_repeat_memory_begin(rebuilt, pv_repeat_memory_watermark_ms(memory));
            for (size_t j = (size_t)from; j < i; j++)
                show(rebuilt, &views[j], (int64_t)j);
            read_again += i - (size_t)from;
            rebuilds++;
        }
        if (views[i].pair < PAIRS) {
            bool expected = reference_has(&reference, views[i], window_ms);
            struct pv_repeat_key key = key_number(views[i].pair);

            assert_int_equal(pv_repeat_memory_has(memory, key, views[i].ts_ms), expected);
            assert_int_equal(pv_repeat_memory_has(rebuilt, key, views[i].ts_ms), expected);
            repeats += expected;
        }
        show(memory, &views[i], (int64_t)i);
        show(rebuilt, &views[i], (int64_t)i);
        reference_remember(&reference, views[i], window_ms);
        assert_int_equal(pv_repeat_memory_watermark_ms(rebuilt), reference.watermark_ms);
    }
    assert_in_range(repeats, EVENTS / 100, EVENTS - EVENTS / 20);
    assert_in_range(read_again / rebuilds, 1, 500);
}

static void answers_are_those_of_the_rule_also_when_built_again(void **state)
{
    static const int64_t windows_ms[] = {1,
                                         10,
                                         PV_MINUTE_MS - 1,
                                         PV_MINUTE_MS,
                                         PV_MINUTE_MS + 1,
                                         WINDOW,
                                         WINDOW + 12345,
                                         PV_REPEAT_WINDOW_MAX_MS};

    (void)state;
    srand(20261124);
    for (size_t i = 0; i < sizeof windows_ms / sizeof windows_ms[0]; i++)
        check_stream(windows_ms[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(keys_tell_pairs_apart),
        TEST(a_view_within_the_window_is_a_repeat),
        TEST(a_repeat_extends_the_visit),
        TEST(another_pair_moves_the_window),
        TEST(begin_forgets_and_sets_the_watermark),
        TEST(the_first_offset_is_that_of_the_views_that_matter),
        TEST(the_oldest_is_forgotten_when_the_budget_is_out),
        TEST(a_burst_gives_its_room_back_to_the_budget),
        TEST(answers_are_those_of_the_rule_also_when_built_again),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
