/* The reader against a redis-server of its own. */
#include "real_redis_server.h"

#include "pageview/reader.h"

#define DAY_MS           INT64_C(1763942400000) /* 2025-11-24T00:00Z */
#define AT(hour, minute) (DAY_MS + ((hour)*60 + (minute)) * INT64_C(60000))

static struct pv_reader *reader;

/* An empty Redis and a fresh reader. */
static int begin(void **state)
{
    const struct pv_reader_options fresh = {.address = real_redis_address};
    struct pv_redis_reply *reply = NULL;

    (void)state;
    memset(&error, 0, sizeof error);
    if (pv_redis_command_texts(redis, &reply, &error, "FLUSHALL", NULL) != PV_OK)
        return -1;
    pv_redis_reply_destroy(reply);
    return pv_reader_new(&fresh, &reader, &error) == PV_OK ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    pv_reader_destroy(reader);
    reader = NULL;
    return 0;
}

static void views_are_those_of_redis_and_zero_for_the_rest(void **state)
{
    const char *const articles[] = {"/b", "/never", "/a b/ü", "/b"};
    int64_t views[4] = {9, 9, 9, 9};

    (void)state;
    COMMAND("HSET", "pv:views", "/b", "9007199254740992", "/a b/ü", "1");
    assert_int_equal(pv_reader_views(reader, "/b", views, &error), PV_OK);
    assert_int_equal(views[0], INT64_C(9007199254740992));
    assert_int_equal(pv_reader_views_many(reader, articles, 4, views, &error), PV_OK);
    assert_int_equal(views[0], INT64_C(9007199254740992));
    assert_int_equal(views[1], 0);
    assert_int_equal(views[2], 1);
    assert_int_equal(views[3], INT64_C(9007199254740992));
    assert_int_equal(pv_reader_views_many(reader, NULL, 0, NULL, &error), PV_OK);
}

static void views_of_a_span_are_those_of_its_bucket(void **state)
{
    const char *article = "/a";
    int64_t views = 0;

    (void)state;
    COMMAND("HSET", "pv:views:2025-11-24", "/a", "300");
    COMMAND("HSET", "pv:views:2025-11-24T13", "/a", "20");
    COMMAND("HSET", "pv:views:2025-11-24T13:05", "/a", "1");
    assert_int_equal(
        pv_reader_views_in(reader, PV_READER_DAY, AT(13, 5) + 999, &article, 1, &views, &error),
        PV_OK);
    assert_int_equal(views, 300);
    assert_int_equal(
        pv_reader_views_in(reader, PV_READER_HOUR, AT(13, 5) + 999, &article, 1, &views, &error),
        PV_OK);
    assert_int_equal(views, 20);
    assert_int_equal(
        pv_reader_views_in(reader, PV_READER_MINUTE, AT(13, 5) + 999, &article, 1, &views, &error),
        PV_OK);
    assert_int_equal(views, 1);
    assert_int_equal(
        pv_reader_views_in(reader, PV_READER_MINUTE, AT(13, 6), &article, 1, &views, &error),
        PV_OK);
    assert_int_equal(views, 0);
}

static void what_readers_also_read_comes_likeliest_first(void **state)
{
    char too_long[600];
    struct pv_reader_entry *entries;
    size_t count;

    (void)state;
    COMMAND("ZADD", "pv:also:/a b", "0.25", "/c", "0.5", "/d", "1", "/e");
    assert_int_equal(pv_reader_also_read(reader, "/a b", 2, &entries, &count, &error), PV_OK);
    assert_int_equal(count, 2);
    assert_string_equal(entries[0].article, "/e");
    assert_string_equal(entries[1].article, "/d");
    assert_true(entries[1].score == 0.5);
    pv_reader_entries_destroy(entries);
    assert_int_equal(pv_reader_also_read(reader, "/a", 10, &entries, &count, &error), PV_OK);
    assert_int_equal(count, 0);
    assert_null(entries);
    memset(too_long, 'x', sizeof too_long - 1);
    too_long[sizeof too_long - 1] = '\0';
    assert_int_equal(pv_reader_also_read(reader, too_long, 10, &entries, &count, &error), PV_OK);
    assert_int_equal(count, 0);
    assert_int_equal(pv_reader_also_read(reader, "/a", 0, &entries, &count, &error), PV_INVALID);
    COMMAND("SET", "pv:also:/odd", "text");
    assert_int_equal(pv_reader_also_read(reader, "/odd", 1, &entries, &count, &error), PV_REFUSED);
}

static void a_trending_list_comes_highest_score_first(void **state)
{
    struct pv_reader_entry *entries;
    size_t count;

    (void)state;
    COMMAND("ZADD", "pv:trending:hot", "1.5", "/low", "1e20", "/high", "7", "/middle");
    COMMAND("ZADD", "pv:trending:hot:section:sport", "3", "/match");
    assert_int_equal(pv_reader_trending(reader, "hot", NULL, 10, &entries, &count, &error), PV_OK);
    assert_int_equal(count, 3);
    assert_string_equal(entries[0].article, "/high");
    assert_int_equal(entries[0].length, 5);
    assert_true(entries[0].score == 1e20);
    assert_string_equal(entries[1].article, "/middle");
    assert_string_equal(entries[2].article, "/low");
    assert_true(entries[2].score == 1.5);
    pv_reader_entries_destroy(entries);
    assert_int_equal(pv_reader_trending(reader, "hot", NULL, 2, &entries, &count, &error), PV_OK);
    assert_int_equal(count, 2);
    pv_reader_entries_destroy(entries);
    assert_int_equal(pv_reader_trending(reader, "hot", "sport", 2, &entries, &count, &error),
                     PV_OK);
    assert_int_equal(count, 1);
    assert_string_equal(entries[0].article, "/match");
    pv_reader_entries_destroy(entries);
    assert_int_equal(pv_reader_trending(reader, "hot", "opera", 2, &entries, &count, &error),
                     PV_OK);
    assert_int_equal(count, 0);
    assert_null(entries);
}

static void titles_and_sections_are_found_for_any_number_of_articles(void **state)
{
    enum { COUNT = 250 }; /* more than travel together */
    static char names[COUNT][16];
    const char *articles[COUNT];
    struct pv_reader_article *found;

    (void)state;
    COMMAND("HSET", "pv:article:/n/0", "title", "Zéro", "section", "numbers");
    COMMAND("HSET", "pv:article:/n/249", "title", "The last");
    for (int i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof names[i], "/n/%d", i);
        articles[i] = names[i];
    }
    assert_int_equal(pv_reader_articles(reader, articles, COUNT, &found, &error), PV_OK);
    assert_string_equal(found[0].title, "Zéro");
    assert_string_equal(found[0].section, "numbers");
    assert_null(found[1].title);
    assert_null(found[1].section);
    assert_string_equal(found[249].title, "The last");
    assert_null(found[249].section);
    pv_reader_articles_destroy(found, COUNT);
    assert_int_equal(pv_reader_articles(reader, NULL, 0, &found, &error), PV_OK);
    assert_null(found);
}

static void the_sites_minutes_stand_at_their_place(void **state)
{
    int64_t minutes[PV_READER_DAY_MINUTES];
    int64_t sum = 0;

    (void)state;
    COMMAND("HSET", "pv:site:2025-11-24", "00:00", "1", "13:05", "20", "23:59", "300");
    assert_int_equal(pv_reader_site(reader, AT(13, 5), minutes, &error), PV_OK);
    for (int i = 0; i < PV_READER_DAY_MINUTES; i++)
        sum += minutes[i];
    assert_int_equal(sum, 321);
    assert_int_equal(minutes[0], 1);
    assert_int_equal(minutes[13 * 60 + 5], 20);
    assert_int_equal(minutes[1439], 300);
    COMMAND("HSET", "pv:site:2025-11-24", "24:00", "1");
    assert_int_equal(pv_reader_site(reader, AT(13, 5), minutes, &error), PV_REFUSED);
    assert_contains(error.text, "pv:site:2025-11-24");
}

static void visitors_are_counted_once_in_all_minutes(void **state)
{
    int64_t people = -1;

    (void)state;
    COMMAND("PFADD", "pv:visitors:2025-11-24:/a", "ann", "bob");
    COMMAND("PFADD", "pv:visitors:2025-11-24T13:05", "ann", "bob");
    COMMAND("PFADD", "pv:visitors:2025-11-24T13:04", "bob", "cid");
    COMMAND("PFADD", "pv:visitors:2025-11-24T13:03", "dan");
    assert_int_equal(pv_reader_visitors(reader, "/a", AT(9, 0), &people, &error), PV_OK);
    assert_int_equal(people, 2);
    assert_int_equal(pv_reader_visitors(reader, "/b", AT(9, 0), &people, &error), PV_OK);
    assert_int_equal(people, 0);
    assert_int_equal(pv_reader_site_visitors(reader, AT(13, 5) + 7, 2, &people, &error), PV_OK);
    assert_int_equal(people, 3);
    assert_int_equal(pv_reader_site_visitors(reader, AT(13, 5), 60, &people, &error), PV_OK);
    assert_int_equal(people, 4);
    assert_int_equal(pv_reader_site_visitors(reader, 0, 60, &people, &error), PV_OK);
    assert_int_equal(people, 0);
}

static void times_are_minus_one_until_they_are(void **state)
{
    struct pv_reader_times times;

    (void)state;
    assert_int_equal(pv_reader_times(reader, &times, &error), PV_OK);
    assert_int_equal(times.last_commit_ms, -1);
    assert_int_equal(times.caught_up_ms, -1);
    assert_int_equal(times.last_ranking_ms, -1);
    COMMAND("HSET", "pv:meta", "last_commit_ms", "1", "last_ranking_ms", "20", "ranking_clock_ms",
            "300", "caught_up_ms", "4");
    assert_int_equal(pv_reader_times(reader, &times, &error), PV_OK);
    assert_int_equal(times.last_commit_ms, 1);
    assert_int_equal(times.caught_up_ms, 4);
    assert_int_equal(times.last_ranking_ms, 20);
    assert_int_equal(times.ranking_clock_ms, 300);
}

static void offsets_are_sorted_and_foreign_fields_left_out(void **state)
{
    struct pv_reader_offset *offsets;
    size_t count;

    (void)state;
    assert_int_equal(pv_reader_offsets(reader, &offsets, &count, &error), PV_OK);
    assert_int_equal(count, 0);
    assert_null(offsets);
    COMMAND("HSET", "pv:offsets", "views/10", "7", "views/9", "90071992547409930", "a/b/0", "1",
            "views", "1", "views/x", "1", "views/2147483648", "1", "views/1", "soon");
    assert_int_equal(pv_reader_offsets(reader, &offsets, &count, &error), PV_OK);
    assert_int_equal(count, 3);
    assert_string_equal(offsets[0].topic, "a/b");
    assert_int_equal(offsets[0].partition, 0);
    assert_string_equal(offsets[1].topic, "views");
    assert_int_equal(offsets[1].partition, 9);
    assert_int_equal(offsets[1].next, INT64_C(90071992547409930));
    assert_int_equal(offsets[2].partition, 10);
    pv_reader_offsets_destroy(offsets);
}

static void what_no_aggregator_wrote_is_refused(void **state)
{
    const char *const articles[] = {"/fine", "/odd"};
    struct pv_reader_article *found;
    struct pv_reader_entry *entries;
    int64_t views[2];
    size_t count;

    (void)state;
    COMMAND("HSET", "pv:views", "/text", "many", "/minus", "-1", "/a", "1");
    assert_int_equal(pv_reader_views(reader, "/text", views, &error), PV_REFUSED);
    assert_contains(error.text, "/text");
    assert_int_equal(pv_reader_views(reader, "/minus", views, &error), PV_REFUSED);
    COMMAND("SET", "pv:trending:1h", "text");
    assert_int_equal(pv_reader_trending(reader, "1h", NULL, 1, &entries, &count, &error),
                     PV_REFUSED);
    /* Of several questions that travel together, one that fails must not shift the answers. */
    COMMAND("SET", "pv:article:/odd", "text");
    assert_int_equal(pv_reader_articles(reader, articles, 2, &found, &error), PV_REFUSED);
    assert_int_equal(pv_reader_views(reader, "/a", views, &error), PV_OK);
    assert_int_equal(views[0], 1);
    assert_int_equal(pv_reader_views(reader, "/text", views, NULL), PV_REFUSED);
}

static void arguments_out_of_bounds_are_invalid(void **state)
{
    static const char *many[PV_READER_ARTICLES_MAX + 1];
    static int64_t views[PV_READER_DAY_MINUTES];
    struct pv_reader_entry *entries;
    char section[PV_READER_SECTION_MAX + 2] = "";
    size_t count;
    int64_t people;

    (void)state;
    assert_int_equal(pv_reader_views_many(reader, many, PV_READER_ARTICLES_MAX + 1, views, &error),
                     PV_INVALID);
    assert_contains(error.text, "10000");
    assert_int_equal(pv_reader_trending(reader, "2h", NULL, 1, &entries, &count, &error),
                     PV_INVALID);
    assert_contains(error.text, "1h, 24h, 7d, 30d, hot, rising");
    assert_int_equal(pv_reader_trending(reader, "1h", NULL, 0, &entries, &count, &error),
                     PV_INVALID);
    assert_int_equal(pv_reader_trending(reader, "1h", NULL, 1001, &entries, &count, &error),
                     PV_INVALID);
    memset(section, 's', sizeof section - 1);
    assert_int_equal(pv_reader_trending(reader, "1h", section, 1, &entries, &count, &error),
                     PV_INVALID);
    assert_int_equal(pv_reader_site(reader, -1, views, &error), PV_INVALID);
    assert_int_equal(pv_reader_site(reader, INT64_MAX, views, &error), PV_INVALID);
    assert_int_equal(pv_reader_site_visitors(reader, 0, 0, &people, &error), PV_INVALID);
    assert_int_equal(pv_reader_site_visitors(reader, 0, 61, &people, &error), PV_INVALID);
}

static void options_that_cannot_be_are_invalid(void **state)
{
    static const char *const addresses[] = {"", "localhost", "localhost:0", "unix:"};
    char prefix[66] = "";
    struct pv_reader_options given = {0};
    struct pv_reader *made = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        given.address = addresses[i];
        assert_int_equal(pv_reader_new(&given, &made, &error), PV_INVALID);
    }
    memset(prefix, 'p', sizeof prefix - 1);
    given = (struct pv_reader_options){.prefix = prefix};
    assert_int_equal(pv_reader_new(&given, &made, &error), PV_INVALID);
    given = (struct pv_reader_options){.password_file = "/no/such"};
    assert_int_equal(pv_reader_new(&given, &made, &error), PV_INVALID);
    assert_contains(error.text, "/no/such");
    assert_null(made);
    assert_int_equal(pv_reader_new(NULL, &made, &error), PV_OK);
    pv_reader_destroy(made);
    pv_reader_destroy(NULL);
}

static void options_are_copied_and_the_prefix_is_kept(void **state)
{
    char where[128], prefix[] = "other:";
    const struct pv_reader_options given = {.address = where, .prefix = prefix};
    struct pv_reader *made;
    int64_t views = 0;

    (void)state;
    strcpy(where, real_redis_address);
    COMMAND("HSET", "other:views", "/a", "5");
    assert_int_equal(pv_reader_new(&given, &made, &error), PV_OK);
    memset(where, 'x', sizeof where - 1);
    memset(prefix, 'x', sizeof prefix - 1);
    assert_int_equal(pv_reader_views(made, "/a", &views, &error), PV_OK);
    assert_int_equal(views, 5);
    pv_reader_destroy(made);
}

/* SIGPIPE is not ignored here: were it raised, this program would end. */
static void a_lost_connection_is_unavailable_and_made_again(void **state)
{
    sigset_t pending;
    int64_t views = 0;

    (void)state;
    assert_int_equal(pv_reader_views(reader, "/a", &views, &error), PV_OK);
    real_redis_kill();
    assert_int_equal(pv_reader_views(reader, "/a", &views, &error), PV_UNAVAILABLE);
    assert_contains(error.text, real_redis_address);
    assert_int_equal(pv_reader_views(reader, "/a", &views, &error), PV_UNAVAILABLE);
    sigpending(&pending);
    assert_int_equal(sigismember(&pending, SIGPIPE), 0);
    real_redis_launch();
    pv_redis_disconnect(redis);
    assert_true(real_redis_wait());
    COMMAND("HSET", "pv:views", "/a", "5");
    assert_int_equal(pv_reader_views(reader, "/a", &views, &error), PV_OK);
    assert_int_equal(views, 5);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(views_are_those_of_redis_and_zero_for_the_rest),
        TEST(views_of_a_span_are_those_of_its_bucket),
        TEST(what_readers_also_read_comes_likeliest_first),
        TEST(a_trending_list_comes_highest_score_first),
        TEST(titles_and_sections_are_found_for_any_number_of_articles),
        TEST(the_sites_minutes_stand_at_their_place),
        TEST(visitors_are_counted_once_in_all_minutes),
        TEST(times_are_minus_one_until_they_are),
        TEST(offsets_are_sorted_and_foreign_fields_left_out),
        TEST(what_no_aggregator_wrote_is_refused),
        TEST(arguments_out_of_bounds_are_invalid),
        TEST(options_that_cannot_be_are_invalid),
        TEST(options_are_copied_and_the_prefix_is_kept),
        TEST(a_lost_connection_is_unavailable_and_made_again),
    };

    (void)signal(SIGPIPE, SIG_DFL);
    return cmocka_run_group_tests(tests, real_redis_server_start, real_redis_server_stop);
}
