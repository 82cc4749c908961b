/* Arguments that are gathered piece by piece come out as one call. */
#include "test_pageview_support.h"

#include "aggregator/commit_arguments.h"

enum { MANY = 1000 };

static struct pv_commit_arguments arguments;
static int count;

static int tear_down(void **state)
{
    (void)state;
    pv_commit_arguments_clean_up(&arguments);
    arguments = (struct pv_commit_arguments){.capacity = 0};
    return 0;
}

static void collect(void)
{
    struct pv_error error;

    assert_int_equal(pv_commit_arguments_collect(&arguments, "f", &count, &error), PV_OK);
}

static void assert_word(int i, const char *text, size_t length)
{
    assert_true(i < count);
    assert_int_equal(arguments.lengths[i], length);
    assert_memory_equal(arguments.texts[i], text, length);
}

#define WORD(i, text) assert_word((i), (text), strlen(text))

static void keys_come_before_the_rest_each_in_its_order(void **state)
{
    (void)state;
    pv_commit_add_text(&arguments, "a", 1);
    pv_commit_add_key(&arguments, "first", 5);
    pv_commit_add_number(&arguments, INT64_MIN);
    pv_commit_add_key(&arguments, "second", 6);
    collect();
    assert_int_equal(count, 7);
    WORD(0, "FCALL");
    WORD(1, "f");
    WORD(2, "2");
    WORD(3, "first");
    WORD(4, "second");
    WORD(5, "a");
    WORD(6, "-9223372036854775808");
}

static void an_argument_is_any_bytes_or_none(void **state)
{
    size_t at;

    (void)state;
    pv_commit_add_text(&arguments, "\0 \r\n", 4);
    pv_commit_add_text(&arguments, "", 0);
    at = arguments.bytes.length;
    pv_buffer_add(&arguments.bytes, "written", 7);
    pv_buffer_add(&arguments.bytes, " here", 5);
    pv_commit_end_argument(&arguments, at);
    collect();
    assert_int_equal(count, 6);
    WORD(2, "0");
    assert_word(3, "\0 \r\n", 4);
    WORD(4, "");
    WORD(5, "written here");
}

static void pieces_stay_what_they_are_while_the_memory_grows(void **state)
{
    char text[16];

    (void)state;
    for (int i = 0; i < MANY; i++) {
        pv_commit_add_key(&arguments, text, (size_t)snprintf(text, sizeof text, "key %d", i));
        pv_commit_add_number(&arguments, i);
    }
    collect();
    assert_int_equal(count, 3 + 2 * MANY);
    WORD(2, "1000");
    for (int i = 0; i < MANY; i++) {
        snprintf(text, sizeof text, "key %d", i);
        WORD(3 + i, text);
        WORD(3 + MANY + i, text + strlen("key "));
    }
}

static void nothing_of_a_call_is_left_in_the_next(void **state)
{
    (void)state;
    pv_commit_add_key(&arguments, "key", 3);
    pv_commit_add_text(&arguments, "a", 1);
    collect();
    pv_commit_arguments_reset(&arguments);
    pv_commit_add_text(&arguments, "b", 1);
    collect();
    assert_int_equal(count, 4);
    WORD(2, "0");
    WORD(3, "b");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(keys_come_before_the_rest_each_in_its_order),
        TEST(an_argument_is_any_bytes_or_none),
        TEST(pieces_stay_what_they_are_while_the_memory_grows),
        TEST(nothing_of_a_call_is_left_in_the_next),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
