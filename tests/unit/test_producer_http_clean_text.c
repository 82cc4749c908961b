#include "test_pageview_support.h"

#include "producer/http/clean_text.h"

enum { MAX = 10 };

static void assert_clean(const char *text, const char *expected)
{
    char *room = malloc(MAX); /* of exactly its size, so that a byte too much is seen */
    struct pv_text clean;

    assert_non_null(room);
    clean = pv_clean_text((struct pv_text){text, text != NULL ? strlen(text) : 0}, room, MAX);
    if (expected == NULL) {
        assert_null(clean.data);
    } else {
        assert_non_null(clean.data);
        assert_int_equal(clean.length, strlen(expected));
        assert_memory_equal(clean.data, expected, clean.length);
    }
    free(room);
}

static void clean_text_stays(void **state)
{
    (void)state;
    assert_clean("A title", "A title");
    assert_clean("\xe2\x82\xac 5", "\xe2\x82\xac 5");
    assert_clean("0123456789", "0123456789");
}

static void blanks_and_control_characters_become_one_space(void **state)
{
    (void)state;
    assert_clean("  a\t\n \x7f\xc2\x85 b \r\n", "a b");
    assert_clean("\1\2", NULL);
    assert_clean("   ", NULL);
}

static void what_is_no_utf8_is_left_out(void **state)
{
    (void)state;
    assert_clean("a\xff"
                 "b\xc0\x80"
                 "c\xed\xa0\x80"
                 "d\xe2\x82",
                 "abcd");
    assert_clean("\xff", NULL);
}

static void cut_is_between_characters(void **state)
{
    (void)state;
    assert_clean("0123456789a", "0123456789");
    assert_clean("01234567\xe2\x82\xac", "01234567");
    assert_clean("0123456\xe2\x82\xac"
                 "a",
                 "0123456\xe2\x82\xac");
    assert_clean("012345678 9", "012345678");
    assert_clean("0123456789 ", "0123456789");
}

static void nothing_stays_nothing(void **state)
{
    (void)state;
    assert_clean(NULL, NULL);
    assert_clean("", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clean_text_stays),
        cmocka_unit_test(blanks_and_control_characters_become_one_space),
        cmocka_unit_test(what_is_no_utf8_is_left_out),
        cmocka_unit_test(cut_is_between_characters),
        cmocka_unit_test(nothing_stays_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
