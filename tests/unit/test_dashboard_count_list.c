#include "test_pageview_support.h"

#include "dashboard-export/bytes.h"
#include "dashboard-export/count_list.h"
#include "dashboard-export/count_sort.h"

static void add(struct pv_count_list *list, const char *name, size_t length, int64_t count)
{
    struct pv_error error;

    assert_int_equal(pv_count_list_add(list, name, length, count, &error), PV_OK);
}

static void assert_item(const struct pv_count_list *list, size_t i, const char *name, int64_t count)
{
    assert_true(i < list->count);
    assert_int_equal(list->items[i].length, strlen(name));
    assert_memory_equal(list->items[i].name, name, strlen(name));
    assert_int_equal(list->items[i].count, count);
}

static void names_are_sorted_bytewise(void **state)
{
    struct pv_count_list list = {0};

    (void)state;
    add(&list, "/b", 2, 1);
    add(&list, "/\xc3\xa4", 3, 2); /* bytes are unsigned */
    add(&list, "/a/b", 4, 3);
    add(&list, "/a", 2, 4);
    pv_count_list_finish(&list);
    assert_int_equal(list.count, 4);
    assert_item(&list, 0, "/a", 4);
    assert_item(&list, 1, "/a/b", 3);
    assert_item(&list, 2, "/b", 1);
    assert_item(&list, 3, "/\xc3\xa4", 2);
    assert_int_equal(pv_count_list_sum(&list), 10);
    pv_count_list_clean_up(&list);
}

static void name_given_twice_stands_once_with_its_larger_count(void **state)
{
    struct pv_count_list list = {0};

    (void)state;
    add(&list, "/a", 2, 1);
    add(&list, "/b", 2, 9);
    add(&list, "/a", 2, 3);
    add(&list, "/a", 2, 2);
    pv_count_list_finish(&list);
    assert_int_equal(list.count, 2);
    assert_item(&list, 0, "/a", 3);
    assert_item(&list, 1, "/b", 9);
    pv_count_list_clean_up(&list);
}

static uint32_t next_number(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* Names of few letters, so that many are equal, begin alike, or begin others. */
static void any_names_are_sorted(void **state)
{
    enum { ROUNDS = 40, NAMES = 3000, LONGEST = 24 };
    uint32_t seed = 1;

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct pv_count_list list = {0};
        int64_t sum = 0;

        for (int i = 0; i < NAMES; i++) {
            char name[LONGEST];
            size_t length = next_number(&seed) % (LONGEST / (1 + (size_t)round % 4));

            for (size_t at = 0; at < length; at++)
                name[at] = "\xff/a\0"[next_number(&seed) % (1 + (uint32_t)round % 4)];
            add(&list, name, length, next_number(&seed) % 9);
        }
        for (size_t i = 0; i < list.count; i++)
            sum += list.items[i].count;
        pv_count_sort(list.items, list.count);
        assert_int_equal(list.count, NAMES);
        assert_int_equal(pv_count_list_sum(&list), sum);
        for (size_t i = 1; i < list.count; i++) {
            const struct pv_count *a = &list.items[i - 1], *b = &list.items[i];
            int order = pv_bytes_compare(a->name, a->length, b->name, b->length);

            assert_true(order < 0 || (order == 0 && a->count >= b->count));
        }
        pv_count_list_clean_up(&list);
    }
}

static void long_names_and_many_names_are_kept(void **state)
{
    enum { NAMES = 30000, LONG = 200000 };
    struct pv_count_list list = {0};
    char *huge = malloc(LONG), name[32];

    (void)state;
    assert_non_null(huge);
    memset(huge, 'z', LONG);
    add(&list, huge, LONG, 5);
    for (int i = NAMES - 1; i >= 0; i--) {
        snprintf(name, sizeof name, "/%06d", i);
        add(&list, name, strlen(name), i);
    }
    pv_count_list_finish(&list);
    assert_int_equal(list.count, NAMES + 1);
    for (int i = 0; i < NAMES; i++) {
        snprintf(name, sizeof name, "/%06d", i);
        assert_item(&list, (size_t)i, name, i);
    }
    assert_int_equal(list.items[NAMES].length, LONG);
    assert_memory_equal(list.items[NAMES].name, huge, LONG);
    pv_count_list_clean_up(&list);
    free(huge);
}

static void empty_list_is_fine(void **state)
{
    struct pv_count_list list = {0};

    (void)state;
    pv_count_list_finish(&list);
    assert_int_equal(list.count, 0);
    assert_int_equal(pv_count_list_sum(&list), 0);
    pv_count_list_clean_up(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_sorted_bytewise),
        cmocka_unit_test(name_given_twice_stands_once_with_its_larger_count),
        cmocka_unit_test(any_names_are_sorted),
        cmocka_unit_test(long_names_and_many_names_are_kept),
        cmocka_unit_test(empty_list_is_fine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
