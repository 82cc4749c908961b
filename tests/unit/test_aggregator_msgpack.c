/* What is written is what a reader made from the specification reads. */
#include "aggregator_msgpack.h"

#include "aggregator/msgpack.h"

static struct pv_buffer buffer;

static int tear_down(void **state)
{
    (void)state;
    pv_buffer_clean_up(&buffer);
    return 0;
}

static void numbers_of_every_width_are_read_back_and_no_wider_than_needed(void **state)
{
    static const struct {
        uint64_t number;
        size_t size;
    } cases[] = {
        {0, 1},
        {1, 1},
        {0x7f, 1},
        {0x80, 3},
        {0xff, 3},
        {0x100, 3},
        {UINT16_MAX, 3},
        {0x10000, 5},
        {0x12345678, 5},
        {0x7fffffff, 5},
        {0x80000000, 5},
        {UINT32_MAX, 5},
        {0x100000000, 9},
        {0x123456789abcdef0, 9},
        {(UINT64_C(1) << 53) - 1, 9},
        {UINT64_MAX, 9},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct msgpack_reader reader;

        pv_buffer_reset(&buffer);
        pv_msgpack_number(&buffer, cases[i].number);
        assert_int_equal(buffer.length, cases[i].size);
        reader = msgpack_reader(buffer.data, buffer.length);
        assert_int_equal(msgpack_read_number(&reader), cases[i].number);
        assert_ptr_equal(reader.at, reader.end);
    }
}

static void texts_of_every_length_are_read_back(void **state)
{
    static const uint16_t lengths[] = {0, 1, 31, 32, 255, 256, 512, 65535};
    static char text[65535];

    (void)state;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)i;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        pv_msgpack_text(&buffer, text, lengths[i]);
    assert_false(buffer.failed);
    struct msgpack_reader reader = msgpack_reader(buffer.data, buffer.length);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        size_t length;
        const char *read = msgpack_read_text(&reader, &length);

        assert_int_equal(length, lengths[i]);
        assert_memory_equal(read, text, length);
    }
    assert_ptr_equal(reader.at, reader.end);
}

static void arrays_of_every_length_are_read_back(void **state)
{
    static const uint32_t counts[] = {0, 1, 15, 16, UINT16_MAX, UINT16_MAX + 1, UINT32_MAX};

    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct msgpack_reader reader;

        pv_buffer_reset(&buffer);
        pv_msgpack_array(&buffer, counts[i]);
        reader = msgpack_reader(buffer.data, buffer.length);
        assert_int_equal(msgpack_read_array(&reader), counts[i]);
        assert_ptr_equal(reader.at, reader.end);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(numbers_of_every_width_are_read_back_and_no_wider_than_needed,
                                  tear_down),
        cmocka_unit_test_teardown(texts_of_every_length_are_read_back, tear_down),
        cmocka_unit_test_teardown(arrays_of_every_length_are_read_back, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
