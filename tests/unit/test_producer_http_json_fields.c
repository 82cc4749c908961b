#include "test_pageview_support.h"

#include "producer/http/json_fields.h"

enum { U, TS, FIELDS };
static struct pv_json_field fields[FIELDS] = {{.name = "u"}, {.name = "ts"}};
static struct pv_json_body body;
static char *room;

static bool begin(const char *text, size_t length)
{
    free(room);
    room = exact_copy(text, length);
    return pv_json_body_begin(&body, room, length);
}

static enum pv_json_next next(void)
{
    return pv_json_body_next(&body, fields, FIELDS);
}

/* What a body comes to: the number of its values, or -1 when it is no JSON. */
static int count_of(const char *text)
{
    int count = 0;

    if (!begin(text, strlen(text)))
        return -1;
    for (;; count++) {
        enum pv_json_next found = next();

        if (found == PV_JSON_BAD)
            return -1;
        if (found == PV_JSON_END)
            return count;
    }
}

static void assert_u(const char *expected)
{
    assert_int_equal(fields[U].kind, PV_JSON_STRING);
    assert_int_equal(fields[U].text.length, strlen(expected));
    assert_memory_equal(fields[U].text.data, expected, strlen(expected));
}

static void assert_decoded(const char *text, const char *expected)
{
    assert_true(begin(text, strlen(text)));
    assert_int_equal(next(), PV_JSON_OBJECT);
    assert_u(expected);
    assert_int_equal(next(), PV_JSON_END);
}

static void object_is_one_value(void **state)
{
    (void)state;
    assert_decoded(" {\"x\":[1,{\"u\":\"inner\"}],\"u\":\"/a\",\"ts\":12} \n", "/a");
    assert_int_equal(fields[TS].kind, PV_JSON_INTEGER);
    assert_int_equal(fields[TS].integer, 12);
}

static void array_gives_each_of_its_values(void **state)
{
    static const char text[] = "[{\"u\":\"/a\",\"ts\":1}, 7, {\"u\":\"/b\"}, [], null]";

    (void)state;
    assert_true(begin(text, strlen(text)));
    assert_int_equal(next(), PV_JSON_OBJECT);
    assert_u("/a");
    assert_int_equal(next(), PV_JSON_NO_OBJECT);
    assert_int_equal(next(), PV_JSON_OBJECT);
    assert_u("/b");
    assert_int_equal(fields[TS].kind, PV_JSON_ABSENT);
    assert_int_equal(next(), PV_JSON_NO_OBJECT);
    assert_int_equal(next(), PV_JSON_NO_OBJECT);
    assert_int_equal(next(), PV_JSON_END);
    assert_int_equal(count_of(" [ ] "), 0);
}

static void escapes_are_undone(void **state)
{
    (void)state;
    assert_decoded("{\"u\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}", "\"\\/\b\f\n\r\t");
    assert_decoded("{\"u\":\"\\u0041\\u00e9\\u20AC\\ud83d\\ude00!\"}",
                   "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80!");
    assert_decoded("{\"\\u0075\":\"named by an escape\"}", "named by an escape");
    assert_decoded("{\"u\":\"\\ud83d\\u0041\"}", "\1A"); /* half a pair is no text */
}

static void last_of_two_counts(void **state)
{
    (void)state;
    assert_decoded("{\"u\":\"/a\",\"u\":\"/b\"}", "/b");
}

static void kinds_are_told_apart(void **state)
{
    static const struct {
        const char *text;
        enum pv_json_kind kind;
        int64_t integer;
    } rows[] = {
        {"0", PV_JSON_INTEGER, 0},
        {"-7", PV_JSON_INTEGER, -7},
        {"1764000000123", PV_JSON_INTEGER, INT64_C(1764000000123)},
        {"1.5e3", PV_JSON_INTEGER, 1500},
        {"100.0", PV_JSON_INTEGER, 100},
        {"999999999999999", PV_JSON_INTEGER, INT64_C(999999999999999)},
        {"1e15", PV_JSON_OTHER, 0},
        {"1e400", PV_JSON_OTHER, 0},
        {"1.5", PV_JSON_OTHER, 0},
        {"1.00000000000000000001", PV_JSON_OTHER, 0},
        {"true", PV_JSON_OTHER, 0},
        {"false", PV_JSON_OTHER, 0},
        {"[]", PV_JSON_OTHER, 0},
        {"{}", PV_JSON_OTHER, 0},
        {"null", PV_JSON_ABSENT, 0},
        {"\"12\"", PV_JSON_STRING, 0},
    };
    char text[128];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(text, sizeof text, "{\"ts\":%s}", rows[i].text);
        assert_int_equal(count_of(text), 1);
        assert_true(begin(text, strlen(text)));
        assert_int_equal(next(), PV_JSON_OBJECT);
        assert_int_equal(fields[TS].kind, rows[i].kind);
        if (rows[i].kind == PV_JSON_INTEGER)
            assert_int_equal(fields[TS].integer, rows[i].integer);
    }
}

static void what_is_no_json_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        " ",
        "{",
        "}",
        "[",
        "]",
        "{\"u\"}",
        "{\"u\":}",
        "{\"u\":1,}",
        "{,}",
        "{u:1}",
        "{'u':1}",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1],",
        "{}{}",
        "[]]",
        "{\"u\":1}x",
        "nul",
        "tru",
        "truefalse",
        "01",
        "1.",
        "+1",
        "e1",
        ".5",
        "-",
        "\"\\x\"",
        "\"\\u12\"",
        "\"open",
        "{\"u\":\"\\a\"}",
        "[{]}",
        "{[}]",
        "{\"u\":1]",
        "[\"u\":1]",
        "\xff",
        "\xef\xbb\xbf{}",
        "{\"u\":\"\xc0\x80\"}",
        "{\"u\":\"\n\"}",
        "// c\n{}",
        "[1]]",
        "[nulll]",
        "{\"a\":1 \"b\":2}",
        "{\"a\" 1}",
        "[\"\\",
        "{1:2}",
        ":",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (count_of(bad[i]) != -1)
            fail_msg("taken for JSON: %s", bad[i]);
    assert_false(begin("{}\0", 3));
}

static void depth_is_bounded(void **state)
{
    char text[2 * 65536 + 1];

    (void)state;
    for (int depth = 1; depth < 40; depth++) {
        memset(text, '[', (size_t)depth);
        memset(text + depth, ']', (size_t)depth);
        text[2 * depth] = '\0';
        assert_int_equal(count_of(text), depth > PV_JSON_DEPTH_MAX ? -1 : depth > 1 ? 1 : 0);
    }
    memset(text, '[', 65536);
    text[65536] = '\0';
    assert_int_equal(count_of(text), -1);
    for (int i = 0; i < 65532; i += 6)
        memcpy(text + i, "{\"a\":[", 6);
    assert_int_equal(count_of(text), -1);
}

static int free_room(void **state)
{
    (void)state;
    free(room);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(object_is_one_value),  cmocka_unit_test(array_gives_each_of_its_values),
        cmocka_unit_test(escapes_are_undone),   cmocka_unit_test(last_of_two_counts),
        cmocka_unit_test(kinds_are_told_apart), cmocka_unit_test(what_is_no_json_is_refused),
        cmocka_unit_test(depth_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, free_room);
}
