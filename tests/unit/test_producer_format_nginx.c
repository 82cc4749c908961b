#include "test_producer_format.h"

#define MAIN                                                                                       \
    "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent "             \
    "\"$http_referer\" \"$http_user_agent\" \"$http_x_forwarded_for\""
#define FRONT   "203.0.113.9 - - [24/Nov/2026:13:05:07 +0000] "
#define TS      INT64_C(1795525507000)
#define BROWSER "Mozilla/5.0 (X11; Linux x86_64; rv:27.0) Gecko/20100101 Firefox/27.0"

/* A format that is good whatever is in front of it. */
#define REST      " [$time_local] \"$request\" $status"
#define REST_LINE " [24/Nov/2026:13:05:07 +0000] \"GET /a HTTP/1.1\" 200"

static void main_format_becomes_a_hit(void **state)
{
    struct pv_hit hit;

    (void)state;
    use_format(MAIN);
    hit = parse(FRONT "\"GET /a/b?c=d HTTP/2.0\" 200 1234 \"https://example.org/x\" \"" BROWSER
                      "\" \"-\"");
    assert_int_equal(hit.ts_ms, TS);
    assert_text(hit.method, "GET");
    assert_text(hit.target, "/a/b?c=d");
    assert_int_equal(hit.status, 200);
    assert_text(hit.referrer, "https://example.org/x");
    assert_text(hit.user_agent, BROWSER);
    assert_text(hit.address, "203.0.113.9");
    assert_text(hit.site, NULL);
    assert_text(hit.purpose, NULL);
    assert_text(hit.title, NULL);
    assert_text(hit.section, NULL);
    assert_false(hit.no_consent);
}

static void protocols_and_addresses_of_any_version_pass(void **state)
{
    (void)state;
    use_format(MAIN);
    assert_text(parse(FRONT "\"GET /a HTTP/3.0\" 200 0 \"-\" \"-\" \"-\"").target, "/a");
    assert_text(parse(FRONT "\"GET /a HTTP/2.0\" 200 0 \"-\" \"-\" \"-\"").target, "/a");
    assert_text(parse(FRONT "\"GET /a\" 200 0 \"-\" \"-\" \"-\"").target, "/a");
    assert_text(parse("2001:db8::7 - - [24/Nov/2026:13:05:07 +0000] \"GET / HTTP/1.1\" 200 0 \"-\" "
                      "\"-\" \"-\"")
                    .address,
                "2001:db8::7");
    assert_text(parse("unix: - - [24/Nov/2026:13:05:07 +0000] \"GET / HTTP/1.1\" 200 0 \"-\" "
                      "\"-\" \"-\"")
                    .address,
                "unix:");
}

static void a_copied_configuration_is_the_same_format(void **state)
{
    static const char *const formats[] = {
        "log_format main '$remote_addr - $remote_user [$time_local] \"$request\" '\n"
        "                '$status $body_bytes_sent \"$http_referer\" '\n"
        "                '\"$http_user_agent\" \"$http_x_forwarded_for\"';",
        "  log_format  main  escape=default '$remote_addr - $remote_user [$time_local] "
        "\"$request\" $status $body_bytes_sent \"$http_referer\" \"$http_user_agent\" "
        "\"$http_x_forwarded_for\"' ; ",
        "'$remote_addr - $remote_user [$time_local] \"$request\" ' '$status $body_bytes_sent "
        "\"$http_referer\" ' '\"$http_user_agent\" \"$http_x_forwarded_for\"';",
        "\"$remote_addr - $remote_user [$time_local] \\\"$request\\\" $status $body_bytes_sent "
        "\\\"$http_referer\\\" \\\"$http_user_agent\\\" \\\"$http_x_forwarded_for\\\"\"",
        "$remote_addr - $remote_user [$time_local] \\\"$request\\\" $status $body_bytes_sent "
        "\\\"$http_referer\\\" \\\"$http_user_agent\\\" \\\"$http_x_forwarded_for\\\"",
        "log_format main $remote_addr ' - ' $remote_user ' [' ${time_local} '] \"' $request '\" '"
        " $status \" \" $body_bytes_sent ' \"' $http_referer '\" \"' $http_user_agent '\" \"'"
        " $http_x_forwarded_for '\"';",
    };

    (void)state;
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        use_format(formats[i]);
        assert_text(parse(FRONT "\"GET /a HTTP/1.1\" 200 0 \"-\" \"" BROWSER "\" \"-\"").user_agent,
                    BROWSER);
    }
}

static void format_may_begin_with_a_quote(void **state)
{
    (void)state;
    use_format("\"$time_iso8601\" \"$request\" \"$status\"");
    assert_text(parse("\"2026-11-24T13:05:07+00:00\" \"GET /a HTTP/1.1\" \"200\"").target, "/a");
}

static void each_time_is_understood(void **state)
{
    static const struct time_case cases[] = {
        {"$time_local", "24/Nov/2026:13:05:07 +0000", TS},
        {"$time_local", "24/Nov/2026:18:50:07 +0545", TS},
        {"$time_local", "24/Nov/2026:04:05:07 -0900", TS},
        {"$time_iso8601", "2026-11-24T13:05:07+00:00", TS},
        {"$time_iso8601", "2026-11-24T18:50:07+05:45", TS},
        {"$time_iso8601", "2026-11-24T09:35:07-03:30", TS},
        {"$time_iso8601", "2026-11-24T13:05:07Z", TS},
        {"$msec", "1795525507.123", TS + 123},
        {"$msec", "1795525507.000", TS},
        {"$msec", "0.000", 0},
        {"$msec,", "1795525507,", TS},
        {"$msec.", "1795525507.", TS},
        {"$time_local $msec", "24/Nov/2026:13:05:07 +0000 1795525507.123", TS + 123},
        {"$msec $time_local", "1795525507.123 24/Nov/2026:13:05:07 +0000", TS + 123},
        {"$msec $time_iso8601", "1795525507.123 2026-11-24T13:05:07+00:00", TS + 123},
    };

    (void)state;
    expect_times(" \"$request\" $status", CASES(cases));
}

static void broken_times_are_bad_lines(void **state)
{
    static const char *const cases[][2] = {
        {"$time_local", "24/Nov/2026:13:05:07"},
        {"$time_local", "31/Nov/2026:13:05:07 +0000"},
        {"$time_local", "24/Nov/2026:13:05:07 +00:00"},
        {"$time_iso8601", "2026-11-24T13:05:07"},
        {"$time_iso8601", "2026-11-24 13:05:07+00:00"},
        {"$time_iso8601", "2026-13-24T13:05:07+00:00"},
        {"$time_iso8601", "2026-11-24T13:05:07+24:00"},
        {"$time_iso8601", "2026-11-24T13:05:60+00:00"},
        {"$msec", "-1.000"},
        {"$msec", "1795525507."},
        {"$msec", "100000000000.000"},
        {"$msec", "18446744073709552.000"}, /* 384 ms, if a product could overflow */
        {"$msec", "999999999999999999.000"},
        {"$msec", "99999999999999999999.0"},
        {"$msec", "-"},
        {"$msec", ""},
    };

    (void)state;
    expect_bad_times(" \"$request\" $status", CASES(cases));
}

static void request_may_come_in_parts(void **state)
{
    static const struct request_case cases[] = {
        {"$request_method $request_uri", "GET /a?b=c", "GET", "/a?b=c"},
        {"$request_method $uri", "GET /a", "GET", "/a"},
        {"$request_method $document_uri", "GET /a", "GET", "/a"},
        {"$request_method $uri?$args", "GET /a?b=c", "GET", "/a?b=c"},
        {"$request_method $uri?$args", "GET /a?-", "GET", "/a"},
        {"$request_method $uri $query_string", "GET /a b=c", "GET", "/a?b=c"},
        {"$request_method $uri$is_args$args", "GET /a?b=c", "GET", "/a?b=c"},
        /* nginx writes "-" for a query that is not there, directly behind the path. */
        {"$request_method $uri$is_args$args", "GET /a-", "GET", "/a"},
        {"$request_method $uri$is_args$args", "GET /a--", "GET", "/a-"},
        {"$request_method $uri$is_args$args", "GET /a?b-", "GET", "/a?b-"},
        {"$request_method $uri$is_args$args", "GET /a", "GET", "/a"},
        {"$request_method $uri$is_args$args", "- --", "-", "-"},
        {"$request_method $uri$is_args$query_string", "GET /a?b", "GET", "/a?b"},
        {"$request_method $uri$is_args$args", "GET /100%?b=%41", "GET", "/100%25?b=%41"},
        /* What nginx decoded must not be decoded a second time. */
        {"$request_method $uri", "GET /100%/a?b#c", "GET", "/100%25/a%3Fb%23c"},
        /* A decoded target may hold spaces, when something that looks like a protocol follows. */
        {"$request_method $uri $server_protocol", "GET /a b c HTTP/1.1", "GET", "/a b c"},
        {"$request_method $request_uri $server_protocol", "GET /a HTTP/3.0", "GET", "/a"},
        {"$request_method $request_uri $server_protocol", "- - -", "-", "-"},
        /* The request line is what was sent, so it comes first; but not when it is empty. */
        {"$request_method $uri \"$request\"", "GET /b \"GET /a HTTP/1.1\"", "GET", "/a"},
        {"$request_method $uri \"$request\"", "GET /b \"-\"", "GET", "/b"},
        {"$uri \"$request\"", "- \"-\"", "-", ""},
        {"\"$request\"", "\"-\"", "-", ""},
        {"\"$request\"", "\"\"", "", ""},
        {"\"$request\"", "\"\\x16\\x03\\x01\"", "\x16\x03\x01", ""},
    };

    (void)state;
    expect_requests("$msec", "$status", CASES(cases));
}

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

static void user_may_hold_what_stands_behind_it(void **state)
{
    (void)state;
    use_format(MAIN);
    assert_int_equal(
        parse("::1 - J. R. [x] [17/May [24/Nov/2026:13:05:07 +0000] \"GET / HTTP/1.1\" "
              "200 0 \"-\" \"-\" \"-\"")
            .ts_ms,
        TS);
}

static void broken_lines_are_bad_lines(void **state)
{
    static const char *const lines[] = {
        "",
        "\r",
        "garbage",
        FRONT "\"GET / HTTP/1.1\" 200 0 \"-\" \"-\"",
        FRONT "\"GET / HTTP/1.1\" 200 0 \"-\" \"-\" \"-",
        FRONT "\"GET / HTTP/1.1\" 200 0 \"-\" \"-\" \"-\" ",
        FRONT "\"GET / HTTP/1.1\" 200 0 \"-\" \"-\" \"-\"x",
        FRONT "\"GET / HTTP/1.1\" 200 0 \"-\" \"-\"\"-\"",
        FRONT "\"GET / HTTP/1.1\" 20 0 \"-\" \"-\" \"-\"",
        FRONT "\"GET / HTTP/1.1\" 2000 0 \"-\" \"-\" \"-\"",
        FRONT "\"GET / HTTP/1.1\" - 0 \"-\" \"-\" \"-\"",
        FRONT "\"GET /\"q\" HTTP/1.1\" 200 0 \"-\" \"-\" \"-\"",
        FRONT "GET / HTTP/1.1 200 0 \"-\" \"-\" \"-\"",
        "203.0.113.9 - - [24/Nov/2026:13:05:07 +0000]",
        "203.0.113.9 - - 24/Nov/2026:13:05:07 +0000 \"GET / HTTP/1.1\" 200 0 \"-\" \"-\" \"-\"",
    };

    (void)state;
    use_format(MAIN);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        if (parses(lines[i]))
            fail_msg("taken: %s", lines[i]);
    assert_true(parses(FRONT "\"GET / HTTP/1.1\" 200 0 \"-\" \"-\" \"-\"\r"));
}

static void format_without_what_a_view_needs_is_refused(void **state)
{
    (void)state;
    assert_contains(refusal("\"$request\" $status"), "has no time: add $time_local");
    assert_contains(refusal("$time_local $status"), "has no request: add $request");
    assert_contains(refusal("$time_local $request_method $status"), "has no request");
    assert_contains(refusal("$time_local $request_uri $status"), "has no request");
    assert_contains(refusal("$time_local $args $request_method $status"), "has no request");
    assert_contains(refusal("$time_local \"$request\""), "has no status: add $status");
}

static void variables_side_by_side_are_refused_by_name(void **state)
{
    const char *text = refusal("$time_local \"$request\" $status$body_bytes_sent");

    (void)state;
    assert_contains(text, "between $status and $body_bytes_sent");
    assert_contains(refusal("$msec $scheme://${host}$request_uri $request_method $status"),
                    "between ${host} and $request_uri");
    assert_contains(refusal("$msec $request_method $uri$is_args$args$status"),
                    "between $uri$is_args$args and $status");
}

static void broken_formats_are_refused(void **state)
{
    (void)state;
    assert_contains(refusal("$time_local \"$request\" $status $ x"), "in front of \" x\"");
    assert_contains(refusal("$time_local \"$request\" $status ${x"), "is no variable");
    assert_contains(refusal("$time_local \"$request\" $status $"), "is no variable");
    assert_contains(refusal("log_format main '$time_local \"$request\" $status;"),
                    "has no other that closes it");
    assert_contains(refusal("log_format main escape=xml '$time_local';"),
                    "escape=xml is not known");
    assert_contains(refusal("log_format main '$a'; log_format other '$b';"),
                    "\"log_format other '$b';\" follows");
    assert_contains(refusal("log_format main '';"), "is empty");
    assert_contains(refusal("log_format"), "is empty");
    assert_contains(refusal("'$time_local \"$request\"\n$status'"), "line feed");
}

#define FORMAT_TEST(name) cmocka_unit_test_teardown(name, drop_format)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FORMAT_TEST(main_format_becomes_a_hit),
        FORMAT_TEST(protocols_and_addresses_of_any_version_pass),
        FORMAT_TEST(a_copied_configuration_is_the_same_format),
        FORMAT_TEST(format_may_begin_with_a_quote),
        FORMAT_TEST(each_time_is_understood),
        FORMAT_TEST(broken_times_are_bad_lines),
        FORMAT_TEST(request_may_come_in_parts),
        FORMAT_TEST(each_variable_fills_its_field),
        FORMAT_TEST(title_and_section_are_never_those_of_a_request),
        FORMAT_TEST(the_better_of_two_variables_is_taken),
        FORMAT_TEST(hexadecimal_escapes_are_undone),
        FORMAT_TEST(json_escapes_are_undone_with_escape_json),
        FORMAT_TEST(nothing_is_undone_with_escape_none),
        FORMAT_TEST(user_may_hold_what_stands_behind_it),
        FORMAT_TEST(broken_lines_are_bad_lines),
        FORMAT_TEST(format_without_what_a_view_needs_is_refused),
        FORMAT_TEST(variables_side_by_side_are_refused_by_name),
        FORMAT_TEST(broken_formats_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
