#include "test_pageview_support.h"

#include <inttypes.h>

#include "pageview/buffer.h"

static void keeps_every_byte_while_it_grows(void **state)
{
    struct pv_buffer buffer = {0};

    (void)state;
    for (int i = 0; i < 100000; i++)
        pv_buffer_add_char(&buffer, (char)(i % 251));
    assert_false(buffer.failed);
    assert_int_equal(buffer.length, 100000);
    for (int i = 0; i < 100000; i++)
        assert_int_equal((unsigned char)buffer.data[i], i % 251);
    pv_buffer_clean_up(&buffer);
    assert_null(buffer.data);
    assert_int_equal(buffer.capacity, 0);
}

static void grows_by_doubling(void **state)
{
    struct pv_buffer buffer = {0};
    size_t capacity = 0;
    int growths = 0;

    (void)state;
    for (int i = 0; i < 1 << 20; i++) {
        pv_buffer_add_char(&buffer, 'x');
        growths += buffer.capacity != capacity;
        capacity = buffer.capacity;
    }
    assert_true(growths <= 14);
    pv_buffer_clean_up(&buffer);
}

static void adding_nothing_to_nothing_is_fine(void **state)
{
    struct pv_buffer buffer = {0};

    (void)state;
    pv_buffer_add(&buffer, "", 0);
    pv_buffer_add_text(&buffer, "");
    pv_buffer_add_format(&buffer, "%s", "");
    assert_non_null(pv_buffer_reserve(&buffer, 0));
    assert_int_equal(buffer.length, 0);
    assert_false(buffer.failed);
    pv_buffer_clean_up(&buffer);
}

static void reset_empties_it_and_keeps_its_memory(void **state)
{
    struct pv_buffer buffer = {0};
    char *data;

    (void)state;
    pv_buffer_add_text(&buffer, "abc");
    data = buffer.data;
    pv_buffer_reset(&buffer);
    assert_int_equal(buffer.length, 0);
    pv_buffer_add_text(&buffer, "de");
    assert_ptr_equal(buffer.data, data);
    assert_memory_equal(buffer.data, "de", 2);
    pv_buffer_clean_up(&buffer);
}

static void formats_at_any_length(void **state)
{
    struct pv_buffer buffer = {0};

    (void)state;
    for (int width = 0; width < 600; width++) {
        pv_buffer_reset(&buffer);
        pv_buffer_add_text(&buffer, "<");
        pv_buffer_add_format(&buffer, "%*s>", width, "");
        assert_int_equal(buffer.length, (size_t)width + 2);
        assert_int_equal(buffer.data[buffer.length - 1], '>');
    }
    pv_buffer_clean_up(&buffer);
}

static void numbers_are_as_printf_writes_them(void **state)
{
    static const uint64_t numbers[] = {0,         1, 9, 10, 99, 100, 1795525507000, UINT64_MAX - 1,
                                       UINT64_MAX};
    struct pv_buffer buffer = {0};
    char expected[32];

    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        int length = snprintf(expected, sizeof expected, "%" PRIu64, numbers[i]);

        pv_buffer_reset(&buffer);
        pv_buffer_add_number(&buffer, numbers[i]);
        assert_int_equal(buffer.length, length);
        assert_memory_equal(buffer.data, expected, (size_t)length);
    }
    pv_buffer_clean_up(&buffer);
}

static void a_failed_append_is_remembered_and_changes_nothing_else(void **state)
{
    static const size_t impossible[] = {SIZE_MAX, SIZE_MAX - 2, SIZE_MAX / 2 + 1};
    struct pv_buffer buffer = {0};

    (void)state;
    pv_buffer_add_text(&buffer, "abc");
    for (size_t i = 0; i < sizeof impossible / sizeof impossible[0]; i++) {
        buffer.failed = false;
        assert_null(pv_buffer_reserve(&buffer, impossible[i]));
        assert_true(buffer.failed);
    }
    assert_int_equal(buffer.length, 3);
    assert_memory_equal(buffer.data, "abc", 3);
    pv_buffer_add_text(&buffer, "d");
    assert_true(buffer.failed);
    pv_buffer_reset(&buffer);
    assert_false(buffer.failed);
    pv_buffer_clean_up(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_every_byte_while_it_grows),
        cmocka_unit_test(grows_by_doubling),
        cmocka_unit_test(adding_nothing_to_nothing_is_fine),
        cmocka_unit_test(reset_empties_it_and_keeps_its_memory),
        cmocka_unit_test(formats_at_any_length),
        cmocka_unit_test(numbers_are_as_printf_writes_them),
        cmocka_unit_test(a_failed_append_is_remembered_and_changes_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
