/* Files with options in them. */
#include "test_pageview_options.h"

static void a_file_may_have_comments_blanks_and_no_last_newline(void **state)
{
    (void)state;
    assert_int_equal(parse_file("\xef\xbb\xbf# a comment\n; another\n\n \t\n  topic=a\r\n"
                                "tail = /x y\t \n\ttail = /z#1;2 ; a comment behind a blank\n"
                                "exit-at-end = on\nprefix =\nbatch: 7\narticle-pattern = ^/a=b$",
                                NULL),
                     PV_OK);
    assert_string_equal(options.kafka.topic, "a");
    assert_int_equal(options.tail.count, 2);
    assert_string_equal(options.tail.items[0], "/x y");
    assert_string_equal(options.tail.items[1], "/z#1;2");
    assert_true(options.exit_at_end);
    assert_string_equal(options.redis.prefix, "");
    assert_int_equal(options.batch, 7);
    assert_string_equal(options.pattern, "^/a=b$");
}

static void an_indented_line_is_a_line_of_its_own(void **state)
{
    (void)state;
    assert_int_equal(parse_file("topic = a\n  prefix = b:\n", NULL), PV_OK);
    assert_string_equal(options.kafka.topic, "a");
    assert_string_equal(options.redis.prefix, "b:");
    assert_int_equal(parse_file("topic = a\n  b\n", NULL), PV_INVALID);
    assert_contains(error.text, ": line 2: not \"name = value\"");
}

static void a_file_that_cannot_be_read_says_so(void **state)
{
    (void)state;
    assert_int_equal(parse("--config=/nonexistent/pv.conf", NULL), PV_INVALID);
    assert_string_equal(error.text, "--config=/nonexistent/pv.conf: cannot read it: does the file "
                                    "exist, and may this user read it?");
    assert_int_equal(parse("--config=/tmp", NULL), PV_INVALID);
    assert_contains(error.text, "--config=/tmp: cannot read it");
    assert_int_equal(parse("--config=", NULL), PV_INVALID);
    assert_int_equal(parse("--config", NULL), PV_INVALID);
    assert_contains(error.text, "--config needs a value: --config=FILE");
}

static void a_mistake_in_a_file_is_named_with_its_line(void **state)
{
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"topic = a\n[kafka]\nbatch = 1\n",
         ": line 3: below section [kafka]: this file has no sections, only \"name = value\" lines"},
        {"topic = a\nexit-at-end\n", ": line 2: not \"name = value\""},
        {"topic = a\nexit-at-end\nbatch = 0\n", ": line 2: not \"name = value\""},
        {"batch = 0\nexit-at-end\n", ": line 1: batch=0: takes"},
        {"batch = 0\nflush-interval = 0\n", ": line 1: batch=0: takes"},
        {"= a\n", ": line 1: unknown option "},
        {"\nconfig = other\n", ": line 2: config cannot be set in a configuration file"},
        {"--topic = a\n", ": line 1: unknown option --topic: did you mean topic?"},
        {"[section\n", ": line 1: not \"name = value\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(parse_file(cases[i].text, NULL), PV_INVALID);
        assert_contains(error.text, config_path);
        assert_contains(error.text, cases[i].error);
    }
}

static void long_lines_are_settings_like_others(void **state)
{
    static char text[2000];
    size_t length;

    (void)state;
    for (int size = 150; size < 250; size++) { /* inih's own limit is among them */
        length = (size_t)snprintf(text, sizeof text, "  topic = %0*d ;%s\nbatch = 7\n", size, 1,
                                  " a comment");
        assert_true(length < sizeof text);
        assert_int_equal(parse_file(text, NULL), PV_OK);
        assert_int_equal(strlen(options.kafka.topic), size);
        assert_int_equal(options.batch, 7);
    }
    snprintf(text, sizeof text, "# %0300d = 1\n;%0300d\nbatch = 7\n", 1, 1);
    assert_int_equal(parse_file(text, NULL), PV_OK);
    snprintf(text, sizeof text, "\ntopik = %0300d\nbatch = 9\n", 1);
    assert_int_equal(parse_file(text, NULL), PV_INVALID);
    assert_contains(error.text, ": line 2: ");
    assert_contains(error.text, "topik");
    snprintf(text, sizeof text, "\n%0300d\n", 1);
    assert_int_equal(parse_file(text, NULL), PV_INVALID);
    assert_contains(error.text, ": line 2: not \"name = value\"");
}

static void a_line_too_long_is_refused_not_cut(void **state)
{
    static char text[2 * PV_CONFIG_LINE_MAX];
    const int name = (int)strlen("topic = ");

    (void)state;
    snprintf(text, sizeof text, "topic = %0*d\nbatch = 7\n", PV_CONFIG_LINE_MAX - name, 1);
    assert_int_equal(parse_file(text, NULL), PV_OK);
    assert_int_equal(strlen(options.kafka.topic), PV_CONFIG_LINE_MAX - name);
    assert_int_equal(options.batch, 7);
    snprintf(text, sizeof text, "topic = %0*d\n", PV_CONFIG_LINE_MAX - name + 1, 1);
    assert_int_equal(parse_file(text, NULL), PV_INVALID);
    assert_contains(error.text, ": line 1: has more than 4096 characters");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_file_may_have_comments_blanks_and_no_last_newline, clean),
        cmocka_unit_test_setup(an_indented_line_is_a_line_of_its_own, clean),
        cmocka_unit_test_setup(a_file_that_cannot_be_read_says_so, clean),
        cmocka_unit_test_setup(a_mistake_in_a_file_is_named_with_its_line, clean),
        cmocka_unit_test_setup(long_lines_are_settings_like_others, clean),
        cmocka_unit_test_setup(a_line_too_long_is_refused_not_cut, clean),
    };

    return cmocka_run_group_tests(tests, NULL, clean);
}
