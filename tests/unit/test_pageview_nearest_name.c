#include "test_pageview_support.h"

#include "pageview/nearest_name.h"

static const char *word_at(const void *context, size_t i)
{
    return ((const char *const *)context)[i];
}

static void the_nearest_name_is_near_or_none(void **state)
{
    static const char *const words[] = {"brokers", "topic", "tail", "prefix"};
    char long_name[100];

    (void)state;
    assert_string_equal(pv_nearest_name("broker", 4, word_at, words), "brokers");
    assert_string_equal(pv_nearest_name("tial", 4, word_at, words), "tail");
    assert_string_equal(pv_nearest_name("topic", 4, word_at, words), "topic");
    assert_null(pv_nearest_name("zzzz", 4, word_at, words));
    assert_null(pv_nearest_name("", 4, word_at, words));
    assert_null(pv_nearest_name("topic", 0, word_at, words));
    memset(long_name, 'x', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    pv_nearest_name(long_name, 4, word_at, words); /* must only not overrun */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_nearest_name_is_near_or_none)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
