#include "test_pageview_support.h"

#include "dashboard-export/badge.h"

#define NARROW "\xe2\x80\xaf"

/* The badge with a NUL behind it; the caller cleans up. */
static struct pv_buffer badge(int64_t views, const struct pv_badge_words *words)
{
    struct pv_buffer svg = {0};

    pv_badge_write(&svg, views, words);
    pv_buffer_add_char(&svg, '\0');
    assert_false(svg.failed);
    return svg;
}

static void assert_says(int64_t views, const char *text)
{
    struct pv_buffer svg = badge(views, &pv_badge_english);
    char part[128];

    snprintf(part, sizeof part, "<title>%s</title>", text);
    assert_contains(svg.data, part);
    snprintf(part, sizeof part, ">%s</text>", text);
    assert_contains(svg.data, part);
    snprintf(part, sizeof part, "role=\"img\" aria-label=\"%s\"", text);
    assert_contains(svg.data, part);
    pv_buffer_clean_up(&svg);
}

static void number_is_grouped_and_named(void **state)
{
    (void)state;
    assert_says(0, "0 views");
    assert_says(1, "1 view");
    assert_says(87, "87 views");
    assert_says(999, "999 views");
    assert_says(1000, "1" NARROW "000 views");
    assert_says(123456, "123" NARROW "456 views");
    assert_says(1234567, "1" NARROW "234" NARROW "567 views");
}

static int width(const struct pv_buffer *svg)
{
    return atoi(strstr(svg->data, "width=\"") + strlen("width=\""));
}

static void height_is_fixed_and_width_follows_the_text(void **state)
{
    struct pv_buffer small = badge(87, &pv_badge_english), large = badge(1000, &pv_badge_english);

    (void)state;
    assert_contains(small.data, "height=\"20\" role");
    assert_contains(large.data, "height=\"20\" role");
    assert_int_equal(width(&large) - width(&small), 3 * 7);
    pv_buffer_clean_up(&small);
    pv_buffer_clean_up(&large);
}

static void dark_readers_get_a_dark_one(void **state)
{
    struct pv_buffer svg = badge(87, &pv_badge_english);

    (void)state;
    assert_contains(svg.data, "@media(prefers-color-scheme:dark)");
    pv_buffer_clean_up(&svg);
}

static void words_cannot_leave_their_place(void **state)
{
    const struct pv_badge_words hostile = {"", "\"><script>&\x01\xff\xef\xbf\xbf</a>"};
    struct pv_buffer svg = badge(5, &hostile);

    (void)state;
    assert_contains(svg.data, "<title>5 &quot;&gt;&lt;script&gt;&amp;&lt;/a&gt;</title>");
    assert_lacks(svg.data, "<script");
    pv_buffer_clean_up(&svg);
}

static void long_words_are_cut_between_characters(void **state)
{
    char word[1 + 2 * PV_BADGE_WORD_MAX + 1] = "a", expected[128];
    const struct pv_badge_words words = {"", word};
    struct pv_buffer svg;

    (void)state;
    for (size_t i = 0; i < PV_BADGE_WORD_MAX; i++)
        strcat(word, "\xd0\xb1");
    snprintf(expected, sizeof expected, "<title>5 %.*s</title>", PV_BADGE_WORD_MAX - 1, word);
    svg = badge(5, &words);
    assert_contains(svg.data, expected);
    pv_buffer_clean_up(&svg);
}

static void no_badge_is_larger_than_documented(void **state)
{
    const struct pv_badge_words worst = {"", "\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\""
                                             "\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\""};
    struct pv_buffer svg = badge(INT64_MAX, &worst);

    (void)state;
    assert_true(svg.length - 1 <= PV_BADGE_SIZE_MAX);
    pv_buffer_clean_up(&svg);
    svg = badge(INT64_MAX, &pv_badge_english);
    assert_contains(svg.data, "9" NARROW "223" NARROW "372" NARROW "036" NARROW "854" NARROW "775");
    pv_buffer_clean_up(&svg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(number_is_grouped_and_named),
        cmocka_unit_test(height_is_fixed_and_width_follows_the_text),
        cmocka_unit_test(dark_readers_get_a_dark_one),
        cmocka_unit_test(words_cannot_leave_their_place),
        cmocka_unit_test(long_words_are_cut_between_characters),
        cmocka_unit_test(no_badge_is_larger_than_documented),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
