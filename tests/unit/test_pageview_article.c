#include "test_pageview_support.h"

#include "pageview/utf8.h"
#include "pageview/article.h"

/* What an id of 512 bytes and one of more look like is tested apart: "" is no id. */
static void assert_id(const char *target, const struct pv_list *keep, const char *expected)
{
    char out[PV_ARTICLE_SIZE_MAX];
    size_t length = pv_article_canonical(target, strlen(target), keep, out);

    if (length != strlen(expected) || memcmp(out, expected, length) != 0)
        fail_msg("\"%s\" became \"%.*s\", not \"%s\"", target, (int)length, out, expected);
}

static const char *const kept_names[] = {"p", "title", "a%62", ""};
static const struct pv_list kept = {(const char **)kept_names, 4};

struct example {
    const char *target, *id;
};

static void assert_ids(const struct example *examples, size_t count, const struct pv_list *keep)
{
    for (size_t i = 0; i < count; i++)
        assert_id(examples[i].target, keep, examples[i].id);
}

#define ASSERT_IDS(examples, keep)                                                                 \
    assert_ids((examples), sizeof(examples) / sizeof(examples)[0], (keep))

static void path_is_taken_and_query_and_fragment_are_cut(void **state)
{
    static const struct example examples[] = {
        {"/", "/"},
        {"/2026/11/24/slug", "/2026/11/24/slug"},
        {"/Case/Is/Kept", "/Case/Is/Kept"},
        {"/a?utm_source=x&p=1#top", "/a"},
        {"/a#top?p=1", "/a"},
        {"/a?b?c", "/a"},
        {"http://www.example.org/a?b", "/a"},
        {"HTTPS://u@www.example.org:443/a", "/a"},
        {"http://www.example.org", "/"},
        {"http://www.example.org?a", "/"},
        {"/http://www.example.org/a", "/http:/www.example.org/a"},
        {"://a", "/:/a"},
        {"1http://a/b", "/1http:/a/b"},
        {"a/b", "/a/b"},
        {"*", "/*"},
        {"", ""},
        {"?a", ""},
        {"#a", ""},
    };

    (void)state;
    ASSERT_IDS(examples, NULL);
}

static void escapes_of_printable_characters_are_decoded(void **state)
{
    static const struct example examples[] = {
        {"/%7Euser/%61", "/~user/a"},
        {"/a%20b c+d", "/a b c+d"},
        {"/caf%c3%a9", "/caf\xc3\xa9"},
        {"/caf\xc3\xa9", "/caf\xc3\xa9"},
        {"/%e2%82%ac%f0%9f%98%80", "/\xe2\x82\xac\xf0\x9f\x98\x80"},
    };

    (void)state;
    ASSERT_IDS(examples, NULL);
}

static void other_escapes_stay_in_upper_case(void **state)
{
    static const struct example examples[] = {
        {"/a%2fb%3fc%23d%25e", "/a%2Fb%3Fc%23d%25e"},
        {"/%00%0a%1f%7f", "/%00%0A%1F%7F"},
        {"/%c2%85%ff", "/%C2%85%FF"},
        {"/%c0%af%ed%a0%80%f4%90%80%80", "/%C0%AF%ED%A0%80%F4%90%80%80"},
        {"/%c3", "/%C3"},
        {"/%c3(", "/%C3("},
        {"/%c3\xc3\xa9", "/%C3\xc3\xa9"},
        {"/%e4%b8%c3%a9", "/%E4%B8\xc3\xa9"},
        {"/%a9", "/%A9"},
        {"/100%", "/100%"},
        {"/100%a", "/100%a"},
        {"/%zz%4z", "/%zz%4z"},
        {"/%252f", "/%252f"},
    };

    (void)state;
    ASSERT_IDS(examples, NULL);
}

static void decoding_goes_on_until_nothing_changes(void **state)
{
    static const struct example examples[] = {
        {"/%%34%31", "/A"},   {"/%%34%%33%31", "/A"},     {"/%4%31", "/A"},
        {"/%3%3%3%33", "/3"}, {"/%c3%a%39", "/\xc3\xa9"}, {"/x/y/%%32e./..", "/"},
        {"/%%32%35", "/%25"}, {"/%25%34%31", "/%2541"},
    };

    (void)state;
    ASSERT_IDS(examples, NULL);
}

static void slashes_and_dots_are_resolved_but_never_above_the_root(void **state)
{
    static const struct example examples[] = {
        {"//a///b//", "/a/b"},
        {"/a/./b/../c", "/a/c"},
        {"/./", "/"},
        {"/a/.", "/a"},
        {"/a/b/..", "/a"},
        {"/a/b/../", "/a"},
        {"/../../etc/passwd", "/etc/passwd"},
        {"/a/%2e%2E/b", "/b"},
        {"/a%2e%2e/b", "/a../b"},
        {"/a/%2e%2e%2fb", "/a/..%2Fb"},
        {"/.../..a/.b", "/.../..a/.b"},
        {"../a", "/a"},
        {"a/..", "/"},
        {"//www.example.org/a", "/www.example.org/a"},
    };

    (void)state;
    ASSERT_IDS(examples, NULL);
}

static void index_file_amp_and_slash_are_dropped_from_the_end(void **state)
{
    static const struct example examples[] = {
        {"/index.html", "/"},
        {"/a/index.htm", "/a"},
        {"/a/index.php?x", "/a"},
        {"/a/index.html/", "/a"},
        {"/a/", "/a"},
        {"/a/amp", "/a"},
        {"/a/amp/", "/a"},
        {"/amp", "/"},
        {"/a/amp/index.html", "/a"},
        {"/a/index.html/amp/amp/", "/a"},
        {"/a/%61mp", "/a"},
        {"/a/amp/.", "/a"},
        {"/myindex.html", "/myindex.html"},
        {"/ramp", "/ramp"},
        {"/a/Index.html", "/a/Index.html"},
        {"/a/AMP", "/a/AMP"},
        {"/a/index.html5", "/a/index.html5"},
        {"/amp/a", "/amp/a"},
        {"amp", "/"},
    };

    (void)state;
    ASSERT_IDS(examples, NULL);
}

static void kept_parameters_are_sorted_behind_the_path(void **state)
{
    static const struct example examples[] = {
        {"/?p=123", "/?p=123"},
        {"/index.php?utm_source=x&p=123&y#p=4", "/?p=123"},
        {"/a/?title=b&q=1&p=2", "/a?p=2&title=b"},
        {"/a?p=2&p=10&p=1&p=10", "/a?p=1&p=10&p=10&p=2"},
        {"/a?p&p=&pp=1&P=1", "/a?p&p="},
        {"/a?title=caf%c3%a9%20x", "/a?title=caf\xc3\xa9 x"},
        {"/a?title=%26%2b%2f%3d+", "/a?title=%26%2B%2F=+"},
        {"/a?p=%62&p=a", "/a?p=a&p=b"},
        {"/a?%70=1", "/a"},
        {"/a?a%62=1&ab=2", "/a?a%62=1"},
        {"/a?p=1?p=2/index.html", "/a?p=1?p=2/index.html"},
        {"/a?&&p=1&=2", "/a?p=1"},
        {"/a?p=1#b", "/a?p=1"},
        {"/a?q=\xff&p=1", "/a?p=1"},
        {"/a?q=1\n&p=1", "/a?p=1"},
        {"/a?p=\xff", ""},
        {"/a?p=1\n", ""},
        {"/a?p=%0a%ff", "/a?p=%0A%FF"},
        {"?p=1", ""},
    };

    (void)state;
    ASSERT_IDS(examples, &kept);
}

static void bytes_that_are_not_text_have_no_id(void **state)
{
    static const struct example examples[] = {
        {"/a\nb", ""},  {"/a\x7f", ""},      {"/a\xc2\x85", ""},    {"/\xff", ""},
        {"/\xc3", ""},  {"/\xc0\xaf", ""},   {"/\xed\xa0\x80", ""}, {"/\xff/..", ""},
        {"/a\t/b", ""}, {"/a?\n\xff", "/a"}, {"/a#\xff", "/a"},
    };
    char out[PV_ARTICLE_SIZE_MAX];

    (void)state;
    ASSERT_IDS(examples, NULL);
    assert_int_equal(pv_article_canonical("/a\0b", 4, NULL, out), 0);
}

static void ids_have_512_bytes_at_most(void **state)
{
    char target[2000], out[PV_ARTICLE_SIZE_MAX];

    (void)state;
    memset(target, 'a', sizeof target);
    target[0] = '/';
    assert_int_equal(pv_article_canonical(target, 512, NULL, out), 512);
    assert_int_equal(pv_article_canonical(target, 513, NULL, out), 0);
    memcpy(target + 512, "/index.html", 11);
    assert_int_equal(pv_article_canonical(target, 523, NULL, out), 512);
    memcpy(target + 508, "?p=1&", 5);
    assert_int_equal(pv_article_canonical(target, 512, &kept, out), 512);
    memcpy(target + 508, "?p=12", 5);
    assert_int_equal(pv_article_canonical(target, 513, &kept, out), 0);
    assert_int_equal(pv_article_canonical(target, 513, NULL, out), 508);
    for (size_t i = 1; i + 3 < sizeof target; i += 3)
        memcpy(target + i, "%61", 3);
    assert_int_equal(pv_article_canonical(target, 1 + 3 * 511, NULL, out), 512);
    assert_int_equal(pv_article_canonical(target, 1 + 3 * 512, NULL, out), 0);
}

static void fill(char *text, size_t length, const char *unit)
{
    for (size_t i = 0; i < length; i++)
        text[i] = unit[i % strlen(unit)];
}

static void longest_targets_are_read_to_their_end(void **state)
{
    static char target[65537];
    char out[PV_ARTICLE_SIZE_MAX];

    (void)state;
    fill(target, 65536, "/a/..");
    assert_int_equal(pv_article_canonical(target, 65535, NULL, out), 1);
    fill(target, 65537, "/amp");
    assert_int_equal(pv_article_canonical(target, 65536, NULL, out), 1);
    assert_int_equal(pv_article_canonical(target, 65537, NULL, out), 0);
    /* One that lacks its slash needs a byte more than it has. */
    fill(target, 65536, "a");
    assert_int_equal(pv_article_canonical(target, 65536, NULL, out), 0);
    /* Each escape is made by decoding the next: repeated passes would need 32,767. */
    fill(target, 65536, "%3");
    target[65534] = '3';
    assert_int_equal(pv_article_canonical(target, 65535, NULL, out), 2);
    assert_memory_equal(out, "/3", 2);
    fill(target, 65536, "?p=1&p=2");
    target[0] = '/';
    assert_int_equal(pv_article_canonical(target, 65536, &kept, out), 0);
}

static uint64_t random_state = 88172645463325252u;

static size_t random_below(size_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (size_t)(random_state % limit);
}

static size_t random_target(char *target, size_t size)
{
    static const char *const pieces[] = {
        "/",      "/",          "//",         "a",
        "%",      "%4",         "1",          "3",
        "%25",    "%2f",        "%C3",        "%a9",
        "%c3%a9", "%e2%82%ac",  "%ff",        "%00",
        "%0a",    "..",         ".",          "%2e",
        "/..",    "/.",         "index.html", "/amp",
        "amp",    "/index.php", "\xc3\xa9",   " ",
        "%20",    "?",          "?p=",        "&p=1",
        "#",      "%26",        "%2B",        "+",
        "=",      "title=",     "http://h",   "&",
        "\xc3",   "\x01",       "%33",        "%F0%9F%98%80",
        "%C2%85",
    };
    size_t length = 0;

    for (size_t left = random_below(14); left > 0; left--) {
        const char *piece = pieces[random_below(sizeof pieces / sizeof pieces[0])];

        if (length + strlen(piece) > size)
            break;
        memcpy(target + length, piece, strlen(piece));
        length += strlen(piece);
    }
    /* Now and then a byte of any value. */
    if (length > 0 && random_below(8) == 0)
        target[random_below(length)] = (char)random_below(256);
    return length;
}

static void ids_are_their_own_ids(void **state)
{
    size_t ids = 0;

    (void)state;
    for (int i = 0; i < 200000; i++) {
        const struct pv_list *keep = i % 2 == 0 ? &kept : NULL;
        char target[256], id[PV_ARTICLE_SIZE_MAX], again[PV_ARTICLE_SIZE_MAX];
        size_t target_length = random_target(target, sizeof target);
        size_t length = pv_article_canonical(target, target_length, keep, id);

        if (length == 0)
            continue;
        ids++;
        if (pv_article_canonical(id, length, keep, again) != length ||
            memcmp(id, again, length) != 0)
            fail_msg("\"%.*s\" is not its own id", (int)length, id);
        assert_true(id[0] == '/' && pv_utf8_is_printable(id, length));
    }
    assert_true(ids > 100000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(path_is_taken_and_query_and_fragment_are_cut),
        cmocka_unit_test(escapes_of_printable_characters_are_decoded),
        cmocka_unit_test(other_escapes_stay_in_upper_case),
        cmocka_unit_test(decoding_goes_on_until_nothing_changes),
        cmocka_unit_test(slashes_and_dots_are_resolved_but_never_above_the_root),
        cmocka_unit_test(index_file_amp_and_slash_are_dropped_from_the_end),
        cmocka_unit_test(kept_parameters_are_sorted_behind_the_path),
        cmocka_unit_test(bytes_that_are_not_text_have_no_id),
        cmocka_unit_test(ids_have_512_bytes_at_most),
        cmocka_unit_test(longest_targets_are_read_to_their_end),
        cmocka_unit_test(ids_are_their_own_ids),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
