/* The call of pv_commit for a batch, decoded, equals a straightforward recount of its events. */
#include "aggregator_commit_counts.h"

#include <time.h>

#include "aggregator/commit_call.h"

#define MINUTE INT64_C(60000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define NOW    INT64_C(1795525507000) /* 2026-11-24T13:05:07Z */

enum { MAX_CELLS = 20000 };

static struct counts expected, sent;
static struct pv_commit_call *call;
static struct pv_batch *batch;
static struct words words;
static struct pv_retention retention;
static const struct pv_commit_context context = {
    .prefix = "pv:", .topic = "pageviews", .retention = &retention, .partitions = 8};
static int64_t next_offset;

static int set_up(void **state)
{
    struct pv_error error;

    (void)state;
    expected.count = sent.count = 0;
    retention = (struct pv_retention){2 * HOUR, 8 * DAY, 400 * DAY};
    next_offset = 1000;
    if (pv_commit_call_new(MAX_CELLS, &call, &error) != PV_OK ||
        pv_batch_new(MAX_CELLS, &batch, &error) != PV_OK)
        return -1;
    pv_batch_open(batch, 7, next_offset, NOW);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pv_commit_call_destroy(call);
    pv_batch_destroy(batch);
    return 0;
}

/* ---- The recount, with the C library's calendar ---- */

static void expect(const char *name, const char *bucket_format, int64_t ts_ms, const char *field,
                   int64_t expires_ms)
{
    time_t seconds = (time_t)(ts_ms / 1000);
    struct count *count;
    struct tm utc;
    char bucket[32];

    if (expires_ms != 0 && expires_ms <= NOW)
        return;
    gmtime_r(&seconds, &utc);
    strftime(bucket, sizeof bucket, bucket_format, &utc);
    count = new_count(&expected);
    snprintf(count->key, sizeof count->key, "pv:%s%s", name, bucket);
    snprintf(count->field, sizeof count->field, "%s", field);
    count->amount = 1;
    count->expires_at = expires_ms / 1000;
}

static int64_t end_of(int64_t ts_ms, int64_t length_ms)
{
    return (ts_ms / length_ms + 1) * length_ms;
}

static void add_view(const char *article, int64_t ts_ms)
{
    time_t seconds = (time_t)(ts_ms / 1000);
    char minute[8];
    struct tm utc;

    assert_true(
        pv_batch_add_view(batch, next_offset++, (struct pv_text){article, strlen(article)}, ts_ms));
    gmtime_r(&seconds, &utc);
    strftime(minute, sizeof minute, "%H:%M", &utc);
    expect("views", "", 0, article, 0);
    expect("totals", "", 0, "views", 0);
    expect("views:", "%Y-%m-%d", ts_ms, article, end_of(ts_ms, DAY) + retention.days_ms);
    expect("views:", "%Y-%m-%dT%H", ts_ms, article, end_of(ts_ms, HOUR) + retention.hours_ms);
    expect("views:", "%Y-%m-%dT%H:%M", ts_ms, article,
           end_of(ts_ms, MINUTE) + retention.minutes_ms);
    expect("site:", "%Y-%m-%d", ts_ms, minute, end_of(ts_ms, DAY) + retention.days_ms);
}

static void add_filtered(enum pv_reason reason, int64_t ts_ms)
{
    assert_true(pv_batch_add_filtered(batch, next_offset++, reason, ts_ms));
    expect("totals", "", 0, pv_reason_name(reason), 0);
    expect("filtered:", "%Y-%m-%d", ts_ms, pv_reason_name(reason),
           end_of(ts_ms, DAY) + retention.days_ms);
}

/* Builds the call and reads its groups into `sent`. */
static void build(void)
{
    struct pv_error error;

    assert_int_equal(pv_commit_call_build(call, batch, &context, NOW, NOW, &words.arguments,
                                          &words.lengths, &words.count, &error),
                     PV_OK);
    read_groups(&words, &sent);
}

static void assert_sent_equals_expected(void)
{
    build();
    assert_same_counts(&sent, &expected);
}

/* ---- The promises ---- */

static void the_fence_is_partition_from_and_to(void **state)
{
    (void)state;
    add_view("/a", NOW);
    build();
    int args = 3 + (int)strtol(words.arguments[2], NULL, 10);
    assert_argument(&words, args, "pageviews/7");
    assert_argument(&words, args + 1, "1000");
    assert_argument(&words, args + 2, "1001");
    assert_argument(&words, args + 3, "1795525507000");
}

static void offsets_are_plain_digits_and_the_first_from_is_empty(void **state)
{
    (void)state;
    pv_batch_open(batch, 7, PV_OFFSET_NONE, NOW);
    pv_batch_extend(batch, 0);
    build();
    assert_argument(&words, 6, "");
    assert_argument(&words, 7, "0");
    pv_batch_open(batch, 7, INT64_C(123456789012345678), NOW);
    pv_batch_extend(batch, INT64_MAX);
    build();
    assert_argument(&words, 6, "123456789012345678");
    assert_argument(&words, 7, "9223372036854775807");
}

static void a_batch_without_events_adds_to_nothing(void **state)
{
    (void)state;
    pv_batch_extend(batch, 1005);
    assert_sent_equals_expected();
    assert_int_equal(sent.count, 0);
}

static void views_of_one_minute_are_in_every_bucket(void **state)
{
    (void)state;
    add_view("/a", NOW);
    add_view("/b", NOW);
    add_view("/a", NOW + 1);
    assert_sent_equals_expected();
    assert_true(has_key(&sent, "pv:views:2026-11-24T13:05"));
    assert_true(has_key(&sent, "pv:site:2026-11-24"));
}

static void views_of_many_minutes_hours_and_days_are_in_their_own_buckets(void **state)
{
    (void)state;
    for (int i = 0; i < 300; i++)
        add_view(i % 3 == 0 ? "/a" : "/b", NOW - INT64_C(7) * i * MINUTE);
    for (int i = 0; i < 30; i++)
        add_view("/c", NOW - i * DAY);
    add_view("/d", NOW + 4 * MINUTE);
    assert_sent_equals_expected();
}

static void a_bucket_is_kept_until_its_time_is_over_to_the_millisecond(void **state)
{
    int64_t minute = NOW / MINUTE * MINUTE;

    (void)state;
    retention.minutes_ms = NOW - minute; /* the last full minute ends at NOW - this */
    add_view("/a", minute - 1);
    assert_sent_equals_expected();
    assert_false(has_key(&sent, "pv:views:2026-11-24T13:04"));
}

static void a_bucket_with_a_millisecond_left_is_still_written(void **state)
{
    int64_t minute = NOW / MINUTE * MINUTE;

    (void)state;
    retention.minutes_ms = NOW - minute + 1;
    add_view("/a", minute - 1);
    assert_sent_equals_expected();
    assert_true(has_key(&sent, "pv:views:2026-11-24T13:04"));
}

static void old_views_are_in_the_totals_and_in_no_expired_bucket(void **state)
{
    (void)state;
    add_view("/a", 0);
    add_view("/a", NOW - 500 * DAY);
    add_filtered(PV_REASON_spider, NOW - 500 * DAY);
    assert_sent_equals_expected();
    assert_int_equal(sent.count, 3); /* pv:views /a, pv:totals views, pv:totals spider */
}

static void the_site_has_a_hash_a_day_and_a_field_a_minute(void **state)
{
    int64_t midnight = NOW / DAY * DAY;

    (void)state;
    add_view("/a", midnight - 1);
    add_view("/b", midnight);
    add_view("/c", midnight);
    assert_sent_equals_expected();
    assert_true(has_key(&sent, "pv:site:2026-11-23"));
    assert_true(has_key(&sent, "pv:site:2026-11-24"));
}

static void filtered_events_are_in_their_day_and_in_the_totals(void **state)
{
    int64_t midnight = NOW / DAY * DAY;

    (void)state;
    add_filtered(PV_REASON_spider, midnight);
    add_filtered(PV_REASON_not_json, midnight - 1);
    add_filtered(PV_REASON_spider, midnight - 1);
    add_filtered(PV_REASON_spider, midnight + 1);
    add_filtered(PV_REASON_spider, midnight - 399 * DAY);
    assert_sent_equals_expected();
    assert_false(has_key(&sent, "pv:views"));
}

static void an_empty_batch_says_when_the_log_had_nothing_more(void **state)
{
    struct msgpack_reader notes;
    char names[8][16], values[8][24];
    size_t count;

    (void)state;
    batch->caught_up_ms = NOW - 5;
    build();
    notes = argument_reader(&words, 10);
    count = msgpack_read_array(&notes) / 2;
    assert_int_equal(count, 2);
    for (size_t i = 0; i < count; i++) {
        size_t length;
        const char *text = msgpack_read_text(&notes, &length);

        snprintf(names[i], sizeof names[i], "%.*s", (int)length, text);
        text = msgpack_read_text(&notes, &length);
        snprintf(values[i], sizeof values[i], "%.*s", (int)length, text);
    }
    assert_string_equal(names[0], "caught_up");
    assert_string_equal(values[0], "1795525506995");
    assert_string_equal(names[1], "partitions");
    assert_string_equal(values[1], "8");
}

static void ten_thousand_articles_go_in_one_call(void **state)
{
    char article[16];

    (void)state;
    for (int i = 0; i < 10000; i++) {
        snprintf(article, sizeof article, "/%d", i);
        add_view(article, NOW);
    }
    build();
    assert_int_equal(sent.count, 4 * 10000 + 2);
}

static void the_same_memory_serves_a_small_batch_after_a_large_one(void **state)
{
    (void)state;
    for (int i = 0; i < 3000; i++)
        add_view(i % 2 == 0 ? "/a" : "/b", NOW - i * MINUTE);
    assert_sent_equals_expected();
    expected.count = 0;
    pv_batch_open(batch, 7, next_offset, NOW);
    add_view("/c", NOW);
    assert_sent_equals_expected();
}

/* A generator of its own, so that a seed means the same everywhere. */
static uint64_t random_state;

static int64_t random_below(int64_t bound)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)((random_state >> 33) % (uint64_t)bound);
}

static int64_t random_time(void)
{
    static const int64_t spans[] = {3 * MINUTE, 3 * HOUR, 10 * DAY, 405 * DAY, 20000 * DAY};

    return NOW + 5 * MINUTE - random_below(spans[random_below(5)]);
}

static void random_batches_equal_their_recount(void **state)
{
    static const enum pv_reason reasons[] = {PV_REASON_spider, PV_REASON_automated,
                                             PV_REASON_not_json};
    const char *seed_text = getenv("PV_TEST_SEED");
    uint64_t seed = seed_text != NULL ? strtoull(seed_text, NULL, 10) : (uint64_t)time(NULL);

    (void)state;
    print_message("PV_TEST_SEED=%" PRIu64 "\n", seed);
    random_state = seed;
    for (int round = 0; round < 60; round++) {
        int64_t events = 1 + random_below(400), articles = 1 + random_below(60);

        expected.count = 0;
        pv_batch_open(batch, 7, next_offset, NOW);
        for (int64_t i = 0; i < events; i++) {
            char article[16];

            snprintf(article, sizeof article, "/%" PRId64, random_below(articles));
            if (random_below(10) > 0)
                add_view(article, random_time());
            else if (pv_batch_has_filtered_room(batch))
                add_filtered(reasons[random_below(3)], random_time());
        }
        assert_sent_equals_expected();
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_fence_is_partition_from_and_to),
        TEST(offsets_are_plain_digits_and_the_first_from_is_empty),
        TEST(a_batch_without_events_adds_to_nothing),
        TEST(views_of_one_minute_are_in_every_bucket),
        TEST(views_of_many_minutes_hours_and_days_are_in_their_own_buckets),
        TEST(a_bucket_is_kept_until_its_time_is_over_to_the_millisecond),
        TEST(a_bucket_with_a_millisecond_left_is_still_written),
        TEST(old_views_are_in_the_totals_and_in_no_expired_bucket),
        TEST(the_site_has_a_hash_a_day_and_a_field_a_minute),
        TEST(filtered_events_are_in_their_day_and_in_the_totals),
        TEST(an_empty_batch_says_when_the_log_had_nothing_more),
        TEST(ten_thousand_articles_go_in_one_call),
        TEST(the_same_memory_serves_a_small_batch_after_a_large_one),
        TEST(random_batches_equal_their_recount),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
