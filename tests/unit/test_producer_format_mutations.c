/* Lines and formats with bytes changed at random: the sanitizers say whether one is read or written
 * out of bounds, and every text of a hit has to lie where it may. */
#include "test_producer_format.h"

#include "pageview/bucket.h"

enum { LINE_ROUNDS = 120000, FORMAT_ROUNDS = 60000, SIZE_MAX_USED = 1024 };

static const uint64_t seed = UINT64_C(0x9a6e51e75eed);
static uint64_t random_state;

static size_t below(size_t limit)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)(random_state >> 33) % limit;
}

static const char *const formats[] = {
    "combined",
    "vcombined",
    "common",
    "json",
    "$remote_addr - $remote_user [$time_local] \"$request\" $status \"$http_user_agent\"",
    "log_format j escape=json '{\"t\":\"$time_iso8601\",\"r\":\"$request\",\"s\":$status}';",
    "log_format n escape=none '$msec\t$request_method\t$uri$is_args$args\t$status\t$http_host';",
    "%v:%p %h %l %u %t \"%m %U%q %H\" %>s %b \"%{Referer}i\" \"%{X-Forwarded-For}i\"",
    "[%{%d/%b/%Y %T}t.%{usec_frac}t %{%z}t] \"%r\" %>s %a %V",
};

static const char *const lines[] = {
    "::1 - - [24/Nov/2026:13:05:07 +0000] \"GET /\\\"a HTTP/1.1\" 200 5 \"-\" \"\\x41\\n x\"",
    "a.org:80 ::1 - J R [24/Nov/2026:13:05:07 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"x\"",
    "::1 - - [24/Nov/2026:13:05:07 +0545] \"GET /a HTTP/1.1\" 304 -",
    "{\"ts\":1.52,\"request\":{\"uri\":\"/\\u00e9\\ud83d\",\"method\":\"GET\"},\"status\":200}",
    "::1 - x [24/Nov/2026:13:05:07 +0000] \"GET /\\xC3\\xA9 HTTP/2.0\" 200 \"\\x22\"",
    "{\"t\":\"2026-11-24T13:05:07+00:00\",\"r\":\"GET /\\u0001\\n HTTP/1.1\",\"s\":200}",
    "1795525507.123\tGET\t/a b%?c=d\t200\texample.org:80",
    "a.org:443 ::1 - - [24/Nov/2026:13:05:07 +0000] \"GET /a b?q HTTP/1.1\" 200 5 \"-\" \"1, 2\"",
    "[24/Nov/2026 13:05:07.123456 +0000] \"GET /\\t HTTP/1.1\" 200 ::1 a.org",
};

enum { FORMATS = sizeof formats / sizeof formats[0] };

/* Bytes that mean something to a parser. */
static char some_byte(void)
{
    static const char special[] = "\"\"\\\\ []{}:,$%-0\t\r\n'?/xu;.+";

    if (below(3) == 0)
        return (char)below(256);
    return special[below(sizeof special)];
}

static size_t copy_text(char *text, const char *from)
{
    size_t length = strlen(from);

    assert_true(length < SIZE_MAX_USED);
    memcpy(text, from, length + 1);
    return length;
}

static size_t mutate(char *text, size_t length)
{
    for (size_t count = 1 + below(4); count > 0 && length > 0; count--) {
        size_t at = below(length), size = 1 + below(12);

        if (size > length - at)
            size = length - at;
        switch (below(4)) {
        case 0:
            text[at] = some_byte();
            break;
        case 1:
            memmove(text + at, text + at + size, length - at - size);
            length -= size;
            break;
        case 2:
            if (length + size <= SIZE_MAX_USED) {
                memmove(text + at + size, text + at, length - at);
                length += size;
            }
            break;
        default:
            if (length < SIZE_MAX_USED) {
                memmove(text + at + 1, text + at, length - at);
                text[at] = some_byte();
                length++;
            }
        }
    }
    return length;
}

/* Reads every byte of the text, so that a sanitizer sees where it lies. */
static unsigned sum_of(struct pv_text text)
{
    unsigned sum = 0;

    assert_true(text.data != NULL || text.length == 0);
    assert_true(text.length <= 3 * (size_t)SIZE_MAX_USED);
    for (size_t i = 0; i < text.length; i++)
        sum += (unsigned char)text.data[i];
    return sum;
}

static void check_hit(const struct pv_hit *hit)
{
    const struct pv_text texts[] = {hit->method,  hit->target, hit->referrer,
                                    hit->address, hit->site,   hit->user_agent,
                                    hit->purpose, hit->title,  hit->section};
    unsigned sum = 0;

    assert_true(hit->ts_ms >= 0 && hit->ts_ms < PV_TIME_LIMIT_MS);
    assert_in_range(hit->status, 0, 999);
    assert_non_null(hit->method.data);
    assert_non_null(hit->target.data);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        sum += sum_of(texts[i]);
    assert_in_range(sum, 0, 255U * 9 * 3 * SIZE_MAX_USED);
}

static void changed_lines_do_no_harm(void **state)
{
    size_t hits = 0;

    (void)state;
    for (size_t f = 0; f < FORMATS; f++) {
        use_format(formats[f]);
        assert_true(parses(lines[f]));
        for (int round = 0; round < LINE_ROUNDS / FORMATS; round++) {
            const char *line = lines[below(8) == 0 ? below(FORMATS) : f];
            char text[SIZE_MAX_USED];
            struct pv_hit hit;
            size_t length = copy_text(text, line);
            char *copy;

            length = mutate(text, length);
            copy = malloc(length + 1); /* ends where the line does */
            assert_non_null(copy);
            memcpy(copy + 1, text, length);
            memset(&hit, 0x5a, sizeof hit);
            if (pv_log_format_parse(format, copy + 1, length, &hit)) {
                check_hit(&hit);
                hits++;
            }
            free(copy);
        }
    }
    print_message("%zu hits\n", hits);
    assert_in_range(hits, LINE_ROUNDS / 20, LINE_ROUNDS);
}

static void changed_formats_do_no_harm(void **state)
{
    size_t made = 0;

    (void)state;
    for (int round = 0; round < FORMAT_ROUNDS; round++) {
        size_t f = below(FORMATS);
        char text[SIZE_MAX_USED + 1];
        struct pv_log_format *changed = NULL;
        struct pv_error error = {PV_OK, ""};
        struct pv_hit hit;
        size_t length = mutate(text, copy_text(text, formats[f]));

        text[length] = '\0';
        if (pv_log_format_new(text, &changed, &error) != PV_OK) {
            assert_int_equal(error.status, PV_INVALID);
            assert_int_not_equal(strlen(error.text), 0);
            continue;
        }
        made++;
        memset(&hit, 0x5a, sizeof hit);
        if (pv_log_format_parse(changed, lines[f], strlen(lines[f]), &hit))
            check_hit(&hit);
        pv_log_format_destroy(changed);
    }
    print_message("%zu formats\n", made);
    assert_in_range(made, FORMAT_ROUNDS / 20, FORMAT_ROUNDS);
}

static int begin(void **state)
{
    (void)state;
    random_state = seed;
    print_message("seed %llx\n", (unsigned long long)seed);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(changed_lines_do_no_harm, begin, drop_format),
        cmocka_unit_test_setup_teardown(changed_formats_do_no_harm, begin, drop_format),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
