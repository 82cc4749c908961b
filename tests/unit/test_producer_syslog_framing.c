/* Messages in a stream: the same ones come out however the bytes arrive. */
#include "test_pageview_support.h"

#include "pageview/buffer.h"
#include "producer/syslog/framing.h"

/* What came out: each message and a line feed, "!" for one too long. */
static struct pv_buffer out;

static void collect(struct pv_framing *framing)
{
    const char *message;
    size_t length;

    for (;;) {
        switch (pv_framing_next(framing, &message, &length)) {
        case PV_FRAME_NONE:
            return;
        case PV_FRAME_TOO_LONG:
            pv_buffer_add_text(&out, "!\n");
            break;
        case PV_FRAME_MESSAGE:
            assert_in_range(length, 1, PV_TAKE_LINE_MAX);
            pv_buffer_add(&out, message, length);
            pv_buffer_add_char(&out, '\n');
            pv_framing_take(framing);
            break;
        }
    }
}

static void put(struct pv_framing *framing, const char *data, size_t length)
{
    while (length > 0) {
        size_t room = 0;
        char *to = pv_framing_room(framing, &room);

        assert_non_null(to);
        assert_in_range(room, 1, PV_FRAMING_BUFFER_MAX);
        if (room > length)
            room = length;
        memcpy(to, data, room);
        pv_framing_added(framing, room);
        data += room;
        length -= room;
        collect(framing);
        assert_in_range(framing->capacity, 0, PV_FRAMING_BUFFER_MAX);
    }
}

static void expect_out(const char *expected, size_t length)
{
    if (out.length != length || memcmp(out.data, expected, length) != 0)
        fail_msg("got %zu bytes, not %zu: %.*s", out.length, length,
                 (int)(out.length < 200 ? out.length : 200), out.data);
}

/* In pieces of each size, and in two pieces cut at each byte. */
static void expect_messages(bool lines_only, const char *data, size_t length, const char *expected,
                            size_t expected_length, bool has_rest)
{
    for (size_t cut = 0; cut <= 2 * length; cut++) {
        struct pv_framing framing = {.lines_only = lines_only};
        size_t step = cut <= length ? cut : cut - length;

        pv_buffer_reset(&out);
        if (cut <= length) {
            put(&framing, data, step);
            put(&framing, data + step, length - step);
        } else {
            for (size_t at = 0; at < length; at += step)
                put(&framing, data + at, length - at < step ? length - at : step);
        }
        expect_out(expected, expected_length);
        assert_int_equal(pv_framing_has_rest(&framing, NULL, NULL), has_rest);
        pv_framing_clean_up(&framing);
    }
}

#define EXPECT(data, expected, has_rest)                                                           \
    expect_messages(false, data, sizeof data - 1, expected, sizeof expected - 1, has_rest)
#define EXPECT_LINES(data, expected, has_rest)                                                     \
    expect_messages(true, data, sizeof data - 1, expected, sizeof expected - 1, has_rest)

static void each_message_has_its_own_framing(void **state)
{
    (void)state;
    EXPECT("<1>a\n<1>b\n", "<1>a\n<1>b\n", false);
    EXPECT("4 <1>a4 <1>b", "<1>a\n<1>b\n", false);
    EXPECT("<1>a\n4 <1>b<1>c\n11 <1>d\n<1>e\nf<1>g\n", "<1>a\n<1>b\n<1>c\n<1>d\n<1>e\nf\n<1>g\n",
           false);
    /* Senders that count and end the line as well. */
    EXPECT("4 <1>a\n4 <1>b\n", "<1>a\n<1>b\n", false);
    EXPECT("5 <1>a\n5 <1>b\n", "<1>a\n\n<1>b\n\n", false);
}

static void any_byte_can_stand_in_a_message(void **state)
{
    (void)state;
    EXPECT("<1>\0\xff\r\n7 <1>\n\0\n1<1>b\n", "<1>\0\xff\r\n<1>\n\0\n1\n<1>b\n", false);
}

static void empty_lines_are_no_messages(void **state)
{
    (void)state;
    EXPECT("\n\n<1>a\n\n\n4 <1>b\n\n", "<1>a\n<1>b\n", false);
    EXPECT("", "", false);
}

static void digits_without_a_message_behind_them_are_no_count(void **state)
{
    (void)state;
    EXPECT("200 OK, all of you\n<1>a\n", "200 OK, all of you\n<1>a\n", false);
    EXPECT("7\n<1>a\n", "7\n<1>a\n", false);
    EXPECT("4  <1>a\n<1>b\n", "4  <1>a\n<1>b\n", false);
    EXPECT("0 <1>a\n<1>b\n", "0 <1>a\n<1>b\n", false);
    EXPECT("04 <1>a\n<1>b\n", "04 <1>a\n<1>b\n", false);
    EXPECT("1234567890 <1>a\n<1>b\n", "1234567890 <1>a\n<1>b\n", false);
}

static void half_a_message_is_a_rest(void **state)
{
    (void)state;
    EXPECT("<1>a\n<1>b", "<1>a\n", true);
    EXPECT("4 <1>a5 <1>b", "<1>a\n", true);
    EXPECT("<1>a\n12", "<1>a\n", true);
}

static void lines_have_no_counts(void **state)
{
    (void)state;
    EXPECT_LINES("4 <1>a\n5 <x>\n\n6\n", "4 <1>a\n5 <x>\n6\n", false);
    EXPECT_LINES("a\nb", "a\n", true);
}

static void message_stays_until_it_is_taken(void **state)
{
    struct pv_framing framing = {0};
    const char *first, *again;
    size_t length, room;

    (void)state;
    memcpy(pv_framing_room(&framing, &room), "<1>a\n<1>b\n", 10);
    pv_framing_added(&framing, 10);
    assert_int_equal(pv_framing_next(&framing, &first, &length), PV_FRAME_MESSAGE);
    assert_int_equal(pv_framing_next(&framing, &again, &length), PV_FRAME_MESSAGE);
    assert_ptr_equal(first, again);
    assert_memory_equal(again, "<1>a", 4);
    pv_framing_take(&framing);
    assert_int_equal(pv_framing_next(&framing, &again, &length), PV_FRAME_MESSAGE);
    assert_memory_equal(again, "<1>b", 4);
    pv_framing_clean_up(&framing);
}

/* "<1>x…x" of `length` bytes between two short neighbours. */
static void put_long(struct pv_framing *framing, size_t length, bool counted, size_t step)
{
    struct pv_buffer data = {0};

    pv_buffer_add_text(&data, "<1>a\n");
    if (counted)
        pv_buffer_add_format(&data, "%zu ", length);
    pv_buffer_add_text(&data, "<1>");
    memset(pv_buffer_reserve(&data, length - 3), 'x', length - 3);
    data.length += length - 3;
    pv_buffer_add_text(&data, counted ? "<1>b\n" : "\n<1>b\n");
    assert_false(data.failed);
    for (size_t at = 0; at < data.length; at += step)
        put(framing, data.data + at, data.length - at < step ? data.length - at : step);
    pv_buffer_clean_up(&data);
}

static void longest_message_is_taken_whole(void **state)
{
    static const size_t steps[] = {1, 1000, 4096, 65536, 200000};

    (void)state;
    for (size_t i = 0; i < 2 * sizeof steps / sizeof steps[0]; i++) {
        struct pv_framing framing = {0};

        pv_buffer_reset(&out);
        put_long(&framing, PV_TAKE_LINE_MAX, i % 2 == 0, steps[i / 2]);
        assert_int_equal(out.length, 5 + PV_TAKE_LINE_MAX + 1 + 5);
        assert_memory_equal(out.data, "<1>a\n<1>x", 9);
        assert_memory_equal(out.data + out.length - 7, "x\n<1>b\n", 7);
        pv_framing_clean_up(&framing);
    }
}

static void longer_message_is_skipped_and_its_neighbours_are_not(void **state)
{
    static const size_t lengths[] = {PV_TAKE_LINE_MAX + 1, PV_TAKE_LINE_MAX + 9,
                                     PV_TAKE_LINE_MAX + 10, PV_TAKE_LINE_MAX + 11, 1000000};
    static const size_t steps[] = {1, 4096, 65536, 2000000};

    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        for (size_t j = 0; j < 2 * sizeof steps / sizeof steps[0]; j++) {
            struct pv_framing framing = {0};

            pv_buffer_reset(&out);
            put_long(&framing, lengths[i], j % 2 == 0, steps[j / 2]);
            expect_out("<1>a\n!\n<1>b\n", 12);
            assert_false(pv_framing_has_rest(&framing, NULL, NULL));
            pv_framing_clean_up(&framing);
        }
    }
}

static void rest_of_a_skipped_message_is_no_rest(void **state)
{
    struct pv_framing framing = {0};

    (void)state;
    pv_buffer_reset(&out);
    put(&framing, "70000 <1>a", 10);
    expect_out("!\n", 2);
    assert_false(pv_framing_has_rest(&framing, NULL, NULL));
    pv_framing_clean_up(&framing);
}

static void memory_comes_with_bytes_and_goes_with_them(void **state)
{
    struct pv_framing framing = {0};
    size_t room;

    (void)state;
    assert_int_equal(pv_framing_next(&framing, NULL, NULL), PV_FRAME_NONE);
    assert_null(framing.data);
    pv_buffer_reset(&out);
    put_long(&framing, PV_TAKE_LINE_MAX, true, 1000);
    assert_int_equal(framing.capacity, PV_FRAMING_BUFFER_MAX);
    assert_non_null(pv_framing_room(&framing, &room));
    assert_in_range(framing.capacity, 1, 16384);
    pv_framing_clean_up(&framing);
}

static int clean_up_out(void **state)
{
    (void)state;
    pv_buffer_clean_up(&out);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_message_has_its_own_framing),
        cmocka_unit_test(any_byte_can_stand_in_a_message),
        cmocka_unit_test(empty_lines_are_no_messages),
        cmocka_unit_test(digits_without_a_message_behind_them_are_no_count),
        cmocka_unit_test(half_a_message_is_a_rest),
        cmocka_unit_test(lines_have_no_counts),
        cmocka_unit_test(message_stays_until_it_is_taken),
        cmocka_unit_test(longest_message_is_taken_whole),
        cmocka_unit_test(longer_message_is_skipped_and_its_neighbours_are_not),
        cmocka_unit_test(rest_of_a_skipped_message_is_no_rest),
        cmocka_unit_test(memory_comes_with_bytes_and_goes_with_them),
    };

    return cmocka_run_group_tests(tests, NULL, clean_up_out);
}
