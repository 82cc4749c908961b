/* What is written is what is read. */
#include "test_pageview_events.h"

static void what_is_written_reads_back_the_same(void **state)
{
    static const char *const nasty[] = {
        "/",
        "/a b",
        "/\"quoted\"",
        "/back\\slash",
        "/\\u0000",
        "/\xc3\xa9\xe2\x82\xac",
        "/\xf0\x9f\x98\x80",
        "/../..",
        "/{}[],:",
        "/</script>",
        "/%00%ff",
        "/'",
        "/\xe2\x80\xa8",
        "/\xef\xbf\xbd\xef\xbf\xbf",
        "/\xc2\xa0",
        "/\\",
        "\"",
        "\\\"",
    };
    static const size_t count = sizeof nasty / sizeof nasty[0];
    struct pv_buffer json = {0};

    (void)state;
    for (size_t i = 0; i < count; i++) {
        struct pv_event written = {
            .article = {nasty[i], strlen(nasty[i])},
            .ts_ms = (int64_t)i * 97516392817 % now_ms,
            .agent = (enum pv_agent)(i % 3),
            .visitor = {nasty[(i + 1) % count], strlen(nasty[(i + 1) % count])},
            .section = {nasty[(i + 2) % count], strlen(nasty[(i + 2) % count])},
            .title = {nasty[(i + 3) % count], strlen(nasty[(i + 3) % count])},
            .referrer = {nasty[(i + 4) % count], strlen(nasty[(i + 4) % count])},
            .id = {"", 0},
        };

        pv_buffer_reset(&json);
        pv_event_json_write(&json, &written);
        assert_false(json.failed);
        assert_int_equal(parse_bytes(json.data, json.length), VALID);
        assert_text(event.article, nasty[i]);
        assert_int_equal(event.ts_ms, written.ts_ms);
        assert_int_equal(event.agent, written.agent);
        assert_text(event.visitor, written.visitor.data);
        assert_text(event.section, written.section.data);
        assert_text(event.title, written.title.data);
        assert_text(event.referrer, written.referrer.data);
        assert_text(event.id, "");
    }
    pv_buffer_clean_up(&json);
}

static void what_is_absent_is_not_written(void **state)
{
    struct pv_event written = {.article = {"/x", 2}, .ts_ms = INT64_C(1432000000000)};
    struct pv_buffer json = {0};

    (void)state;
    pv_event_json_write(&json, &written);
    pv_buffer_add_char(&json, '\0');
    assert_string_equal(json.data, "{\"article\":\"/x\",\"ts\":1432000000000}");
    pv_buffer_reset(&json);
    written.ts_ms = 0;
    written.agent = PV_AGENT_SPIDER;
    written.referrer = (struct pv_text){"h", 1};
    pv_event_json_write(&json, &written);
    pv_buffer_add_char(&json, '\0');
    assert_string_equal(json.data,
                        "{\"article\":\"/x\",\"ts\":0,\"agent\":\"spider\",\"referrer\":\"h\"}");
    pv_buffer_clean_up(&json);
}

static void the_largest_event_is_within_the_size_limit(void **state)
{
    /* U+0001 takes six bytes as JSON: no text grows more. */
    char text[PV_ARTICLE_SIZE_MAX];
    struct pv_event written = {
        .article = {text, PV_ARTICLE_SIZE_MAX},
        .ts_ms = INT64_MAX,
        .agent = PV_AGENT_AUTOMATED,
        .visitor = {text, PV_VISITOR_SIZE_MAX},
        .section = {text, PV_SECTION_SIZE_MAX},
        .title = {text, PV_TITLE_SIZE_MAX},
        .referrer = {text, PV_REFERRER_SIZE_MAX},
        .id = {text, PV_ID_SIZE_MAX},
    };
    struct pv_buffer json = {0};

    (void)state;
    memset(text, 1, sizeof text);
    pv_event_json_write(&json, &written);
    assert_true(json.length <= PV_EVENT_SIZE_MAX);
    pv_buffer_add_char(&json, '\0');
    assert_contains(json.data, "\"ts\":9223372036854775807,");
    pv_buffer_clean_up(&json);
}

static void strings_are_escaped_as_json_wants(void **state)
{
    struct pv_buffer json = {0};

    (void)state;
    pv_json_string_write(&json, "a\"b\\c\n\x01\x1f\x7f\0d", 11);
    pv_buffer_add_char(&json, '\0');
    assert_string_equal(json.data, "\"a\\\"b\\\\c\\u000a\\u0001\\u001f\x7f\\u0000d\"");
    pv_buffer_reset(&json);
    pv_json_string_write(&json, "", 0);
    assert_memory_equal(json.data, "\"\"", 2);
    assert_int_equal(json.length, 2);
    pv_buffer_clean_up(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_reads_back_the_same),
        cmocka_unit_test(what_is_absent_is_not_written),
        cmocka_unit_test(the_largest_event_is_within_the_size_limit),
        cmocka_unit_test(strings_are_escaped_as_json_wants),
    };

    return cmocka_run_group_tests(tests, make_parser, destroy_parser);
}
