#include "test_pageview_support.h"

#include "dashboard-export/article_json.h"

#define TEXT(literal)                                                                              \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }

/* 2026-11-24T13:05:07Z */
#define NOW_MS INT64_C(1795525507000)

/* The text with a NUL behind it; the caller cleans up. */
static struct pv_buffer render(const struct pv_article_counts *counts)
{
    const struct pv_offsets offsets = {0};
    const struct pv_snapshot_about about = {
        .stamp = {.generated_ms = NOW_MS, .committed_ms = NOW_MS - 1000},
        .exact = true,
        .offsets = &offsets};
    struct pv_buffer text = {0};

    pv_article_json(&text, &about, NOW_MS, counts);
    pv_buffer_add_char(&text, '\0');
    assert_false(text.failed);
    return text;
}

static struct pv_article_counts example(void)
{
    struct pv_article_counts counts = {
        .article = TEXT("/a"),
        .title = TEXT("A \"title\""),
        .section = TEXT("news"),
        .total = 87,
        .visitors = 12,
    };

    counts.hours[0] = 1;
    counts.hours[PV_ARTICLE_HOURS - 1] = 4;
    counts.days[0] = 2;
    counts.days[PV_ARTICLE_DAYS - 1] = 9;
    counts.ranks[0] = 3;
    counts.ranks[PV_ARTICLE_LISTS - 1] = 1000;
    return counts;
}

static void article_tells_its_counts(void **state)
{
    const struct pv_article_counts counts = example();
    struct pv_buffer text = render(&counts);

    (void)state;
    assert_contains(text.data, "\"generated_at\":\"2026-11-24T13:05:07Z\"");
    assert_contains(text.data, "\"schema\":\"pageviews/article/1\"");
    assert_contains(text.data,
                    ",\"article\":\"/a\",\"title\":\"A \\\"title\\\"\",\"section\":\"news\","
                    "\"total\":87,\"today\":9,\"this_hour\":4,\"visitors_today\":12,"
                    "\"hours\":{\"to\":\"2026-11-24T13\",\"views\":[1,0,");
    assert_contains(text.data, ",0,4]},\"days\":{\"to\":\"2026-11-24\",\"views\":[2,0,");
    assert_contains(text.data, ",0,9]},\"ranks\":{\"1h\":3,\"rising\":1000}}\n");
    pv_buffer_clean_up(&text);
}

static size_t numbers_of(const char *text, const char *series)
{
    const char *at = strstr(text, series);
    size_t count = 1;

    assert_non_null(at);
    at = strchr(at, '[');
    for (; *at != ']'; at++)
        count += *at == ',';
    return count;
}

static void series_have_a_number_an_hour_and_a_day(void **state)
{
    const struct pv_article_counts counts = example();
    struct pv_buffer text = render(&counts);

    (void)state;
    assert_int_equal(numbers_of(text.data, "\"hours\""), 48);
    assert_int_equal(numbers_of(text.data, "\"days\""), 30);
    pv_buffer_clean_up(&text);
}

static void what_is_unknown_is_null(void **state)
{
    const struct pv_article_counts counts = {.article = TEXT("/a"), .visitors = -1};
    struct pv_buffer text = render(&counts);

    (void)state;
    assert_contains(text.data, "\"title\":null,\"section\":null,\"total\":0,");
    assert_contains(text.data, "\"visitors_today\":null,");
    assert_contains(text.data, "\"ranks\":{}}");
    pv_buffer_clean_up(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(article_tells_its_counts),
        cmocka_unit_test(series_have_a_number_an_hour_and_a_day),
        cmocka_unit_test(what_is_unknown_is_null),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
