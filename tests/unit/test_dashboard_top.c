#include "test_pageview_support.h"

#include <inttypes.h>

#include "dashboard-export/top.h"

static void add(struct pv_top *top, const char *article, int64_t views)
{
    struct pv_error error;

    assert_int_equal(pv_top_add(top, article, strlen(article), views, &error), PV_OK);
}

static void init(struct pv_top *top, size_t limit)
{
    struct pv_error error;

    assert_int_equal(pv_top_init(top, limit, &error), PV_OK);
}

static void assert_item(const struct pv_top *top, size_t i, const char *article, int64_t views)
{
    assert_true(i < top->count);
    assert_string_equal(top->items[i].article, article);
    assert_int_equal(top->items[i].views, views);
}

static void articles_are_ranked_by_views(void **state)
{
    struct pv_top top;

    (void)state;
    init(&top, 10);
    add(&top, "/few", 1);
    add(&top, "/many", 300);
    add(&top, "/some", 20);
    pv_top_finish(&top);
    assert_int_equal(top.count, 3);
    assert_item(&top, 0, "/many", 300);
    assert_item(&top, 1, "/some", 20);
    assert_item(&top, 2, "/few", 1);
    pv_top_clean_up(&top);
}

static void ties_are_ranked_as_zrevrange_ranks_them(void **state)
{
    struct pv_top top;

    (void)state;
    init(&top, 10);
    add(&top, "/a", 5);
    add(&top, "/\xc3\xa4", 5); /* bytes are unsigned */
    add(&top, "/ab", 5);
    add(&top, "/b", 5);
    pv_top_finish(&top);
    assert_item(&top, 0, "/\xc3\xa4", 5);
    assert_item(&top, 1, "/b", 5);
    assert_item(&top, 2, "/ab", 5);
    assert_item(&top, 3, "/a", 5);
    pv_top_clean_up(&top);
}

static void ties_at_the_limit_keep_the_larger_name(void **state)
{
    struct pv_top top;

    (void)state;
    init(&top, 2);
    for (const char *name = "bdface"; *name != '\0'; name++)
        add(&top, (const char[]){*name, '\0'}, 7);
    pv_top_finish(&top);
    assert_int_equal(top.count, 2);
    assert_item(&top, 0, "f", 7);
    assert_item(&top, 1, "e", 7);
    pv_top_clean_up(&top);
}

/* Every number below `count` once, in a mixed order; 7919 is prime and divides no count used. */
static int64_t mixed(size_t i, size_t count)
{
    return (int64_t)(i * 7919 % count);
}

static void most_viewed_of_many_are_found_in_any_order(void **state)
{
    enum { ARTICLES = 20000, LIMIT = 100 };
    struct pv_top top;
    char name[32];

    (void)state;
    init(&top, LIMIT);
    for (size_t i = 0; i < ARTICLES; i++) {
        snprintf(name, sizeof name, "/%" PRId64, mixed(i, ARTICLES));
        add(&top, name, mixed(i, ARTICLES));
        assert_true(top.count < 2 * LIMIT);
    }
    pv_top_finish(&top);
    assert_int_equal(top.count, LIMIT);
    for (size_t i = 0; i < LIMIT; i++) {
        snprintf(name, sizeof name, "/%zu", ARTICLES - 1 - i);
        assert_item(&top, i, name, (int64_t)(ARTICLES - 1 - i));
    }
    pv_top_clean_up(&top);
}

static void article_given_twice_stands_once_with_its_larger_count(void **state)
{
    enum { ARTICLES = 50, LIMIT = 4 };
    struct pv_top top;
    char name[32];

    (void)state;
    init(&top, LIMIT);
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < ARTICLES; i++) {
            snprintf(name, sizeof name, "/%zu", i);
            add(&top, name, (int64_t)(i + round % 2 * 100));
        }
    }
    pv_top_finish(&top);
    assert_int_equal(top.count, LIMIT);
    for (size_t i = 0; i < LIMIT; i++) {
        snprintf(name, sizeof name, "/%zu", ARTICLES - 1 - i);
        assert_item(&top, i, name, (int64_t)(ARTICLES - 1 - i + 100));
    }
    pv_top_clean_up(&top);
}

static void double_takes_no_place_of_another_article(void **state)
{
    struct pv_top top;

    (void)state;
    init(&top, 3);
    add(&top, "/a", 9);
    add(&top, "/a", 9);
    add(&top, "/b", 8);
    add(&top, "/a", 10);
    add(&top, "/b", 8);
    add(&top, "/c", 1); /* the sixth: now it is cut to three */
    pv_top_finish(&top);
    assert_int_equal(top.count, 3);
    assert_item(&top, 0, "/a", 10);
    assert_item(&top, 1, "/b", 8);
    assert_item(&top, 2, "/c", 1);
    pv_top_clean_up(&top);
}

static void reset_forgets_everything(void **state)
{
    struct pv_top top;

    (void)state;
    init(&top, 1);
    add(&top, "/a", 100);
    add(&top, "/b", 200);
    pv_top_reset(&top);
    add(&top, "/c", 1);
    pv_top_finish(&top);
    assert_int_equal(top.count, 1);
    assert_item(&top, 0, "/c", 1);
    pv_top_clean_up(&top);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(articles_are_ranked_by_views),
        cmocka_unit_test(ties_are_ranked_as_zrevrange_ranks_them),
        cmocka_unit_test(ties_at_the_limit_keep_the_larger_name),
        cmocka_unit_test(most_viewed_of_many_are_found_in_any_order),
        cmocka_unit_test(article_given_twice_stands_once_with_its_larger_count),
        cmocka_unit_test(double_takes_no_place_of_another_article),
        cmocka_unit_test(reset_forgets_everything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
