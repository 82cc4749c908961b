#include "test_pageview_support.h"

#include "dashboard_files.h"
#include "pageview/bucket.h"
#include "pageview/event_json.h"
#include "pageview/log.h"
#include "producer/policy.h"

#define BROWSER "Mozilla/5.0 (X11; Linux x86_64; rv:27.0) Gecko/20100101 Firefox/27.0"

static char spiders_path[64];

static int write_spiders(void **state)
{
    (void)state;
    write_temporary_file(spiders_path, "bot\n", 4);
    return 0;
}

static int remove_spiders(void **state)
{
    (void)state;
    return unlink(spiders_path);
}

static struct pv_policy *policy_with(struct pv_policy_options options)
{
    struct pv_policy *policy;
    struct pv_error error;

    options.spiders_path = spiders_path;
    if (pv_policy_new(&options, &policy, &error) != PV_OK)
        fail_msg("%s", error.text);
    return policy;
}

static struct pv_policy *policy_of(const char *article_pattern, const struct pv_list *keep_params)
{
    return policy_with(
        (struct pv_policy_options){.article_pattern = article_pattern, .keep_params = keep_params});
}

static struct pv_text text(const char *bytes)
{
    return (struct pv_text){bytes, bytes == NULL ? 0 : strlen(bytes)};
}

static void assert_text(struct pv_text actual, const char *expected)
{
    if (actual.data == NULL || actual.length != strlen(expected) ||
        memcmp(actual.data, expected, actual.length) != 0)
        fail_msg("\"%.*s\" is not \"%s\"", (int)actual.length,
                 actual.data == NULL ? "" : actual.data, expected);
}

static struct pv_hit hit_of(const char *method, const char *target, int status)
{
    return (struct pv_hit){.ts_ms = 1431857103000,
                           .method = text(method),
                           .target = text(target),
                           .referrer = text("-"),
                           .user_agent = text(BROWSER),
                           .status = status};
}

static enum pv_reason reason_of(struct pv_policy *policy, const char *method, const char *target,
                                int status)
{
    struct pv_hit hit = hit_of(method, target, status);
    struct pv_event event;

    return pv_policy_apply(policy, &hit, &event);
}

static void first_reason_in_the_policys_order_is_given(void **state)
{
    static const struct {
        const char *method, *target;
        int status;
        enum pv_reason reason;
    } cases[] = {
        {"GET", "/blog/a", 200, PV_REASON_NONE},
        {"GET", "/blog/a", 304, PV_REASON_NONE},
        {"POST", "/a.css", 404, PV_REASON_method},
        {"HEAD", "/blog/a", 200, PV_REASON_method},
        {"get", "/blog/a", 200, PV_REASON_method},
        {"GETS", "/blog/a", 200, PV_REASON_method},
        {"", "", 200, PV_REASON_method},
        {"GET", "/a.css", 404, PV_REASON_status},
        {"GET", "/blog/a", 206, PV_REASON_status},
        {"GET", "/blog/a", 301, PV_REASON_status},
        {"GET", "/\xff.css", 200, PV_REASON_asset},
        {"GET", "/\xff", 200, PV_REASON_bad_article},
        {"GET", "", 200, PV_REASON_bad_article},
        {"GET", "/shop/a", 200, PV_REASON_not_article},
    };
    struct pv_policy *policy = policy_of("^/blog/", NULL);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum pv_reason reason =
            reason_of(policy, cases[i].method, cases[i].target, cases[i].status);

        if (reason != cases[i].reason)
            fail_msg("%s \"%s\" %d is %s, not %s", cases[i].method, cases[i].target,
                     cases[i].status, pv_reason_name(reason), pv_reason_name(cases[i].reason));
    }
    pv_policy_destroy(policy);
}

static enum pv_reason judge(struct pv_policy *policy, const struct pv_hit *hit)
{
    struct pv_event event;

    return pv_policy_apply(policy, hit, &event);
}

/* Everything is wrong with the hit at first; one thing after the other is put right. */
static void reasons_come_in_the_order_of_the_documentation(void **state)
{
    static const char *const names[] = {"www.example.org"};
    static const struct pv_list sites = {(const char **)names, 1};
    struct pv_policy *policy =
        policy_with((struct pv_policy_options){.article_pattern = "^/blog/", .sites = &sites});
    struct pv_hit hit = hit_of("POST", "/\xff.css", 404);

    (void)state;
    hit.site = text("example.com");
    hit.purpose = text("prefetch");
    hit.no_consent = true;
    assert_int_equal(judge(policy, &hit), PV_REASON_other_site);
    hit.site = text("www.example.org");
    assert_int_equal(judge(policy, &hit), PV_REASON_method);
    hit.method = text("GET");
    assert_int_equal(judge(policy, &hit), PV_REASON_status);
    hit.status = 200;
    assert_int_equal(judge(policy, &hit), PV_REASON_asset);
    hit.target = text("/\xff");
    assert_int_equal(judge(policy, &hit), PV_REASON_prefetch);
    hit.purpose = text("");
    assert_int_equal(judge(policy, &hit), PV_REASON_consent);
    hit.no_consent = false;
    assert_int_equal(judge(policy, &hit), PV_REASON_bad_article);
    hit.target = text("/shop/a");
    assert_int_equal(judge(policy, &hit), PV_REASON_not_article);
    hit.target = text("/blog/a");
    assert_int_equal(judge(policy, &hit), PV_REASON_NONE);
    pv_policy_destroy(policy);
}

static void only_the_sites_that_are_named_count(void **state)
{
    static const char *const names[] = {"www.example.org", "Blog.Example.org"};
    static const struct pv_list sites = {(const char **)names, 2}, none = {NULL, 0};
    static const char *const others[] = {
        "example.org", "www.example.or", "www.example.org2", "awww.example.org", "", NULL,
    };
    struct pv_policy *policy = policy_with((struct pv_policy_options){.sites = &sites});
    struct pv_hit hit = hit_of("GET", "/a", 200);

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        hit.site = text(others[i]);
        if (judge(policy, &hit) != PV_REASON_other_site)
            fail_msg("\"%s\" is one of the sites", others[i]);
    }
    hit.site = text("WWW.example.org");
    assert_int_equal(judge(policy, &hit), PV_REASON_NONE);
    hit.site = text("blog.example.org");
    assert_int_equal(judge(policy, &hit), PV_REASON_NONE);
    pv_policy_destroy(policy);
    policy = policy_with((struct pv_policy_options){.sites = &none});
    hit.site = text(NULL);
    assert_int_equal(judge(policy, &hit), PV_REASON_NONE);
    pv_policy_destroy(policy);
}

static void page_that_is_loaded_ahead_is_no_view(void **state)
{
    static const char *const ahead[] = {
        "prefetch",  "Prefetch",  "prefetch;prerender",
        "prerender", "PRERENDER", "a, prefetch;anonymous-client-ip",
    };
    static const char *const seen[] = {NULL,       "",          "-",      "prefetc",
                                       "rerender", "pre fetch", "preview"};
    struct pv_policy *policy = policy_of(NULL, NULL);
    struct pv_hit hit = hit_of("GET", "/a", 200);

    (void)state;
    for (size_t i = 0; i < sizeof ahead / sizeof ahead[0]; i++) {
        hit.purpose = text(ahead[i]);
        if (judge(policy, &hit) != PV_REASON_prefetch)
            fail_msg("\"%s\" is not ahead of time", ahead[i]);
    }
    for (size_t i = 0; i < sizeof seen / sizeof seen[0]; i++) {
        hit.purpose = text(seen[i]);
        if (judge(policy, &hit) != PV_REASON_NONE)
            fail_msg("\"%s\" is ahead of time", seen[i]);
    }
    pv_policy_destroy(policy);
}

static void who_asks_not_to_be_counted_is_not_unless_the_site_says_so(void **state)
{
    struct pv_policy *policy = policy_of(NULL, NULL);
    struct pv_hit hit = hit_of("GET", "/a", 200);

    (void)state;
    hit.no_consent = true;
    assert_int_equal(judge(policy, &hit), PV_REASON_consent);
    pv_policy_destroy(policy);
    policy = policy_with((struct pv_policy_options){.ignore_consent = true});
    assert_int_equal(judge(policy, &hit), PV_REASON_NONE);
    pv_policy_destroy(policy);
}

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

static void every_extension_of_the_list_is_an_asset(void **state)
{
    char list[] =
        "css js mjs map json xml txt rss atom png jpg jpeg gif svg ico webp avif bmp woff "
        "woff2 ttf otf eot mp3 mp4 webm ogg m4a mov avi pdf zip gz tgz bz2 xz tar rar 7z "
        "iso dmg exe deb rpm wasm";
    struct pv_policy *policy = policy_of(NULL, NULL);

    (void)state;
    for (char *extension = strtok(list, " "); extension != NULL; extension = strtok(NULL, " ")) {
        char target[64];

        snprintf(target, sizeof target, "/a/b.%s?v=1", extension);
        if (reason_of(policy, "GET", target, 200) != PV_REASON_asset)
            fail_msg("%s is no asset", target);
    }
    pv_policy_destroy(policy);
}

static void extension_is_what_follows_the_last_dot_of_the_last_name(void **state)
{
    static const char *const assets[] = {"/a.b.CSS", "/.css", "/a.Woff2#x.html", "a.js",
                                         "http://www.example.org/a.png"};
    static const char *const pages[] = {
        "/a.html",
        "/a.css/",
        "/a.css/b",
        "/css",
        "/a?b.css",
        "/a#b.css",
        "/a.cs",
        "/a.csss",
        "/a.",
        "/a.css.",
        "/a.woff23",
        "/a.p%6eg",
        "/a.c ss",
        "http://example.zip",
        "/a.css-and-much-more",
    };
    struct pv_policy *policy = policy_of(NULL, NULL);
    struct pv_hit hit = hit_of("GET", "/", 200);
    struct pv_event event;

    (void)state;
    for (size_t i = 0; i < sizeof assets / sizeof assets[0]; i++)
        if (reason_of(policy, "GET", assets[i], 200) != PV_REASON_asset)
            fail_msg("%s is no asset", assets[i]);
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++)
        if (reason_of(policy, "GET", pages[i], 200) != PV_REASON_NONE)
            fail_msg("%s is no page", pages[i]);
    hit.target = (struct pv_text){"/a.gz\0", 6};
    assert_int_equal(pv_policy_apply(policy, &hit, &event), PV_REASON_bad_article);
    pv_policy_destroy(policy);
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

static void article_pattern_reads_the_canonical_id(void **state)
{
    static const char *const names[] = {"p"};
    static const struct pv_list keep = {(const char **)names, 1};
    struct pv_policy *policy = policy_of("^/(caf.)/([a-z]+)\\?p=\\d+$", &keep);

    (void)state;
    assert_int_equal(reason_of(policy, "GET", "//caf%c3%a9/x/index.html?q=1&p=12", 200),
                     PV_REASON_NONE);
    assert_int_equal(reason_of(policy, "GET", "/caf%c3%a9/x?q=1", 200), PV_REASON_not_article);
    assert_int_equal(reason_of(policy, "GET", "/CAF%c3%a9/x?p=1", 200), PV_REASON_not_article);
    pv_policy_destroy(policy);
}

static void bad_article_pattern_is_refused_with_option_and_position(void **state)
{
    struct pv_policy_options options = {.article_pattern = "^/a(b", .spiders_path = spiders_path};
    struct pv_policy *policy;
    struct pv_error error;

    (void)state;
    assert_int_equal(pv_policy_new(&options, &policy, &error), PV_INVALID);
    assert_contains(error.text, "--article-pattern");
    assert_contains(error.text, "^/a(b");
    assert_contains(error.text, "character 6");
}

static void bad_spiders_file_is_refused(void **state)
{
    struct pv_policy_options options = {.spiders_path = "/nonexistent/spiders.txt"};
    struct pv_policy *policy;
    struct pv_error error;

    (void)state;
    assert_int_equal(pv_policy_new(&options, &policy, &error), PV_INVALID);
    assert_contains(error.text, "/nonexistent/spiders.txt");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_reason_in_the_policys_order_is_given),
        cmocka_unit_test(reasons_come_in_the_order_of_the_documentation),
        cmocka_unit_test(only_the_sites_that_are_named_count),
        cmocka_unit_test(page_that_is_loaded_ahead_is_no_view),
        cmocka_unit_test(who_asks_not_to_be_counted_is_not_unless_the_site_says_so),
        cmocka_unit_test(title_and_section_are_the_hits),
        cmocka_unit_test(title_or_section_that_cannot_stand_in_an_event_is_left_out),
        cmocka_unit_test(long_title_is_cut_at_a_character_and_a_long_section_left_out),
        cmocka_unit_test(visitor_is_in_the_event_and_nothing_else_of_the_person),
        cmocka_unit_test(every_extension_of_the_list_is_an_asset),
        cmocka_unit_test(extension_is_what_follows_the_last_dot_of_the_last_name),
        cmocka_unit_test(view_becomes_an_event_of_what_the_hit_says),
        cmocka_unit_test(spiders_view_is_an_event_of_a_spider),
        cmocka_unit_test(referrer_is_a_host_or_absent),
        cmocka_unit_test(host_over_255_bytes_is_absent),
        cmocka_unit_test(article_pattern_reads_the_canonical_id),
        cmocka_unit_test(bad_article_pattern_is_refused_with_option_and_position),
        cmocka_unit_test(bad_spiders_file_is_refused),
    };

    return cmocka_run_group_tests(tests, write_spiders, remove_spiders);
}
