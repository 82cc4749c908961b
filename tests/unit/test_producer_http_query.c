#include "test_pageview_support.h"

#include "producer/http/query.h"

static struct pv_query_field fields[] = {{"u", {NULL, 0}}, {"t", {NULL, 0}}};

static char *room;

static void parse(const char *query)
{
    size_t length = strlen(query);

    free(room);
    room = exact_copy(query, length);
    pv_query_parse(room, length, fields, 2);
}

static void assert_text(struct pv_text text, const char *expected)
{
    assert_non_null(text.data);
    assert_int_equal(text.length, strlen(expected));
    assert_memory_equal(text.data, expected, text.length);
}

static void values_are_decoded(void **state)
{
    (void)state;
    parse("u=https%3A%2F%2Fexample.org%2Fa%3Fb%3D1%26c&t=a+b%20c%e2%82%AC");
    assert_text(fields[0].value, "https://example.org/a?b=1&c");
    assert_text(fields[1].value, "a b c\xe2\x82\xac");
}

static void names_are_decoded_too(void **state)
{
    (void)state;
    parse("%75=1&%74=2");
    assert_text(fields[0].value, "1");
    assert_text(fields[1].value, "2");
}

static void what_is_no_escape_stands_for_itself(void **state)
{
    (void)state;
    parse("u=100%&t=%4%zz%");
    assert_text(fields[0].value, "100%");
    assert_text(fields[1].value, "%4%zz%");
    parse("u=%4");
    assert_text(fields[0].value, "%4");
}

static void escape_does_not_reach_into_the_next_field(void **state)
{
    (void)state;
    parse("u=%4&t=1");
    assert_text(fields[0].value, "%4");
    assert_text(fields[1].value, "1");
}

static void first_of_two_counts(void **state)
{
    (void)state;
    parse("u=1&u=2");
    assert_text(fields[0].value, "1");
    parse("u&u=2");
    assert_text(fields[0].value, "");
}

static void absent_and_empty_differ(void **state)
{
    (void)state;
    parse("u=&&uu=1&=3&");
    assert_text(fields[0].value, "");
    assert_null(fields[1].value.data);
    parse("");
    assert_null(fields[0].value.data);
}

static void value_may_have_equals_signs_and_nuls(void **state)
{
    (void)state;
    parse("u=a=b=c&t=%00x");
    assert_text(fields[0].value, "a=b=c");
    assert_int_equal(fields[1].value.length, 2);
    assert_memory_equal(fields[1].value.data, "\0x", 2);
}

static int free_room(void **state)
{
    (void)state;
    free(room);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_decoded),
        cmocka_unit_test(names_are_decoded_too),
        cmocka_unit_test(what_is_no_escape_stands_for_itself),
        cmocka_unit_test(escape_does_not_reach_into_the_next_field),
        cmocka_unit_test(first_of_two_counts),
        cmocka_unit_test(absent_and_empty_differ),
        cmocka_unit_test(value_may_have_equals_signs_and_nuls),
    };

    return cmocka_run_group_tests(tests, NULL, free_room);
}
