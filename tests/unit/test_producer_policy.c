/* What is a view, and the reason of what is none. */
#include "test_producer_policy.h"

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
        cmocka_unit_test(every_extension_of_the_list_is_an_asset),
        cmocka_unit_test(extension_is_what_follows_the_last_dot_of_the_last_name),
        cmocka_unit_test(article_pattern_reads_the_canonical_id),
        cmocka_unit_test(bad_article_pattern_is_refused_with_option_and_position),
        cmocka_unit_test(bad_spiders_file_is_refused),
    };

    return cmocka_run_group_tests(tests, write_spiders, remove_spiders);
}
