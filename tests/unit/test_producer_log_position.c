#include "test_pageview_support.h"

#include "producer/sources/log_position.h"

static void expect_same_after_the_journey(const struct pv_log_position *position)
{
    struct pv_log_position parsed;
    char text[PV_POSITION_TEXT_SIZE];

    pv_log_position_format(position, text);
    if (!pv_log_position_parse(text, &parsed))
        fail_msg("\"%s\" is refused", text);
    assert_int_equal(parsed.known_ms, position->known_ms);
    assert_int_equal(parsed.count, position->count);
    for (size_t i = 0; i < position->count; i++) {
        assert_int_equal(parsed.marks[i].device, position->marks[i].device);
        assert_int_equal(parsed.marks[i].inode, position->marks[i].inode);
        assert_int_equal(parsed.marks[i].offset, position->marks[i].offset);
        assert_int_equal(parsed.marks[i].head_length, position->marks[i].head_length);
        assert_int_equal(parsed.marks[i].head_hash, position->marks[i].head_hash);
    }
}

static struct pv_log_position largest(void)
{
    struct pv_log_position position = {.known_ms = INT64_MAX, .count = PV_LOG_SEGMENTS_MAX};

    for (size_t i = 0; i < position.count; i++)
        position.marks[i] = (struct pv_segment_mark){UINT64_MAX, UINT64_MAX, INT64_MAX,
                                                     PV_SEGMENT_HEAD_MAX, UINT64_MAX};
    return position;
}

static void position_is_written_as_the_header_says(void **state)
{
    const struct pv_log_position position = {
        1795561971693, 2, {{64769, 131077, 52114, 1024, 0x9f86d081884c7d65}, {1, 2, 0, 0, 7}}};
    char text[PV_POSITION_TEXT_SIZE];

    (void)state;
    pv_log_position_format(&position, text);
    assert_string_equal(text, "1;1795561971693;64769:131077:52114:1024:9f86d081884c7d65;"
                              "1:2:0:0:0000000000000007");
}

static void position_comes_back_as_it_was(void **state)
{
    const struct pv_log_position none = {.known_ms = 1};
    const struct pv_log_position one = {
        1795561971693, 1, {{64769, 131077, 52114, 1024, 0x9f86d081884c7d65}}};
    const struct pv_log_position most = largest();

    (void)state;
    expect_same_after_the_journey(&none);
    expect_same_after_the_journey(&one);
    expect_same_after_the_journey(&most);
}

static void largest_position_fits_its_text(void **state)
{
    const struct pv_log_position position = largest();
    char text[PV_POSITION_TEXT_SIZE];

    (void)state;
    memset(text, 'x', sizeof text);
    pv_log_position_format(&position, text);
    assert_int_equal(strlen(text),
                     strlen("1;9223372036854775807") +
                         PV_LOG_SEGMENTS_MAX * strlen(";18446744073709551615:18446744073709551615:"
                                                      "9223372036854775807:1024:ffffffffffffffff"));
}

static void garbage_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "1",
        "1;",
        "2;5",
        "10;5",
        " 1;5",
        "1; 5",
        "1;-5",
        "1;+5",
        "1;x",
        "1;5x",
        "1;5\n",
        "1;5;",
        "1;5;1",
        "1;5;1:2:3:4",
        "1;5;1.2.3.4.5",
        "1;5;1:2:3:4:",
        "1;5;1:2:3:4:g",
        "1;5;1:2:3:4:5:6",
        "1;5;1:2:3:4:5;",
        "1;5;1:2:3:4:5;;1:2:3:4:5",
        "1;5;1:2:-3:4:5",
        "1;5;1: 2:3:4:5",
        "1;5;a:2:3:4:5",
        "1;5;1:2:3:1025:5",
        "1;5;1:2:9223372036854775808:4:5",
        "1;5;18446744073709551616:2:3:4:5",
        "1;9223372036854775808",
        "1;5;1:2:3:4:10000000000000000",
        ("1;5;1:2:3:4:5;1:2:3:4:5;1:2:3:4:5;1:2:3:4:5;1:2:3:4:5;1:2:3:4:5;1:2:3:4:5;1:2:3:4:5;"
         "1:2:3:4:5"),
        "{\"offset\":5}",
    };
    struct pv_log_position position;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (pv_log_position_parse(texts[i], &position))
            fail_msg("\"%s\" is taken for a position", texts[i]);
    assert_true(pv_log_position_parse("1;5;1:2:3:4:5", &position));
}

static void position_cut_anywhere_is_refused_or_shorter(void **state)
{
    struct pv_log_position position = largest();
    char text[PV_POSITION_TEXT_SIZE];
    size_t length, refused = 0;

    (void)state;
    pv_log_position_format(&position, text);
    for (length = strlen(text); length-- > 0;) {
        char *cut = malloc(length + 1);

        assert_non_null(cut);
        memcpy(cut, text, length);
        cut[length] = '\0';
        refused += !pv_log_position_parse(cut, &position);
        assert_in_range(position.count, 0, PV_LOG_SEGMENTS_MAX);
        free(cut);
    }
    assert_true(refused > 0);
}

static void offset_is_that_of_the_newest_file(void **state)
{
    const struct pv_log_position none = {.known_ms = 1};
    const struct pv_log_position two = {1, 2, {{1, 1, 10, 1, 1}, {1, 2, 20, 1, 1}}};

    (void)state;
    assert_int_equal(pv_log_position_offset(&none), 0);
    assert_int_equal(pv_log_position_offset(&two), 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(position_is_written_as_the_header_says),
        cmocka_unit_test(position_comes_back_as_it_was),
        cmocka_unit_test(largest_position_fits_its_text),
        cmocka_unit_test(garbage_is_refused),
        cmocka_unit_test(position_cut_anywhere_is_refused_or_shorter),
        cmocka_unit_test(offset_is_that_of_the_newest_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
