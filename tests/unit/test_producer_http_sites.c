#include "test_pageview_support.h"

#include "producer/http/sites.h"

static struct pv_text text_of(const char *text)
{
    return (struct pv_text){text, text != NULL ? strlen(text) : 0};
}

static void assert_site(const char *url, const char *expected)
{
    struct pv_text site = pv_site_of_url(text_of(url));

    if (expected == NULL) {
        assert_null(site.data);
        return;
    }
    assert_non_null(site.data);
    assert_int_equal(site.length, strlen(expected));
    assert_memory_equal(site.data, expected, site.length);
}

static void site_is_the_host_alone(void **state)
{
    (void)state;
    assert_site("https://example.org", "example.org");
    assert_site("http://example.org:8080/a?b@c", "example.org");
    assert_site("HTTPS://user:word@example.org?x", "example.org");
    assert_site("https://a@b@example.org#x", "example.org");
    assert_site("https://[2001:db8::1]:443/", "2001:db8::1");
    assert_site("https://example.org\\@other.org/", "example.org");
}

static void what_has_no_host_has_no_site(void **state)
{
    char url[400] = "https://";

    (void)state;
    assert_site(NULL, NULL);
    assert_site("", NULL);
    assert_site("/path", NULL);
    assert_site("https://", NULL);
    assert_site("https:///path", NULL);
    assert_site("https://:80/", NULL);
    assert_site("https://user@/", NULL);
    assert_site("https://[::1/", NULL);
    assert_site("https://[]/", NULL);
    assert_site("file:///etc/passwd", NULL);
    assert_site("about:blank", NULL);
    assert_site("ftp://example.org/", NULL);
    memset(url + 8, 'a', 254);
    assert_site(url, NULL);
    url[8 + 253] = '\0';
    assert_site(url, url + 8);
}

static bool allowed(const char *first, const char *second, const char *site)
{
    const char *items[] = {first, second};
    struct pv_list list = {items, 2};

    return pv_site_is_allowed(&list, text_of(site));
}

static void every_site_is_allowed_when_none_is_named(void **state)
{
    struct pv_list empty = {NULL, 0};

    (void)state;
    assert_true(pv_site_is_allowed(NULL, text_of("example.org")));
    assert_true(pv_site_is_allowed(&empty, text_of(NULL)));
}

static void named_sites_alone_are_allowed(void **state)
{
    (void)state;
    assert_true(allowed("example.org", "example.net", "example.net"));
    assert_true(allowed("example.org", "Example.NET", "eXample.net"));
    assert_false(allowed("example.org", "example.net", "www.example.net"));
    assert_false(allowed("example.org", "example.net", "example.ne"));
    assert_false(allowed("example.org", "example.net", "example.net."));
    assert_false(allowed("example.org", "example.net", NULL));
}

static void star_allows_all_below(void **state)
{
    (void)state;
    assert_true(allowed("a", "*.example.org", "www.example.org"));
    assert_true(allowed("a", "*.example.org", "a.b.Example.org"));
    assert_true(allowed("a", "*.example.org", "example.org"));
    assert_false(allowed("a", "*.example.org", "badexample.org"));
    assert_false(allowed("a", "*.example.org", "example.org.evil.net"));
}

static void pages_of_allowed_sites_may_read_answers(void **state)
{
    struct pv_list list = {(const char *[]){"example.org"}, 1};

    (void)state;
    assert_int_equal(pv_cors_of(NULL, text_of(NULL)), PV_CORS_NONE);
    assert_int_equal(pv_cors_of(NULL, text_of("https://any.org")), PV_CORS_ANY);
    assert_int_equal(pv_cors_of(&list, text_of("https://example.org:8443")), PV_CORS_ECHO);
    assert_int_equal(pv_cors_of(&list, text_of("https://evil.org")), PV_CORS_NONE);
    assert_int_equal(pv_cors_of(&list, text_of("null")), PV_CORS_NONE);
    assert_int_equal(pv_cors_of(&list, text_of(NULL)), PV_CORS_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(site_is_the_host_alone),
        cmocka_unit_test(what_has_no_host_has_no_site),
        cmocka_unit_test(every_site_is_allowed_when_none_is_named),
        cmocka_unit_test(named_sites_alone_are_allowed),
        cmocka_unit_test(star_allows_all_below),
        cmocka_unit_test(pages_of_allowed_sites_may_read_answers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
