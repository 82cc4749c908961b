#include "test_producer_format.h"

#define TS   INT64_C(1795525507000)
#define TIME "[24/Nov/2026:13:05:07 +0000]"

static void combined_given_literally_is_combined(void **state)
{
    struct pv_hit hit;

    (void)state;
    use_format("%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\"");
    hit = parse("2001:db8::1 - - " TIME " \"GET /a?b HTTP/1.1\" 304 - \"https://example.org/\" "
                "\"Mozilla/5.0 (X11)\"");
    assert_int_equal(hit.ts_ms, TS);
    assert_text(hit.method, "GET");
    assert_text(hit.target, "/a?b");
    assert_int_equal(hit.status, 304);
    assert_text(hit.referrer, "https://example.org/");
    assert_text(hit.user_agent, "Mozilla/5.0 (X11)");
    assert_text(hit.address, "2001:db8::1");
    assert_text(hit.site, NULL);
    assert_text(hit.purpose, NULL);
    assert_text(hit.title, NULL);
    assert_text(hit.section, NULL);
    assert_false(hit.no_consent);
}

static void a_copied_configuration_is_the_same_format(void **state)
{
    static const char *const formats[] = {
        "LogFormat \"%h %l %u %t \\\"%r\\\" %>s %O\" common",
        "  logformat  \"%h %l %u %t \\\"%r\\\" %>s %O\"  ",
        "\"%h %l %u %t \\\"%r\\\" %>s %O\"",
        "%h %l %u %t \\\"%r\\\" %>s %O",
        "%h %l %u %t \"%r\" %>s %O",
        "LogFormat '%h %l %u %t \"%r\" %>s %O' common",
        "%400,501h %!200l %<u %{}t \"%r\" %200,304>s %O",
    };

    (void)state;
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        use_format(formats[i]);
        assert_text(parse("::1 - - " TIME " \"GET /a HTTP/2.0\" 200 5").target, "/a");
    }
}

static void each_time_is_understood(void **state)
{
    static const struct time_case cases[] = {
        {"%t", TIME, TS},
        {"%t", "[24/Nov/2026:18:50:07 +0545]", TS},
        {"%{%d/%b/%Y:%H:%M:%S %z}t", "24/Nov/2026:13:05:07 +0000", TS},
        {"%{begin:%d/%b/%Y:%T %z}t", "24/Nov/2026:13:05:07 +0000", TS},
        {"%{end:%FT%T%z}t", "2026-11-24T18:50:07+0545", TS},
        {"%{%Y-%m-%e %R:%S %z}t", "2026-11-24 13:05:07 +0000", TS},
        {"%{%h %e %Y %T %z}t", "Nov  4 2026 13:05:07 +0000", TS - INT64_C(20) * 86400000},
        {"%{%%%s}t", "%1795525507", TS},
        {"%{sec}t", "1795525507", TS},
        {"%{msec}t", "1795525507123", TS + 123},
        {"%{usec}t", "1795525507123456", TS + 123},
        {"%{sec}t.%{msec_frac}t", "1795525507.123", TS + 123},
        {"%{begin:sec}t.%{begin:usec_frac}t", "1795525507.123456", TS + 123},
        {"%{%d/%b/%Y %T}t.%{msec_frac}t %{%z}t", "24/Nov/2026 13:05:07.123 +0000", TS + 123},
        {"%{sec}t, ", "1795525507, ", TS},
        {"%t %{usec_frac}t", TIME " 999999", TS + 999},
        {"%t %{msec}t", TIME " 1795525507123", TS + 123},
        {"%{msec}t %{msec_frac}t", "1795525507123 123", TS + 123},
    };

    (void)state;
    expect_times(" \"%r\" %>s", CASES(cases));
}

static void broken_times_are_bad_lines(void **state)
{
    static const char *const cases[][2] = {
        {"%t", "24/Nov/2026:13:05:07 +0000"},
        {"%t", "[24/Nov/2026:13:05:07]"},
        {"%t", "-"},
        {"%{%FT%T%z}t", "2026-11-24 13:05:07+0000"},
        {"%{%FT%T%z}t", "2026-02-29T13:05:07+0000"},
        {"%{%FT%T%z}t", "2026-11-24T13:05:07"},
        {"%{%%%s}t", "1795525507"},
        {"%{msec}t", "1795525507123x"},
        {"%{msec}t", "100000000000000"},
        {"%{msec}t", "9999999999999999999"},
        {"%{sec}t", "x"},
        {"%{sec}t.%{msec_frac}t", "1795525507.12"},
        {"%{sec}t.%{usec_frac}t", "1795525507.12345x"},
    };

    (void)state;
    expect_bad_times(" \"%r\" %>s", CASES(cases));
}

static void request_may_come_in_parts(void **state)
{
    static const struct request_case cases[] = {
        {"%m %U%q", "GET /a?b=c", "GET", "/a?b=c"},
        {"%m %U%q", "GET /a", "GET", "/a"},
        {"%m %U %q", "GET /a ?b", "GET", "/a?b"},
        {"%m %U %q", "GET /a ", "GET", "/a"},
        {"%m %U", "GET /100%/a#b", "GET", "/100%25/a%23b"},
        {"\"%m %U%q %H\"", "\"GET /a b c?d HTTP/1.1\"", "GET", "/a b c?d"},
        {"\"%m %U %H\"", "\"GET /a HTTP/2.0\"", "GET", "/a"},
        {"\"%r\"", "\"-\"", "-", ""},
        {"\"%r\"", "\"GET /\\\"a\\\"\\\\\\xc3\\xa9\\n HTTP/1.1\"", "GET", "/\"a\"\\\xc3\xa9\n"},
    };

    (void)state;
    expect_requests("%{sec}t", "%s", CASES(cases));
}

/* What `directive` with this value does to a hit. */
static struct pv_hit hit_of(const char *directive, const char *value)
{
    char text[512];

    snprintf(text, sizeof text, "%s|%%t \"%%r\" %%>s", directive);
    use_format(text);
    snprintf(text, sizeof text, "%s|" TIME " \"GET /a HTTP/1.1\" 200", value);
    return parse(text);
}

static void each_directive_fills_its_field(void **state)
{
    (void)state;
    assert_text(hit_of("%h", "host.example.org").address, "host.example.org");
    assert_text(hit_of("%a", "::1").address, "::1");
    assert_text(hit_of("%{c}a", "10.0.0.1").address, "10.0.0.1");
    assert_text(hit_of("%h %a %{c}a", "h 1.1.1.1 10.0.0.1").address, "1.1.1.1");
    assert_text(hit_of("%{c}a %h", "10.0.0.1 1.1.1.1").address, "1.1.1.1");
    assert_text(hit_of("%{X-Forwarded-For}i", "9.9.9.9, 1.1.1.1").address, "1.1.1.1");
    assert_text(hit_of("%{X-Forwarded-For}i|%h", "9.9.9.9|1.1.1.1").address, "1.1.1.1");
    assert_text(hit_of("%v", "example.org").site, "example.org");
    assert_text(hit_of("%v:%p", "example.org:443").site, "example.org");
    assert_text(hit_of("%V", "example.org").site, "example.org");
    assert_text(hit_of("%{Host}i", "example.org:8080").site, "example.org");
    assert_text(hit_of("%{Host}i %V %v", "c b a").site, "a");
    assert_text(hit_of("%{HOST}i %V", "c -").site, "c");
    assert_text(hit_of("%{referer}i", "https://a/").referrer, "https://a/");
    assert_text(hit_of("%{User-agent}i", "x \\\"1\\\"").user_agent, "x \"1\"");
    assert_text(hit_of("%{Sec-Purpose}i", "prefetch").purpose, "prefetch");
    assert_text(hit_of("%{Purpose}i", "-").purpose, NULL);
    assert_true(hit_of("%{DNT}i", "1").no_consent);
    assert_true(hit_of("%{Sec-GPC}i", "1").no_consent);
    assert_false(hit_of("%{Sec-GPC}i", "-").no_consent);
    assert_text(hit_of("%{X-Article-Title}o", "A").title, "A");
    assert_text(hit_of("%{x-article-section}o", "sport").section, "sport");
    assert_text(hit_of("%{X-Article-Title}i", "Lies").title, NULL);
    assert_text(hit_of("%{User-Agent}o", "x/1").user_agent, NULL);
}

static void the_final_status_is_taken(void **state)
{
    (void)state;
    use_format("%t \"%r\" %s %>s");
    assert_int_equal(parse(TIME " \"GET / HTTP/1.1\" 301 200").status, 200);
    use_format("%t \"%r\" %>s %s");
    assert_int_equal(parse(TIME " \"GET / HTTP/1.1\" 200 301").status, 200);
    use_format("%t \"%r\" %<s");
    assert_int_equal(parse(TIME " \"GET / HTTP/1.1\" 301").status, 301);
}

static void directives_that_say_nothing_of_a_view_are_passed_over(void **state)
{
    static const char *const directives[] = {
        "%A",     "%B",         "%b", "%{c}C",   "%D",      "%{e}e",   "%f",
        "%I",     "%k",         "%l", "%L",      "%{n}n",   "%O",      "%{o}o",
        "%p",     "%{remote}p", "%P", "%{tid}P", "%R",      "%S",      "%T",
        "%{ms}T", "%u",         "%X", "%{X-Y}i", "%{X}^ti", "%{X}^to", "%{User-Agent}^ti",
    };

    (void)state;
    for (size_t i = 0; i < sizeof directives / sizeof directives[0]; i++) {
        struct pv_hit hit = hit_of(directives[i], "x");

        assert_text(hit.target, "/a");
        assert_text(hit.user_agent, NULL);
        assert_text(hit.address, NULL);
    }
    assert_text(hit_of("100%%", "100%").target, "/a");
}

static void user_may_hold_what_stands_behind_it(void **state)
{
    (void)state;
    use_format("%h %l %u %t \"%r\" %>s");
    assert_int_equal(parse("::1 - J. R. [x] [17/May " TIME " \"GET / HTTP/1.1\" 200").ts_ms, TS);
    assert_int_equal(parse("::1 - \"\" " TIME " \"GET / HTTP/1.1\" 200").ts_ms, TS);
}

static void format_without_what_a_view_needs_is_refused(void **state)
{
    (void)state;
    assert_contains(refusal("\"%r\" %>s"), "has no time: add %t");
    assert_contains(refusal("%t %>s"), "has no request: add \"%r\", or %m and %U%q");
    assert_contains(refusal("%t %m %>s"), "has no request");
    assert_contains(refusal("%t \"%r\""), "has no status: add %>s");
    assert_contains(refusal("%{%d/%b/%Y:%T}t \"%r\" %>s"), "lacks %z");
    assert_contains(refusal("%{%d/%b:%T %z}t \"%r\" %>s"), "lacks %Y");
    assert_contains(refusal("%{%Y-%m %T %z}t \"%r\" %>s"), "lacks %d");
    assert_contains(refusal("%{%Y-%d %T %z}t \"%r\" %>s"), "lacks %m or %b");
    assert_contains(refusal("%{%F %R %z}t \"%r\" %>s"), "lacks %S");
    assert_contains(refusal("%{%F %z}t \"%r\" %>s"), "lacks %H");
    assert_contains(refusal("%{msec_frac}t \"%r\" %>s"), "lacks %Y");
}

static void forms_of_time_that_are_not_understood_are_named(void **state)
{
    (void)state;
    assert_contains(refusal("%{%c}t \"%r\" %>s"), "%{%c}t: %c in the time \"%c\"");
    assert_contains(refusal("%{%d/%b/%y:%T %z}t \"%r\" %>s"), "%y in the time");
    assert_contains(refusal("%{%d/%b/%Y:%T %Z}t \"%r\" %>s"), "%Z in the time");
    assert_contains(refusal("%{%Q}t \"%r\" %>s"), "%Q in the time");
    assert_contains(refusal("%{%}t \"%r\" %>s"), "ends in a lone %");
    assert_contains(refusal("%{nsec}t \"%r\" %>s"), "%{nsec}t says no time: use sec, msec");
}

static void broken_directives_are_named(void **state)
{
    (void)state;
    assert_contains(refusal("%t \"%r\" %>s %Z"), "%Z is no directive");
    assert_contains(refusal("%t \"%r\" %>s %"), "% is no directive");
    assert_contains(refusal("%t \"%r\" %>s %{User-Agent"), "%{User-Agent is no directive");
    assert_contains(refusal("%t \"%r\" %>s %i"), "%i lacks a name in braces, as in %{Name}i");
    assert_contains(refusal("%t \"%r\" %>s %{}o"), "%{}o lacks a name");
    assert_contains(refusal("%t \"%{x}r\" %>s"), "%{x}r takes nothing in braces: write %r");
    assert_contains(refusal("%t \"%r\" %>s%b"), "between %>s and %b");
    assert_contains(refusal("%t \"%r\" %>s %U%q%b"), "between %U%q and %b");
    assert_contains(refusal("LogFormat \"%t \\\"%r\\\" %>s"), "has no other that closes it");
    assert_contains(refusal("LogFormat \"%t\" name more"), "follows \"more\"");
    assert_contains(refusal("LogFormat %h %l %u"), "follows \"%u\"");
    assert_contains(refusal("LogFormat \"\" x"), "is empty");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FORMAT_TEST(combined_given_literally_is_combined),
        FORMAT_TEST(a_copied_configuration_is_the_same_format),
        FORMAT_TEST(each_time_is_understood),
        FORMAT_TEST(broken_times_are_bad_lines),
        FORMAT_TEST(request_may_come_in_parts),
        FORMAT_TEST(each_directive_fills_its_field),
        FORMAT_TEST(the_final_status_is_taken),
        FORMAT_TEST(directives_that_say_nothing_of_a_view_are_passed_over),
        FORMAT_TEST(user_may_hold_what_stands_behind_it),
        FORMAT_TEST(format_without_what_a_view_needs_is_refused),
        FORMAT_TEST(forms_of_time_that_are_not_understood_are_named),
        FORMAT_TEST(broken_directives_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
