/* A view that was sent is in the spool as the event it is; a view that breaks a rule is not. */
#include "pageview_sender.h"

static void expect_refused(const struct pv_view *view)
{
    read_first_segment();
    if (pv_sender_send(sender, view) != PV_SEND_BAD_VIEW)
        fail_msg("taken: %.100s", view->url != NULL ? view->url : "no URL");
    assert_string_equal(sent, "");
    read_first_segment();
    assert_string_equal(sent, "");
}

static void view_is_sent_with_all_it_says(void **state)
{
    (void)state;
    send_one(&(struct pv_view){
        .url = "https://example.org/blog//a%20b/index.html?utm_source=x#top",
        .ts_ms = INT64_C(1432000000123),
        .agent = PV_SEND_ROBOT,
        .visitor = "5f1d8c0a9b3e7d42",
        .section = "news",
        .title = "A \"quoted\" title \xe2\x82\xac",
        .referrer = "https://user:word@Search.Example:8080/q?x",
    });
    assert_text(event.article, "/blog/a b");
    assert_int_equal(event.ts_ms, INT64_C(1432000000123));
    assert_int_equal(event.agent, PV_AGENT_SPIDER);
    assert_text(event.visitor, "5f1d8c0a9b3e7d42");
    assert_text(event.section, "news");
    assert_text(event.title, "A \"quoted\" title \xe2\x82\xac");
    assert_text(event.referrer, "search.example");
}

static void url_is_all_that_a_view_needs(void **state)
{
    int64_t before = pv_clock_now_ms(&pv_wall_clock);

    (void)state;
    send_one(&(struct pv_view){.url = "/x", .visitor = "", .section = "", .title = ""});
    assert_text(event.article, "/x");
    assert_in_range(event.ts_ms, before, pv_clock_now_ms(&pv_wall_clock));
    assert_int_equal(event.agent, PV_AGENT_USER);
    assert_null(event.visitor.data);
    assert_null(event.section.data);
    assert_null(event.title.data);
    assert_null(event.referrer.data);
}

static void parameters_that_are_kept_are_part_of_the_article(void **state)
{
    char name[] = "p";
    const char *kept[] = {"lang", name, NULL};
    struct pv_sender *keeping = open_sender(&(struct pv_sender_options){.keep_params = kept});

    (void)state;
    name[0] = 'q'; /* it was copied */
    kept[0] = NULL;
    send_to(keeping, &(struct pv_view){.url = "/?q=1&p=12&lang=de"});
    assert_text(event.article, "/?lang=de&p=12");
    send_one(&(struct pv_view){.url = "/?q=1&p=12&lang=de"});
    assert_text(event.article, "/");
    pv_sender_destroy(keeping);
}

static void view_that_breaks_a_rule_is_refused(void **state)
{
    int64_t now = pv_clock_now_ms(&pv_wall_clock);
    const struct pv_view views[] = {
        {.url = NULL},
        {.url = ""},
        {.url = "?p=1"},
        {.url = "/a\nb"},
        {.url = "/\xff"},
        {.url = "/a", .ts_ms = -1},
        {.url = "/a", .ts_ms = INT64_C(100000000000000)},
        {.url = "/a", .ts_ms = now + 400000},
        {.url = "/a", .agent = (enum pv_send_agent)2},
        {.url = "/a", .visitor = "a\tb"},
        {.url = "/a", .visitor = "\xc3"},
        {.url = "/a", .section = "new\ns"},
        {.url = "/a", .section = "\xed\xa0\x80"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++)
        expect_refused(&views[i]);
}

static void bounds_are_where_the_header_says(void **state)
{
    int64_t now = pv_clock_now_ms(&pv_wall_clock);

    (void)state;
    expect_refused(&(struct pv_view){.url = "/a", .visitor = text_of('v', 65)});
    expect_refused(&(struct pv_view){.url = "/a", .section = text_of('s', 65)});
    expect_refused(&(struct pv_view){.url = text_of('/', 65537)});
    send_one(&(struct pv_view){.url = "/a", .visitor = text_of('v', 64)});
    send_one(&(struct pv_view){.url = "/a", .section = text_of('s', 64)});
    send_one(&(struct pv_view){.url = text_of('/', 65536)});
    send_one(&(struct pv_view){.url = "/a", .ts_ms = 1});
    send_one(&(struct pv_view){.url = "/a", .ts_ms = now + 299000});
}

static void title_never_costs_a_view(void **state)
{
    static const struct {
        const char *title;
        size_t repeated; /* the last character is, this many times */
        size_t kept;     /* bytes of it, 0: it is left out */
    } titles[] = {
        {"x", 300, 300},
        {"x", 301, 300},
        {"x", 90000, 300},
        {"\xe2\x82\xac", 100, 300},
        {"\xe2\x82\xac", 101, 300},
        {"\xc3\xa9\xe2\x82\xac", 100, 299},
        {"\xf0\x9f\x98\x80", 100, 300},
        {"\xff", 1, 0},
        {"\t", 1, 0},
        {"\x80", 400, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++) {
        const char *last = titles[i].title;
        static char title[100000];
        size_t at = 0;

        if (strcmp(last, "\xc3\xa9\xe2\x82\xac") == 0) {
            memcpy(title, last, 2);
            last += at = 2;
        }
        for (size_t n = 0; n < titles[i].repeated; n++, at += strlen(last))
            memcpy(title + at, last, strlen(last));
        title[at] = '\0';
        send_one(&(struct pv_view){.url = "/a", .title = title});
        assert_int_equal(event.title.length, titles[i].kept);
        if (titles[i].kept > 0)
            assert_memory_equal(event.title.data, title, titles[i].kept);
    }
}

static void host_of_the_referrer_is_kept_and_no_more(void **state)
{
    static const struct {
        const char *referrer, *host; /* "": none */
    } referrers[] = {
        {"https://www.Example.org/path?q#f", "www.example.org"},
        {"https://example.org", "example.org"},
        {"http://example.org:8080", "example.org"},
        {"http://a@b@example.org/", "example.org"},
        {"http://example.org/@other", "example.org"},
        {"http://example.org\\@other", "example.org"},
        {"http://[2001:DB8::1]:80/x", "[2001:db8::1]"},
        {"http://[2001:db8::1", ""},
        {"http://\xc3\xa9xample.org/", "\xc3\xa9xample.org"},
        {"example.org", "example.org"},
        {"example.org:443", "example.org"},
        {"example.org/about", "example.org"},
        {"android-app://com.example.app/", "com.example.app"},
        {"-", ""},
        {"/local/path", ""},
        {"http://", ""},
        {"http:///path", ""},
        {"?https://example.org", ""},
        {"a host", ""},
        {"http://\xff/", ""},
        {"http://a\nb/", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof referrers / sizeof referrers[0]; i++) {
        send_one(&(struct pv_view){.url = "/a", .referrer = referrers[i].referrer});
        if (event.referrer.data == NULL && referrers[i].host[0] != '\0')
            fail_msg("%s has no host", referrers[i].referrer);
        if (event.referrer.data != NULL)
            assert_text(event.referrer, referrers[i].host);
    }
    send_one(&(struct pv_view){.url = "/a", .referrer = text_of('h', 255)});
    assert_int_equal(event.referrer.length, 255);
    send_one(&(struct pv_view){.url = "/a", .referrer = text_of('h', 256)});
    assert_null(event.referrer.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SEND_TEST(view_is_sent_with_all_it_says),
        SEND_TEST(url_is_all_that_a_view_needs),
        SEND_TEST(parameters_that_are_kept_are_part_of_the_article),
        SEND_TEST(view_that_breaks_a_rule_is_refused),
        SEND_TEST(bounds_are_where_the_header_says),
        SEND_TEST(title_never_costs_a_view),
        SEND_TEST(host_of_the_referrer_is_kept_and_no_more),
    };

    return cmocka_run_group_tests(tests, make_parser, destroy_parser);
}
