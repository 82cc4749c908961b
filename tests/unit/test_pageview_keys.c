#include "test_pageview_support.h"

#include "pageview/keys.h"
#include "pageview/reason.h"

static const int64_t time_ms = INT64_C(1795525507123); /* 2026-11-24T13:05:07.123Z */

static void keys_are_those_of_the_redis_schema(void **state)
{
    char key[PV_KEY_SIZE];

    (void)state;
    assert_int_equal(pv_key_views("pv:", key), strlen("pv:views"));
    assert_string_equal(key, "pv:views");
    assert_int_equal(pv_key_views_bucket("pv:", PV_BUCKET_DAY, time_ms, key), 19);
    assert_string_equal(key, "pv:views:2026-11-24");
    pv_key_views_bucket("pv:", PV_BUCKET_HOUR, time_ms, key);
    assert_string_equal(key, "pv:views:2026-11-24T13");
    pv_key_views_bucket("pv:", PV_BUCKET_MINUTE, time_ms, key);
    assert_string_equal(key, "pv:views:2026-11-24T13:05");
    pv_key_site("pv:", time_ms, key);
    assert_string_equal(key, "pv:site:2026-11-24");
    pv_key_filtered("pv:", time_ms, key);
    assert_string_equal(key, "pv:filtered:2026-11-24");
    pv_key_visits("pv:", key);
    assert_string_equal(key, "pv:visits");
    pv_key_visits_key("pv:", key);
    assert_string_equal(key, "pv:visits_key");
    pv_key_also_counter("pv:", key);
    assert_string_equal(key, "pv:also_counter");
    pv_key_also_changed("pv:", key);
    assert_string_equal(key, "pv:also_changed");
    assert_int_equal(pv_key_also_stem("pv:", key), strlen("pv:also:"));
    assert_string_equal(key, "pv:also:");
    pv_key_totals("pv:", key);
    assert_string_equal(key, "pv:totals");
    pv_key_offsets("pv:", key);
    assert_string_equal(key, "pv:offsets");
    assert_int_equal(pv_key_meta("pv:", key), strlen("pv:meta"));
    assert_string_equal(key, "pv:meta");
}

static void any_prefix_up_to_its_bound_fits(void **state)
{
    char prefix[PV_PREFIX_MAX + 1], key[PV_KEY_SIZE];

    (void)state;
    pv_key_meta("", key);
    assert_string_equal(key, "meta");
    memset(prefix, 'p', PV_PREFIX_MAX);
    prefix[PV_PREFIX_MAX] = '\0';
    assert_int_equal(pv_key_filtered(prefix, PV_TIME_LIMIT_MS - 1, key),
                     PV_PREFIX_MAX + strlen("filtered:5138-11-16"));
    assert_int_equal(strlen(key), PV_PREFIX_MAX + strlen("filtered:5138-11-16"));
    assert_int_equal(pv_key_views_bucket(prefix, PV_BUCKET_MINUTE, time_ms, key),
                     PV_PREFIX_MAX + 22);
    assert_string_equal(key + PV_PREFIX_MAX, "views:2026-11-24T13:05");
}

static void offset_fields_are_topic_slash_partition(void **state)
{
    char topic[250], field[PV_OFFSET_FIELD_SIZE];

    (void)state;
    assert_int_equal(pv_offset_field("pageviews", 7, field), 11);
    assert_string_equal(field, "pageviews/7");
    memset(topic, 't', 249);
    topic[249] = '\0';
    assert_int_equal(pv_offset_field(topic, INT32_MAX, field), 260);
    assert_string_equal(field + 249, "/2147483647");
}

static void reasons_have_the_names_of_the_documents(void **state)
{
    static const char *const names[PV_REASON_COUNT] = {
        "none",      "bad_line",   "history",     "not_allowed",     "other_site",  "method",
        "status",    "asset",      "prefetch",    "consent",         "not_article", "not_json",
        "too_large", "not_object", "bad_version", "missing_article", "bad_article", "bad_ts",
        "future",    "bad_agent",  "bad_field",   "spider",          "automated",   "repeat",
    };

    (void)state;
    for (int i = 0; i < PV_REASON_COUNT; i++) {
        assert_string_equal(pv_reason_name((enum pv_reason)i), names[i]);
        /* The totals hash has one field for views and one a reason. */
        assert_string_not_equal(names[i], PV_TOTALS_VIEWS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_those_of_the_redis_schema),
        cmocka_unit_test(any_prefix_up_to_its_bound_fits),
        cmocka_unit_test(offset_fields_are_topic_slash_partition),
        cmocka_unit_test(reasons_have_the_names_of_the_documents),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
