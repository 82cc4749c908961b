/* What a log_format of nginx may be, and the lines that it takes. */
#include "test_producer_format.h"

#define MAIN                                                                                       \
    "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent "             \
    "\"$http_referer\" \"$http_user_agent\" \"$http_x_forwarded_for\""
#define FRONT   "203.0.113.9 - - [24/Nov/2026:13:05:07 +0000] "
#define TS      INT64_C(1795525507000)
#define BROWSER "Mozilla/5.0 (X11; Linux x86_64; rv:27.0) Gecko/20100101 Firefox/27.0"

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
        FORMAT_TEST(user_may_hold_what_stands_behind_it),
        FORMAT_TEST(broken_lines_are_bad_lines),
        FORMAT_TEST(format_without_what_a_view_needs_is_refused),
        FORMAT_TEST(variables_side_by_side_are_refused_by_name),
        FORMAT_TEST(broken_formats_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
