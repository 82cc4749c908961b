/* What becomes of the values of nginx's variables. */
#include "test_producer_format.h"

/* A format that is good whatever is in front of it. */
#define REST      " [$time_local] \"$request\" $status"
#define REST_LINE " [24/Nov/2026:13:05:07 +0000] \"GET /a HTTP/1.1\" 200"

/* What `variable` with this value does to a hit. */
static struct pv_hit hit_of(const char *variable, const char *value)
{
    char text[512];

    snprintf(text, sizeof text, "\"%s\"" REST, variable);
    use_format(text);
    snprintf(text, sizeof text, "\"%s\"" REST_LINE, value);
    return parse(text);
}

static void each_variable_fills_its_field(void **state)
{
    (void)state;
    assert_text(hit_of("$http_referer", "https://a/").referrer, "https://a/");
    assert_text(hit_of("$http_referer", "-").referrer, "-");
    assert_text(hit_of("$http_user_agent", "x/1").user_agent, "x/1");
    assert_text(hit_of("$remote_addr", "::1").address, "::1");
    assert_text(hit_of("$remote_addr", "-").address, NULL);
    assert_text(hit_of("$http_x_forwarded_for", "198.51.100.1").address, "198.51.100.1");
    assert_text(hit_of("$http_x_forwarded_for", "-").address, NULL);
    assert_text(hit_of("$host", "example.org").site, "example.org");
    assert_text(hit_of("$http_host", "example.org:8080").site, "example.org");
    assert_text(hit_of("$http_host", "[::1]:8080").site, "[::1]");
    assert_text(hit_of("$server_name", "example.org").site, "example.org");
    assert_text(hit_of("$host", "-").site, NULL);
    assert_text(hit_of("$http_sec_purpose", "prefetch;prerender").purpose, "prefetch;prerender");
    assert_text(hit_of("$http_purpose", "prefetch").purpose, "prefetch");
    assert_text(hit_of("$http_purpose", "-").purpose, NULL);
    assert_true(hit_of("$http_dnt", "1").no_consent);
    assert_false(hit_of("$http_dnt", "0").no_consent);
    assert_false(hit_of("$http_dnt", "-").no_consent);
    assert_true(hit_of("$http_sec_gpc", "1").no_consent);
    assert_text(hit_of("$sent_http_x_article_title", "A \\x22b\\x22").title, "A \"b\"");
    assert_text(hit_of("$sent_http_x_article_title", "-").title, NULL);
    assert_text(hit_of("$sent_http_x_article_section", "sport").section, "sport");
    assert_text(hit_of("$upstream_response_time", "0.1, 0.2").user_agent, NULL);
    assert_text(hit_of("${http_user_agent}", "x/1").user_agent, "x/1");
}

/* Or anybody could write headlines. */
static void title_and_section_are_never_those_of_a_request(void **state)
{
    (void)state;
    assert_text(hit_of("$http_x_article_title", "Lies").title, NULL);
    assert_text(hit_of("$http_x_article_section", "lies").section, NULL);
    assert_text(hit_of("$sent_http_user_agent", "x/1").user_agent, NULL);
}

static void the_better_of_two_variables_is_taken(void **state)
{
    static const struct {
        const char *format, *line, *address, *site, *purpose;
        bool no_consent;
    } cases[] = {
        {"$http_x_forwarded_for|$remote_addr", "1.1.1.1|2.2.2.2", "2.2.2.2", NULL, NULL, false},
        {"$remote_addr|$http_x_forwarded_for", "2.2.2.2|1.1.1.1", "2.2.2.2", NULL, NULL, false},
        {"$http_x_forwarded_for", "9.9.9.9, 1.1.1.1", "1.1.1.1", NULL, NULL, false},
        {"$http_x_forwarded_for", "9.9.9.9,[::1]:80 ", "[::1]", NULL, NULL, false},
        {"$host|$http_host|$server_name", "a|b|c", NULL, "a", NULL, false},
        {"$server_name|$http_host|$host", "c|b|a", NULL, "a", NULL, false},
        {"$server_name|$http_host|$host", "c|b|-", NULL, "b", NULL, false},
        {"$http_purpose|$http_sec_purpose", "p|s", NULL, NULL, "s", false},
        {"$http_purpose|$http_sec_purpose", "p|-", NULL, NULL, "p", false},
        {"$http_dnt|$http_sec_gpc", "1|0", NULL, NULL, NULL, true},
        {"$http_dnt|$http_sec_gpc", "0|1", NULL, NULL, NULL, true},
        {"$http_dnt|$http_sec_gpc", "-|-", NULL, NULL, NULL, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];
        struct pv_hit hit;

        snprintf(text, sizeof text, "%s|" REST, cases[i].format);
        use_format(text);
        snprintf(text, sizeof text, "%s|" REST_LINE, cases[i].line);
        hit = parse(text);
        assert_text(hit.address, cases[i].address);
        assert_text(hit.site, cases[i].site);
        assert_text(hit.purpose, cases[i].purpose);
        assert_int_equal(hit.no_consent, cases[i].no_consent);
    }
}

static void hexadecimal_escapes_are_undone(void **state)
{
    struct pv_hit hit;

    (void)state;
    use_format("$msec $request_uri $request_method $status \"$http_user_agent\"");
    hit = parse("1.0 /caf\\xC3\\xA9\\x5Cx41\\x22 GET 200 \"say \\x22hi\\x22\\x5C\"");
    assert_text(hit.target, "/caf\xc3\xa9\\x41\"");
    assert_text(hit.user_agent, "say \"hi\"\\");
    hit = parse("1.0 /\\x4 GET 200 \"\\xzz\"");
    assert_text(hit.target, "/\\x4");
    assert_text(hit.user_agent, "\\xzz");
}

static void json_escapes_are_undone_with_escape_json(void **state)
{
    struct pv_hit hit;

    (void)state;
    use_format("log_format j escape=json '{\"t\":\"$time_iso8601\",\"r\":\"$request\","
               "\"s\":$status,\"ua\":\"$http_user_agent\",\"ref\":\"$http_referer\"}';");
    hit = parse("{\"t\":\"2026-11-24T13:05:07+00:00\",\"r\":\"GET /\\\"a\\\" HTTP/1.1\",\"s\":200,"
                "\"ua\":\"\\u0001\\t\\n\\\\\\u00e9\\ud83d\\ude00\\ud83d\",\"ref\":\"\"}");
    assert_text(hit.target, "/\"a\"");
    assert_text(hit.user_agent, "\x01\t\n\\\xc3\xa9\xf0\x9f\x98\x80\xef\xbf\xbd");
    assert_text(hit.referrer, "");
    assert_false(
        parses("{\"t\":\"2026-11-24T13:05:07+00:00\",\"r\":\"GET /\\q HTTP/1.1\",\"s\":200,"
               "\"ua\":\"\",\"ref\":\"\"}"));
    use_format("log_format j escape=json '$msec $status $request';");
    assert_text(parse("1 200 GET /\\\\").target, "/\\");
    assert_false(parses("1 200 GET /\\"));
}

static void nothing_is_undone_with_escape_none(void **state)
{
    struct pv_hit hit;

    (void)state;
    use_format("log_format n escape=none '$msec $status $request_method $uri$is_args$args';");
    assert_text(parse("1.0 200 GET /a-").target, "/a-");
    use_format("log_format n escape=none '$msec\t$request\t$status\t\"$http_user_agent\"';");
    hit = parse("1.0\tGET /a\\x22 HTTP/1.1\t200\t\"a \"quoted\" agent\\\"");
    assert_text(hit.target, "/a\\x22");
    assert_text(hit.user_agent, "a \"quoted\" agent\\");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FORMAT_TEST(each_variable_fills_its_field),
        FORMAT_TEST(title_and_section_are_never_those_of_a_request),
        FORMAT_TEST(the_better_of_two_variables_is_taken),
        FORMAT_TEST(hexadecimal_escapes_are_undone),
        FORMAT_TEST(json_escapes_are_undone_with_escape_json),
        FORMAT_TEST(nothing_is_undone_with_escape_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
