#include "test_pageview_support.h"

#include "pageview/utf8.h"

/* RFC 3629's own grammar (section 4), written out as ranges: the independent opinion. */
static const struct {
    size_t size;
    unsigned char first_low, first_high, second_low, second_high;
} grammar[] = {
    {1, 0x00, 0x7f, 0, 0},       {2, 0xc2, 0xdf, 0x80, 0xbf}, {3, 0xe0, 0xe0, 0xa0, 0xbf},
    {3, 0xe1, 0xec, 0x80, 0xbf}, {3, 0xed, 0xed, 0x80, 0x9f}, {3, 0xee, 0xef, 0x80, 0xbf},
    {4, 0xf0, 0xf0, 0x90, 0xbf}, {4, 0xf1, 0xf3, 0x80, 0xbf}, {4, 0xf4, 0xf4, 0x80, 0x8f},
};

static size_t expected_size(const unsigned char *bytes, size_t length)
{
    for (size_t i = 0; i < sizeof grammar / sizeof grammar[0]; i++) {
        bool matches = length >= grammar[i].size && bytes[0] >= grammar[i].first_low &&
                       bytes[0] <= grammar[i].first_high;

        if (matches && grammar[i].size > 1)
            matches = bytes[1] >= grammar[i].second_low && bytes[1] <= grammar[i].second_high;
        for (size_t at = 2; matches && at < grammar[i].size; at++)
            matches = bytes[at] >= 0x80 && bytes[at] <= 0xbf;
        if (matches)
            return grammar[i].size;
    }
    return 0;
}

/* The bits of RFC 3629, section 3. */
static uint32_t expected_code_point(const unsigned char *bytes, size_t size)
{
    static const unsigned first_mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t value = bytes[0] & first_mask[size];

    for (size_t i = 1; i < size; i++)
        value = value * 64 + (bytes[i] - 0x80U);
    return value;
}

static void check(const unsigned char *bytes, size_t length)
{
    const char *text = (const char *)bytes;
    uint32_t code_point = 0xdeadbeef;
    size_t expected = expected_size(bytes, length);

    if (pv_utf8_decode(text, length, &code_point) != expected)
        fail_msg("%02x %02x %02x %02x (%zu bytes) is not of size %zu", bytes[0], bytes[1], bytes[2],
                 bytes[3], length, expected);
    if (expected > 0) {
        char again[4];

        assert_int_equal(code_point, expected_code_point(bytes, expected));
        assert_int_equal(pv_utf8_encode(code_point, again), expected);
        assert_memory_equal(again, bytes, expected);
    }
    if (expected == length)
        assert_true(pv_utf8_is_valid(text, length));
    else if (expected == 0)
        assert_false(pv_utf8_is_valid(text, length));
}

static void decodes_every_sequence_of_one_to_three_bytes_as_rfc_3629(void **state)
{
    (void)state;
    for (unsigned value = 0; value < 1U << 24; value++) {
        const unsigned char bytes[4] = {(unsigned char)(value >> 16), (unsigned char)(value >> 8),
                                        (unsigned char)value, 0x80};

        if ((value & 0xffff) == 0)
            check(bytes, 1);
        if ((value & 0xff) == 0)
            check(bytes, 2);
        check(bytes, 3);
    }
}

static void decodes_sequences_of_four_bytes_as_rfc_3629(void **state)
{
    static const unsigned char edges[] = {0x00, 0x7f, 0x80, 0x8f, 0x90,
                                          0x9f, 0xa0, 0xbf, 0xc0, 0xff};

    (void)state;
    for (unsigned first = 0xe0; first <= 0xff; first++)
        for (unsigned second = 0; second <= 0xff; second++)
            for (size_t third = 0; third < sizeof edges; third++)
                for (size_t fourth = 0; fourth < sizeof edges; fourth++) {
                    const unsigned char bytes[4] = {(unsigned char)first, (unsigned char)second,
                                                    edges[third], edges[fourth]};

                    check(bytes, 4);
                }
}

static void known_edges_of_rfc_3629(void **state)
{
    static const struct {
        const char *text;
        bool valid;
    } cases[] = {
        {"", true},
        {"\x41\xe2\x89\xa2\xce\x91\x2e", true},         /* A≢Α. */
        {"\xed\x95\x9c\xea\xb5\xad\xec\x96\xb4", true}, /* 한국어 */
        {"\xf0\xa3\x8e\xb4", true},                     /* U+233B4 */
        {"\xf4\x8f\xbf\xbf", true},                     /* U+10FFFF */
        {"\xf4\x90\x80\x80", false},                    /* U+110000 */
        {"\xc0\x80", false},                            /* NUL, overlong */
        {"\xc1\xbf", false},                            /* U+007F, overlong */
        {"\xe0\x9f\xbf", false},                        /* U+07FF, overlong */
        {"\xf0\x8f\xbf\xbf", false},                    /* U+FFFF, overlong */
        {"\xed\x9f\xbf", true},                         /* U+D7FF */
        {"\xed\xa0\x80", false},                        /* U+D800, a surrogate */
        {"\xed\xbf\xbf", false},                        /* U+DFFF, a surrogate */
        {"\xee\x80\x80", true},                         /* U+E000 */
        {"\xef\xbf\xbf", true},                         /* U+FFFF */
        {"\x80", false},
        {"\xff", false},
        {"\xf8\x88\x80\x80\x80", false},
        {"12345678\xc3\xa9", true}, /* behind a whole word of ASCII */
        {"12345678\xc3", false},
        {"1234567\xc3\xa9"
         "12345678",
         true},
        {"123456789012345\xa9", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (pv_utf8_is_valid(cases[i].text, strlen(cases[i].text)) != cases[i].valid)
            fail_msg("case %zu", i);
}

static void never_reads_behind_the_end(void **state)
{
    /* In memory of exactly that size, so that AddressSanitizer sees a byte too far. */
    static const char *const cut[] = {"\xc3", "\xe2\x82", "\xf0\x9f\x98", "1234567\xf0"};

    (void)state;
    for (size_t i = 0; i < sizeof cut / sizeof cut[0]; i++) {
        size_t length = strlen(cut[i]);
        char *copy = malloc(length);

        assert_non_null(copy);
        memcpy(copy, cut[i], length);
        assert_false(pv_utf8_is_valid(copy, length));
        assert_false(pv_utf8_is_printable(copy, length));
        free(copy);
    }
    assert_int_equal(pv_utf8_decode("a", 0, &(uint32_t){0}), 0);
}

static void printable_refuses_exactly_the_control_characters(void **state)
{
    (void)state;
    for (uint32_t code_point = 0; code_point < 0x800; code_point++) {
        char text[2] = {(char)code_point, 0};
        size_t length = 1;
        bool control = code_point <= 0x1f || (code_point >= 0x7f && code_point <= 0x9f);

        if (code_point >= 0x80) {
            text[0] = (char)(0xc0 | code_point >> 6);
            text[1] = (char)(0x80 | (code_point & 0x3f));
            length = 2;
        }
        assert_int_equal(pv_utf8_is_printable(text, length), !control);
    }
    assert_true(pv_utf8_is_printable("", 0));
    assert_true(pv_utf8_is_printable("\xe2\x80\xa8", 3)); /* U+2028 is no control character */
    assert_false(pv_utf8_is_printable("ok\xff", 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_every_sequence_of_one_to_three_bytes_as_rfc_3629),
        cmocka_unit_test(decodes_sequences_of_four_bytes_as_rfc_3629),
        cmocka_unit_test(known_edges_of_rfc_3629),
        cmocka_unit_test(never_reads_behind_the_end),
        cmocka_unit_test(printable_refuses_exactly_the_control_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
