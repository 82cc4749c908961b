#include "test_pageview_support.h"

#include "producer/http/head.h"

static struct pv_text text_of(const char *text)
{
    return (struct pv_text){text, strlen(text)};
}

static void add(struct pv_http_head *head, const char *name, const char *value)
{
    pv_http_head_add(head, text_of(name), text_of(value));
}

static unsigned check(const struct pv_http_head *head)
{
    const char *problem = NULL;
    unsigned status = pv_http_head_check(head, &problem);

    assert_true((status == 0) == (problem == NULL));
    return status;
}

/* The status of a head with one or two fields. */
static unsigned status_of(const char *name, const char *value, const char *name2,
                          const char *value2)
{
    struct pv_http_head head = {0};

    add(&head, name, value);
    if (name2 != NULL)
        add(&head, name2, value2);
    return check(&head);
}

static void assert_text(struct pv_text text, const char *expected)
{
    assert_int_equal(text.length, strlen(expected));
    assert_memory_equal(text.data, expected, text.length);
}

static void fields_are_known_in_any_case(void **state)
{
    struct pv_http_head head = {0};

    (void)state;
    add(&head, "user-agent", "A");
    add(&head, "REFERER", "B");
    add(&head, "Origin", "C");
    add(&head, "if-none-match", "D");
    add(&head, "content-type", "E");
    add(&head, "sec-purpose", "prefetch");
    add(&head, "User-Agent", "second");
    assert_text(head.user_agent, "A");
    assert_text(head.referer, "B");
    assert_text(head.origin, "C");
    assert_text(head.if_none_match, "D");
    assert_text(head.content_type, "E");
    assert_text(head.purpose, "prefetch");
    assert_false(head.no_consent);
    assert_int_equal(check(&head), 0);
}

static void either_signal_is_no_consent(void **state)
{
    static const struct {
        const char *name, *value;
        bool no_consent;
    } rows[] = {{"Sec-GPC", "1", true},  {"DNT", "1", true}, {"sec-gpc", "1", true},
                {"Sec-GPC", "0", false}, {"DNT", "", false}, {"DNT", "11", false}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pv_http_head head = {0};

        add(&head, rows[i].name, rows[i].value);
        add(&head, "DNT", "0");
        assert_int_equal(head.no_consent, rows[i].no_consent);
    }
}

static void last_lines_of_forwarded_are_kept(void **state)
{
    static const char *const values[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
    struct pv_http_head head = {0};

    (void)state;
    for (size_t i = 0; i < 10; i++)
        add(&head, "X-Forwarded-For", values[i]);
    assert_int_equal(head.forwarded_count, PV_HTTP_FORWARDED_MAX);
    for (size_t i = 0; i < PV_HTTP_FORWARDED_MAX; i++)
        assert_text(head.forwarded[i], values[i + 2]);
}

static void doubtful_lengths_are_refused(void **state)
{
    (void)state;
    assert_int_equal(status_of("Content-Length", "5", NULL, NULL), 0);
    assert_int_equal(status_of("Transfer-Encoding", "chunked", NULL, NULL), 0);
    assert_int_equal(status_of("Transfer-Encoding", "Chunked", NULL, NULL), 0);
    assert_int_equal(status_of("Content-Length", "5", "Content-Length", "5"), 400);
    assert_int_equal(status_of("Content-Length", "5", "Transfer-Encoding", "chunked"), 400);
    assert_int_equal(status_of("Transfer-Encoding", "chunked", "Transfer-Encoding", "x"), 400);
    assert_int_equal(status_of("Transfer-Encoding", "gzip, chunked", NULL, NULL), 400);
    assert_int_equal(status_of("Transfer-Encoding", "xchunked", NULL, NULL), 400);
    assert_int_equal(status_of("Transfer-Encoding", "", NULL, NULL), 400);
    assert_int_equal(status_of("Content-Length", "", NULL, NULL), 400);
    assert_int_equal(status_of("Content-Length", "+5", NULL, NULL), 400);
    assert_int_equal(status_of("Content-Length", "-5", NULL, NULL), 400);
    assert_int_equal(status_of("Content-Length", "5, 5", NULL, NULL), 400);
    assert_int_equal(status_of("Content-Length", "0x5", NULL, NULL), 400);
    assert_int_equal(status_of("Content-Length", "5 ", NULL, NULL), 400);
}

static void names_that_could_be_other_names_are_refused(void **state)
{
    static const char *const bad[] = {"Content-Length ",
                                      " Content-Length",
                                      "Content\tLength",
                                      "Content-Length\x0b",
                                      "X\x80",
                                      "a:b",
                                      ""};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(status_of(bad[i], "0", NULL, NULL), 400);
    assert_int_equal(status_of("x-1_2.3~|!", "0", NULL, NULL), 0);
}

static void there_is_one_host(void **state)
{
    struct pv_http_head none = {.needs_host = true}, old = {0};

    (void)state;
    assert_int_equal(check(&none), 400);
    assert_int_equal(check(&old), 0);
    add(&none, "host", "example.org");
    assert_int_equal(check(&none), 0);
    add(&none, "Host", "example.org");
    assert_int_equal(check(&none), 400);
}

static void large_bodies_are_refused_by_their_length(void **state)
{
    (void)state;
    assert_int_equal(status_of("Content-Length", "65536", NULL, NULL), 0);
    assert_int_equal(status_of("Content-Length", "0000000000000000000000065536", NULL, NULL), 0);
    assert_int_equal(status_of("Content-Length", "65537", NULL, NULL), 413);
    assert_int_equal(status_of("Content-Length", "18446744073709551617", NULL, NULL), 413);
}

static void eight_kib_of_fields_are_taken(void **state)
{
    struct pv_http_head head = {0};
    char value[1024];

    (void)state;
    memset(value, 'a', sizeof value);
    for (int i = 0; i < 8; i++)
        pv_http_head_add(&head, (struct pv_text){value, 20}, (struct pv_text){value, 1000});
    assert_int_equal(head.bytes, 8192);
    assert_int_equal(check(&head), 0);
    add(&head, "x", "");
    assert_int_equal(check(&head), 431);
}

static void body_is_announced_by_its_length_or_its_encoding(void **state)
{
    struct pv_http_head none = {0}, empty = {0}, some = {0}, chunked = {0};

    (void)state;
    add(&empty, "Content-Length", "0");
    add(&some, "Content-Length", "10");
    add(&chunked, "Transfer-Encoding", "chunked");
    assert_false(pv_http_head_has_body(&none));
    assert_false(pv_http_head_has_body(&empty));
    assert_true(pv_http_head_has_body(&some));
    assert_true(pv_http_head_has_body(&chunked));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_known_in_any_case),
        cmocka_unit_test(either_signal_is_no_consent),
        cmocka_unit_test(last_lines_of_forwarded_are_kept),
        cmocka_unit_test(doubtful_lengths_are_refused),
        cmocka_unit_test(names_that_could_be_other_names_are_refused),
        cmocka_unit_test(there_is_one_host),
        cmocka_unit_test(large_bodies_are_refused_by_their_length),
        cmocka_unit_test(eight_kib_of_fields_are_taken),
        cmocka_unit_test(body_is_announced_by_its_length_or_its_encoding),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
