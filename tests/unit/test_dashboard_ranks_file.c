#include "test_pageview_support.h"

#include "dashboard-export/layout.h"
#include "dashboard-export/ranks_file.h"
#include "dashboard_files.h"
#include "pageview/bucket.h"

#define NOW_MS INT64_C(1795525507000) /* 2026-11-24T13:05:07Z */

static const char *const names[] = {"trending:1h", "trending:hot", "trending:hot:section:Ä/ö"};

#define NAMES (sizeof names / sizeof names[0])

static void remember(struct pv_ranks *ranks, const char *name, int64_t time_ms, size_t count)
{
    static const struct pv_trending_item items[] = {{.article = "/a", .length = 2},
                                                    {.article = "/b", .length = 2}};
    const struct pv_trending trending = {.items = (struct pv_trending_item *)items, .count = count};

    pv_ranks_remember(ranks, pv_ranks_list(ranks, name), time_ms, &trending);
}

/* Two looks at each list, one of them at nothing. */
static struct pv_ranks make_ranks(void)
{
    struct pv_ranks ranks = {0};

    for (size_t i = 0; i < NAMES; i++) {
        remember(&ranks, names[i], NOW_MS - PV_HOUR_MS, i);
        remember(&ranks, names[i], NOW_MS, 2);
    }
    return ranks;
}

static void assert_as_made(struct pv_ranks *ranks)
{
    assert_int_equal(ranks->count, NAMES);
    assert_int_equal(ranks->articles, 0 + 1 + 2 + 2 * NAMES);
    for (size_t i = 0; i < NAMES; i++) {
        struct pv_ranked_list *list = pv_ranks_list(ranks, names[i]);

        assert_int_equal(pv_ranks_hour_ago(list, NOW_MS, "/a", 2), i > 0 ? 1 : 0);
        assert_int_equal(pv_ranks_hour_ago(list, NOW_MS, "/b", 2), i > 1 ? 2 : 0);
        assert_int_equal(pv_ranks_hour_ago(list, NOW_MS + PV_HOUR_MS, "/b", 2), 2);
        assert_true(list->look < 0); /* its file is looked at again */
    }
}

static void what_was_written_is_read_back(void **state)
{
    struct pv_ranks ranks = make_ranks(), read = {0};
    struct pv_buffer text = {0};
    struct pv_error error;

    (void)state;
    pv_ranks_write(&ranks, "pv:", &text);
    assert_int_equal(pv_ranks_read(&read, "pv:", text.data, text.length, &error), PV_OK);
    assert_as_made(&read);
    assert_false(read.unsaved);
    pv_buffer_clean_up(&text);
    pv_ranks_clean_up(&ranks);
    pv_ranks_clean_up(&read);
}

static void assert_refused(const struct pv_buffer *text, size_t length)
{
    struct pv_ranks read = {0};
    struct pv_error error;

    assert_int_equal(pv_ranks_read(&read, "pv:", text->data, length, &error), PV_INVALID);
    assert_int_equal(read.count, 0);
    assert_int_equal(read.articles, 0);
}

static void damaged_file_is_refused_whole(void **state)
{
    struct pv_ranks ranks = make_ranks();
    struct pv_buffer text = {0};

    (void)state;
    pv_ranks_write(&ranks, "pv:", &text);
    for (size_t length = 0; length < text.length; length++)
        assert_refused(&text, length);
    for (size_t i = 0; i < text.length; i++) {
        text.data[i] ^= 1;
        assert_refused(&text, text.length);
        text.data[i] ^= 1;
    }
    pv_buffer_clean_up(&text);
    pv_ranks_clean_up(&ranks);
}

/* Whoever can write there can make a checksum too. */
static void numbers_that_are_not_true_are_refused(void **state)
{
    static const char *const counts[] = {"\xff\xff\xff\xff", "\x04\0\0\0", "\xff\0\0\0"};
    struct pv_ranks ranks = {0};
    struct pv_buffer text = {0};

    (void)state;
    remember(&ranks, "trending:1h", NOW_MS, 2);
    pv_ranks_write(&ranks, "pv:", &text);
    for (size_t at = 18; at + 12 < text.length; at++) {
        for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
            struct pv_buffer forged = {0};
            struct pv_ranks read = {0};
            struct pv_error error;

            pv_buffer_add(&forged, text.data, text.length - 8);
            memcpy(forged.data + at, counts[i], 4);
            pv_ranks_seal(&forged, 0);
            if (pv_ranks_read(&read, "pv:", forged.data, forged.length, &error) == PV_OK)
                assert_true(read.articles <= 2 && read.count == 1);
            pv_ranks_clean_up(&read);
            pv_buffer_clean_up(&forged);
        }
    }
    pv_buffer_clean_up(&text);
    pv_ranks_clean_up(&ranks);
}

static void file_of_another_prefix_is_refused_and_says_so(void **state)
{
    struct pv_ranks ranks = make_ranks(), read = {0};
    struct pv_buffer text = {0};
    struct pv_error error;

    (void)state;
    pv_ranks_write(&ranks, "other:", &text);
    assert_int_equal(pv_ranks_read(&read, "pv:", text.data, text.length, &error), PV_INVALID);
    assert_contains(error.text, "--prefix=other:");
    assert_int_equal(read.count, 0);
    pv_buffer_clean_up(&text);
    pv_ranks_clean_up(&ranks);
}

static void another_process_takes_up_what_was_saved(void **state)
{
    struct pv_ranks ranks = make_ranks(), read = {0};
    struct pv_directory directory;
    char path[TEST_PATH_SIZE];
    struct pv_error error;

    (void)state;
    make_directory(path);
    pv_directory_init(&directory, path);
    assert_int_equal(pv_directory_open(&directory, &error), PV_OK);
    pv_ranks_load(&read, &directory, "pv:");
    assert_int_equal(read.count, 0);
    assert_true(ranks.unsaved);
    assert_int_equal(pv_ranks_save(&ranks, &directory, "pv:", &error), PV_OK);
    assert_false(ranks.unsaved);
    pv_ranks_load(&read, &directory, "pv:");
    assert_as_made(&read);
    pv_ranks_clean_up(&read);
    put_file(path, PV_LAYOUT_RANKS, "nonsense", 8);
    pv_ranks_load(&read, &directory, "pv:");
    assert_int_equal(read.count, 0);
    pv_directory_clean_up(&directory);
    remove_directory(path);
    pv_ranks_clean_up(&ranks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read_back),
        cmocka_unit_test(damaged_file_is_refused_whole),
        cmocka_unit_test(numbers_that_are_not_true_are_refused),
        cmocka_unit_test(file_of_another_prefix_is_refused_and_says_so),
        cmocka_unit_test(another_process_takes_up_what_was_saved),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
