/* The rules of docs/event-schema.md, one by one. */
#include "test_pageview_events.h"

static void every_field_of_a_full_event_is_read(void **state)
{
    (void)state;
    expect("{\"v\":1,\"article\":\"/2026/11/24/slug\",\"ts\":1795525507000,\"agent\":\"spider\","
           "\"visitor\":\"0123abcd\",\"section\":\"news\",\"title\":\"A \\\"title\\\"\","
           "\"referrer\":\"example.org\",\"id\":\"x-1\",\"unknown\":[{\"article\":2}]}",
           VALID);
    assert_text(event.article, "/2026/11/24/slug");
    assert_int_equal(event.ts_ms, INT64_C(1795525507000));
    assert_int_equal(event.agent, PV_AGENT_SPIDER);
    assert_text(event.visitor, "0123abcd");
    assert_text(event.section, "news");
    assert_text(event.title, "A \"title\"");
    assert_text(event.referrer, "example.org");
    assert_text(event.id, "x-1");
}

static void an_article_alone_is_a_view_by_a_person_at_the_messages_time(void **state)
{
    (void)state;
    expect("{\"article\":\"/a\"}", VALID);
    assert_text(event.article, "/a");
    assert_int_equal(event.ts_ms, message_ts_ms);
    assert_int_equal(event.agent, PV_AGENT_USER);
    assert_null(event.visitor.data);
    assert_null(event.section.data);
    assert_null(event.title.data);
    assert_null(event.referrer.data);
    assert_null(event.id.data);
}

static void nothing_is_left_over_from_the_event_before(void **state)
{
    (void)state;
    expect("{\"article\":\"/a\",\"agent\":\"automated\",\"visitor\":\"v\",\"title\":\"t\"}", VALID);
    expect("{\"article\":\"/b\"}", VALID);
    assert_text(event.article, "/b");
    assert_int_equal(event.agent, PV_AGENT_USER);
    assert_null(event.visitor.data);
    assert_null(event.title.data);
}

static void json_that_is_no_object_is_not_object(void **state)
{
    static const char *const values[] = {"[]",     "[{\"article\":\"/a\"}]",
                                         "\"/a\"", "1",
                                         "-0",     "0.5",
                                         "1e400",  "true",
                                         "false",  "null",
                                         " null "};

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        expect(values[i], PV_REASON_not_object);
}

static void version_is_1_or_absent(void **state)
{
    static const char *const good[] = {"1", "1.0", "1e0", "10e-1", "0.1e1", "1.00000"};
    static const char *const bad[] = {
        "0",
        "2",
        "-1",
        "1.5",
        "\"1\"",
        "null",
        "true",
        "[1]",
        "{}",
        "1e400",
        "-1e400",
        "1e-400",
        "1.0000000000000000000000001",
        "0.9999999999999999999999999",
    };
    char member[64];

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        snprintf(member, sizeof member, "\"v\":%s", good[i]);
        expect_member(member, VALID);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(member, sizeof member, "\"v\":%s", bad[i]);
        expect_member(member, PV_REASON_bad_version);
    }
}

static void an_event_without_article_is_missing_article(void **state)
{
    (void)state;
    expect("{}", PV_REASON_missing_article);
    expect("{\"ts\":1}", PV_REASON_missing_article);
    expect("{\"Article\":\"/a\"}", PV_REASON_missing_article);
    expect("{\"article \":\"/a\"}", PV_REASON_missing_article);
    expect("{\"article\\u0000\":\"/a\"}", PV_REASON_missing_article);
    expect("{\"x\":{\"article\":\"/a\"}}", PV_REASON_missing_article);
}

static void a_name_may_be_written_with_escapes(void **state)
{
    (void)state;
    expect("{\"\\u0061rticle\":\"/a\"}", VALID);
    assert_text(event.article, "/a");
}

static void an_article_that_is_no_text_is_bad_article(void **state)
{
    (void)state;
    expect("{\"article\":null}", PV_REASON_bad_article);
    expect("{\"article\":1}", PV_REASON_bad_article);
    expect("{\"article\":true}", PV_REASON_bad_article);
    expect("{\"article\":[\"/a\"]}", PV_REASON_bad_article);
    expect("{\"article\":{\"id\":\"/a\"}}", PV_REASON_bad_article);
}

static void an_article_given_twice_is_bad_article(void **state)
{
    (void)state;
    expect("{\"article\":\"/a\",\"article\":\"/b\"}", PV_REASON_bad_article);
    expect("{\"article\":\"/a\",\"article\":\"/a\"}", PV_REASON_bad_article);
    expect("{\"article\":\"/a\",\"\\u0061rticle\":\"/a\"}", PV_REASON_bad_article);
    expect("{\"article\":\"/a\",\"x\":{\"article\":\"/b\"}}", VALID);
}

static void an_article_has_1_to_512_bytes(void **state)
{
    char text[2048], article[PV_ARTICLE_SIZE_MAX + 2];

    (void)state;
    expect("{\"article\":\"\"}", PV_REASON_bad_article);
    expect("{\"article\":\"/\"}", VALID);
    memset(article, 'a', sizeof article);
    snprintf(text, sizeof text, "{\"article\":\"%.*s\"}", PV_ARTICLE_SIZE_MAX, article);
    expect(text, VALID);
    assert_int_equal(event.article.length, PV_ARTICLE_SIZE_MAX);
    snprintf(text, sizeof text, "{\"article\":\"%.*s\"}", PV_ARTICLE_SIZE_MAX + 1, article);
    expect(text, PV_REASON_bad_article);
    /* Bytes count, not characters, and not the bytes of their escapes. */
    snprintf(text, sizeof text, "{\"article\":\"%.*s\xc3\xa9\"}", PV_ARTICLE_SIZE_MAX - 2, article);
    expect(text, VALID);
    snprintf(text, sizeof text, "{\"article\":\"%.*s\\u00e9\"}", PV_ARTICLE_SIZE_MAX - 2, article);
    expect(text, VALID);
    snprintf(text, sizeof text, "{\"article\":\"%.*s\\u00e9\"}", PV_ARTICLE_SIZE_MAX - 1, article);
    expect(text, PV_REASON_bad_article);
}

static void an_article_has_no_control_characters(void **state)
{
    char text[64];

    (void)state;
    for (unsigned code = 0; code <= 0x200; code++) {
        bool control = code <= 0x1f || (code >= 0x7f && code <= 0x9f);

        snprintf(text, sizeof text, "{\"article\":\"/a\\u%04x/b\"}", code);
        expect(text, control ? PV_REASON_bad_article : VALID);
    }
    expect("{\"article\":\"/a\\n\"}", PV_REASON_bad_article);
    expect("{\"article\":\"/a\x7f\"}", PV_REASON_bad_article);
    expect("{\"article\":\"/a\xc2\x80\"}", PV_REASON_bad_article);
    expect("{\"article\":\"/a\xc2\x9f\"}", PV_REASON_bad_article);
    expect("{\"article\":\"/a\xc2\xa0\"}", VALID);
}

static void agent_is_one_of_three(void **state)
{
    static const char *const bad[] = {"\"\"", "\"User\"", "\"user \"", "\"bot\"", "\"spiders\"",
                                      "null", "1",        "true",      "[]",      "{}"};
    char member[64];

    (void)state;
    expect_member("\"agent\":\"user\"", VALID);
    assert_int_equal(event.agent, PV_AGENT_USER);
    expect_member("\"agent\":\"spider\"", VALID);
    assert_int_equal(event.agent, PV_AGENT_SPIDER);
    expect_member("\"agent\":\"automated\"", VALID);
    assert_int_equal(event.agent, PV_AGENT_AUTOMATED);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(member, sizeof member, "\"agent\":%s", bad[i]);
        expect_member(member, PV_REASON_bad_agent);
    }
}

static const struct {
    const char *name;
    size_t min, max;
} text_fields[] = {
    {"visitor", 1, 64}, {"section", 0, 64}, {"title", 0, 300}, {"referrer", 0, 255}, {"id", 0, 64},
};

static void other_fields_keep_their_bounds(void **state)
{
    static const size_t field_count = sizeof text_fields / sizeof text_fields[0];
    char filler[512], member[512];

    (void)state;
    memset(filler, 'x', sizeof filler);
    for (size_t i = 0; i < field_count; i++) {
        snprintf(member, sizeof member, "\"%s\":\"\"", text_fields[i].name);
        expect_member(member, text_fields[i].min == 0 ? VALID : PV_REASON_bad_field);
        snprintf(member, sizeof member, "\"%s\":\"%.*s\"", text_fields[i].name,
                 (int)text_fields[i].max, filler);
        expect_member(member, VALID);
        snprintf(member, sizeof member, "\"%s\":\"%.*s\"", text_fields[i].name,
                 (int)text_fields[i].max + 1, filler);
        expect_member(member, PV_REASON_bad_field);
        snprintf(member, sizeof member, "\"%s\":\"%.*s\xc3\xa9\"", text_fields[i].name,
                 (int)text_fields[i].max - 1, filler);
        expect_member(member, PV_REASON_bad_field);
    }
}

static void other_fields_are_text_without_control_characters(void **state)
{
    static const char *const bad[] = {"null",        "1",         "true",         "[]",
                                      "{}",          "[\"x\"]",   "\"x\\u0000\"", "\"x\\n\"",
                                      "\"\\u001f\"", "\"x\x7f\"", "\"\xc2\x85\"", "\"\\u009f\""};
    char member[64];

    (void)state;
    for (size_t field = 0; field < sizeof text_fields / sizeof text_fields[0]; field++)
        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
            snprintf(member, sizeof member, "\"%s\":%s", text_fields[field].name, bad[i]);
            expect_member(member, PV_REASON_bad_field);
        }
}

static void unknown_fields_may_be_anything(void **state)
{
    (void)state;
    expect_member("\"x\":null,\"y\":[1,{\"ts\":\"no\"}],\"\":\"\",\"V\":9,\"Agent\":0,\"ts \":0",
                  VALID);
    expect_member("\"x\":1,\"x\":2", VALID);
}

static void of_a_field_given_twice_the_last_counts(void **state)
{
    (void)state;
    expect_member("\"ts\":1,\"ts\":2", VALID);
    assert_int_equal(event.ts_ms, 2);
    expect_member("\"ts\":\"no\",\"ts\":2", VALID);
    expect_member("\"ts\":2,\"ts\":\"no\"", PV_REASON_bad_ts);
    expect_member("\"agent\":\"bot\",\"agent\":\"spider\"", VALID);
    expect_member("\"title\":\"a\",\"title\":null", PV_REASON_bad_field);
}

static void the_first_broken_rule_is_the_reason(void **state)
{
    /* Each text breaks its own rule and all that come behind it. */
    static const struct {
        const char *text;
        enum pv_reason reason;
    } cases[] = {
        {"{\"v\":2,\"article\":1,\"ts\":-1,\"agent\":0,\"id\":0", PV_REASON_not_json},
        {"[{\"v\":2,\"article\":1,\"ts\":-1,\"agent\":0,\"id\":0}]", PV_REASON_not_object},
        {"{\"v\":2,\"ts\":-1,\"agent\":0,\"id\":0}", PV_REASON_bad_version},
        {"{\"v\":2,\"article\":1,\"article\":1,\"ts\":-1,\"agent\":0,\"id\":0}",
         PV_REASON_bad_version},
        {"{\"ts\":-1,\"agent\":0,\"id\":0}", PV_REASON_missing_article},
        {"{\"id\":0,\"agent\":0,\"ts\":-1,\"article\":1}", PV_REASON_bad_article},
        {"{\"id\":0,\"agent\":0,\"ts\":-1,\"article\":\"/a\"}", PV_REASON_bad_ts},
        {"{\"id\":0,\"agent\":0,\"ts\":9e13,\"article\":\"/a\"}", PV_REASON_future},
        {"{\"id\":0,\"agent\":0,\"ts\":1,\"article\":\"/a\"}", PV_REASON_bad_agent},
        {"{\"id\":0,\"agent\":\"user\",\"ts\":1,\"article\":\"/a\"}", PV_REASON_bad_field},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect(cases[i].text, cases[i].reason);
}

/* Repeats `unit` in an event, behind `levels` open arrays, until it has no room for another. */

static void two_parsers_do_not_disturb_each_other(void **state)
{
    static const char first_text[] = "{\"article\":\"/first\"}",
                      second_text[] = "{\"article\":\"/second\"}";
    struct pv_event_parser *other = NULL;
    struct pv_event first, second;

    (void)state;
    assert_int_equal(pv_event_parser_new(&other, NULL), PV_OK);
    pv_event_json_parse(parser, first_text, strlen(first_text), 0, now_ms, &first);
    pv_event_json_parse(other, second_text, strlen(second_text), 0, now_ms, &second);
    assert_text(first.article, "/first");
    assert_text(second.article, "/second");
    pv_event_parser_destroy(other);
}

/* Whatever stands before and behind it, as texts are looked at in pieces. */
static void each_byte_that_needs_an_escape_gets_one_wherever_it_stands(void **state)
{
    enum { LENGTH = 27 };

    (void)state;
    for (unsigned c = 0; c < 256; c++)
        for (size_t at = 0; at < LENGTH; at++) {
            char text[LENGTH], expected[LENGTH + 16], escape[8] = {(char)c};
            struct pv_buffer json = {0};
            size_t length = 1;

            if (c < 0x20)
                length = (size_t)snprintf(escape, sizeof escape, "\\u%04x", c);
            else if (c == '"' || c == '\\')
                length = (size_t)snprintf(escape, sizeof escape, "\\%c", (int)c);
            memset(text, (int)(at % 2 == 0 ? 'a' : 0xe9), sizeof text);
            memset(expected, '"', sizeof expected);
            memcpy(expected + 1, text, at);
            memcpy(expected + 1 + at, escape, length);
            memcpy(expected + 1 + at + length, text + at, LENGTH - 1 - at);
            text[at] = (char)c;
            pv_json_string_write(&json, text, LENGTH);
            assert_int_equal(json.length, LENGTH - 1 + length + 2);
            assert_memory_equal(json.data, expected, json.length);
            pv_buffer_clean_up(&json);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_of_a_full_event_is_read),
        cmocka_unit_test(an_article_alone_is_a_view_by_a_person_at_the_messages_time),
        cmocka_unit_test(nothing_is_left_over_from_the_event_before),
        cmocka_unit_test(json_that_is_no_object_is_not_object),
        cmocka_unit_test(version_is_1_or_absent),
        cmocka_unit_test(an_event_without_article_is_missing_article),
        cmocka_unit_test(each_byte_that_needs_an_escape_gets_one_wherever_it_stands),
        cmocka_unit_test(a_name_may_be_written_with_escapes),
        cmocka_unit_test(an_article_that_is_no_text_is_bad_article),
        cmocka_unit_test(an_article_given_twice_is_bad_article),
        cmocka_unit_test(an_article_has_1_to_512_bytes),
        cmocka_unit_test(an_article_has_no_control_characters),
        cmocka_unit_test(agent_is_one_of_three),
        cmocka_unit_test(other_fields_keep_their_bounds),
        cmocka_unit_test(other_fields_are_text_without_control_characters),
        cmocka_unit_test(unknown_fields_may_be_anything),
        cmocka_unit_test(of_a_field_given_twice_the_last_counts),
        cmocka_unit_test(the_first_broken_rule_is_the_reason),
        cmocka_unit_test(two_parsers_do_not_disturb_each_other),
    };

    return cmocka_run_group_tests(tests, make_parser, destroy_parser);
}
