/* What the event of a view says. */
#include "test_producer_policy.h"

#include "dashboard_files.h"
#include "pageview/bucket.h"
#include "pageview/event_json.h"
#include "pageview/log.h"

static struct pv_event event_of(struct pv_policy *policy, const struct pv_hit *hit)
{
    struct pv_event event;

    assert_int_equal(pv_policy_apply(policy, hit, &event), PV_REASON_NONE);
    return event;
}

static void title_and_section_are_the_hits(void **state)
{
    struct pv_policy *policy = policy_of(NULL, NULL);
    struct pv_hit hit = hit_of("GET", "/a", 200);
    struct pv_event event;

    (void)state;
    hit.title = text("Caf\xc3\xa9 \"news\"");
    hit.section = text("food");
    event = event_of(policy, &hit);
    assert_text(event.title, "Caf\xc3\xa9 \"news\"");
    assert_text(event.section, "food");
    pv_policy_destroy(policy);
}

static void title_or_section_that_cannot_stand_in_an_event_is_left_out(void **state)
{
    static const char *const bad[] = {NULL, "", "a\xff", "a\nb", "\xc2\x85", "\xc3"};
    struct pv_policy *policy = policy_of(NULL, NULL);
    struct pv_hit hit = hit_of("GET", "/a", 200);

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct pv_event event;

        hit.title = hit.section = text(bad[i]);
        event = event_of(policy, &hit);
        assert_null(event.title.data);
        assert_null(event.section.data);
    }
    pv_policy_destroy(policy);
}

static void long_title_is_cut_at_a_character_and_a_long_section_left_out(void **state)
{
    struct pv_policy *policy = policy_of(NULL, NULL);
    struct pv_hit hit = hit_of("GET", "/a", 200);
    char bytes[PV_TITLE_SIZE_MAX + 4];

    (void)state;
    memset(bytes, 'a', sizeof bytes);
    hit.title = (struct pv_text){bytes, PV_TITLE_SIZE_MAX};
    hit.section = (struct pv_text){bytes, PV_SECTION_SIZE_MAX};
    assert_int_equal(event_of(policy, &hit).title.length, PV_TITLE_SIZE_MAX);
    assert_int_equal(event_of(policy, &hit).section.length, PV_SECTION_SIZE_MAX);
    hit.title.length = sizeof bytes;
    hit.section.length++;
    assert_int_equal(event_of(policy, &hit).title.length, PV_TITLE_SIZE_MAX);
    assert_null(event_of(policy, &hit).section.data);
    memcpy(bytes + PV_TITLE_SIZE_MAX - 2, "\xe2\x82\xac", 3); /* a euro across the bound */
    assert_int_equal(event_of(policy, &hit).title.length, PV_TITLE_SIZE_MAX - 2);
    memset(bytes, '\x80', sizeof bytes);
    assert_null(event_of(policy, &hit).title.data);
    pv_policy_destroy(policy);
}

static int64_t tell_time(void *context)
{
    (void)context;
    return 1431857103000;
}

static void visitor_is_in_the_event_and_nothing_else_of_the_person(void **state)
{
    static const struct pv_clock clock = {tell_time, NULL};
    char directory[TEST_PATH_SIZE];
    struct pv_salts *salts;
    struct pv_policy *policy;
    struct pv_error error;
    struct pv_buffer json = {0};
    struct pv_hit hit = hit_of("GET", "/a", 200);
    struct pv_event event;
    char first[PV_VISITOR_SIZE_MAX];

    (void)state;
    pv_log_set_level(PV_LOG_ERROR);
    make_directory(directory);
    assert_int_equal(pv_salts_open(directory, &clock, &salts, &error), PV_OK);
    policy = policy_with((struct pv_policy_options){.salts = salts});
    assert_null(event_of(policy, &hit).visitor.data);
    hit.address = text("203.0.113.9");
    event = event_of(policy, &hit);
    assert_int_equal(event.visitor.length, 16);
    memcpy(first, event.visitor.data, 16);
    pv_event_json_write(&json, &event);
    pv_buffer_add_char(&json, '\0');
    assert_contains(json.data, "\"visitor\":\"");
    assert_lacks(json.data, "203.0.113.9");
    assert_lacks(json.data, "Mozilla");
    hit.address = text("203.0.113.10");
    assert_memory_not_equal(event_of(policy, &hit).visitor.data, first, 16);
    hit.ts_ms -= 2 * PV_DAY_MS;
    assert_null(event_of(policy, &hit).visitor.data);
    pv_buffer_clean_up(&json);
    pv_policy_destroy(policy);
    pv_salts_destroy(salts);
    remove_directory(directory);
}

static void view_becomes_an_event_of_what_the_hit_says(void **state)
{
    struct pv_policy *policy = policy_of(NULL, NULL);
    struct pv_hit hit = hit_of("GET", "/caf%c3%a9/index.html?x=1", 200);
    struct pv_event event;

    (void)state;
    memset(&event, 'x', sizeof event);
    hit.referrer = text("https://www.example.org/search?q=1");
    assert_int_equal(pv_policy_apply(policy, &hit, &event), PV_REASON_NONE);
    assert_text(event.article, "/caf\xc3\xa9");
    assert_int_equal(event.ts_ms, 1431857103000);
    assert_int_equal(event.agent, PV_AGENT_USER);
    assert_text(event.referrer, "www.example.org");
    assert_null(event.visitor.data);
    assert_null(event.section.data);
    assert_null(event.title.data);
    assert_null(event.id.data);
    pv_policy_destroy(policy);
}

static void spiders_view_is_an_event_of_a_spider(void **state)
{
    static const struct {
        const char *user_agent;
        enum pv_agent agent;
    } cases[] = {
        {"Googlebot/2.1", PV_AGENT_SPIDER}, {"-", PV_AGENT_SPIDER}, {"", PV_AGENT_SPIDER},
        {BROWSER, PV_AGENT_USER},           {NULL, PV_AGENT_USER},
    };
    struct pv_policy *policy = policy_of(NULL, NULL);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pv_hit hit = hit_of("GET", "/a", 200);
        struct pv_event event;

        hit.user_agent = text(cases[i].user_agent);
        assert_int_equal(pv_policy_apply(policy, &hit, &event), PV_REASON_NONE);
        assert_int_equal(event.agent, cases[i].agent);
    }
    pv_policy_destroy(policy);
}

static void referrer_is_a_host_or_absent(void **state)
{
    static const struct {
        const char *referrer, *host;
    } cases[] = {
        {"http://example.org", "example.org"},
        {"https://WWW.Example.ORG:8080/a?b@c", "www.example.org"},
        {"https://user:secret@example.org/", "example.org"},
        {"https://a@b@example.org", "example.org"},
        {"http://[2001:DB8::1]:80/", "[2001:db8::1]"},
        {"android-app://com.google.android.gm/", "com.google.android.gm"},
        {"http://b\xc3\xbc"
         "cher.example/",
         "b\xc3\xbc"
         "cher.example"},
        {"http://example.org?a", "example.org"},
        {"http://example.org\\a", "example.org"},
        {"-", NULL},
        {"", NULL},
        {NULL, NULL},
        {"example.org/a", NULL},
        {"/a/b", NULL},
        {"/a?b=http://example.org/", NULL},
        {"://example.org/", NULL},
        {"about:blank", NULL},
        {"http:///a", NULL},
        {"http://", NULL},
        {"http://:80/", NULL},
        {"http://secret@", NULL},
        {"http://[2001/", NULL},
        {"http://a\xff/", NULL},
        {"http://a\nb/", NULL},
    };
    struct pv_policy *policy = policy_of(NULL, NULL);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pv_hit hit = hit_of("GET", "/a", 200);
        struct pv_event event;

        hit.referrer = text(cases[i].referrer);
        assert_int_equal(pv_policy_apply(policy, &hit, &event), PV_REASON_NONE);
        if (cases[i].host != NULL)
            assert_text(event.referrer, cases[i].host);
        else if (event.referrer.data != NULL)
            fail_msg("\"%s\" has a host", cases[i].referrer);
    }
    pv_policy_destroy(policy);
}

static void host_over_255_bytes_is_absent(void **state)
{
    struct pv_policy *policy = policy_of(NULL, NULL);
    struct pv_hit hit = hit_of("GET", "/a", 200);
    char url[7 + 256];
    struct pv_event event;

    (void)state;
    memset(url, 'a', sizeof url);
    memcpy(url, "http://", 7);
    hit.referrer = (struct pv_text){url, 7 + 255};
    assert_int_equal(pv_policy_apply(policy, &hit, &event), PV_REASON_NONE);
    assert_int_equal(event.referrer.length, 255);
    hit.referrer.length++;
    assert_int_equal(pv_policy_apply(policy, &hit, &event), PV_REASON_NONE);
    assert_null(event.referrer.data);
    pv_policy_destroy(policy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(title_and_section_are_the_hits),
        cmocka_unit_test(title_or_section_that_cannot_stand_in_an_event_is_left_out),
        cmocka_unit_test(long_title_is_cut_at_a_character_and_a_long_section_left_out),
        cmocka_unit_test(visitor_is_in_the_event_and_nothing_else_of_the_person),
        cmocka_unit_test(view_becomes_an_event_of_what_the_hit_says),
        cmocka_unit_test(spiders_view_is_an_event_of_a_spider),
        cmocka_unit_test(referrer_is_a_host_or_absent),
        cmocka_unit_test(host_over_255_bytes_is_absent),
    };

    return cmocka_run_group_tests(tests, write_spiders, remove_spiders);
}
