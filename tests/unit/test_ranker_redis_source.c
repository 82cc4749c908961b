/* The ranker's source in Redis: everything is handed out, and no question is a big one. */
#include "real_redis.h"

#include "aggregator/ranker/redis_source.h"

enum { FIELDS = 5000, SECTIONS = 2500, NAME_SIZE = 16, PART = 500 };

#define NOW INT64_C(1795525507000) /* 2026-11-24T13:05:07Z */

static struct pv_redis_source redis_source;
static struct pv_count_source source;
static int64_t counts[FIELDS]; /* by the number in the article's name; -1: not handed out */
static size_t handed_out, strangers;
static char sections[SECTIONS][NAME_SIZE];
static int section_calls[SECTIONS];

static int begin(void **state)
{
    (void)state;
    COMMAND("FLUSHALL");
    COMMAND("CONFIG", "RESETSTAT");
    redis_source = (struct pv_redis_source){.redis = redis, .prefix = "pv:"};
    source = pv_redis_count_source(&redis_source);
    memset(counts, -1, sizeof counts);
    handed_out = strangers = 0;
    memset(sections, 0, sizeof sections);
    memset(section_calls, 0, sizeof section_calls);
    return 0;
}

/* Fields "/0"... with values `first_value`... */
static void fill(const char *key, int count, int first_value)
{
    static char words[2 * PART][NAME_SIZE];
    const char *arguments[2 + 2 * PART] = {"HSET", key};
    size_t lengths[2 + 2 * PART] = {strlen("HSET"), strlen(key)};
    struct pv_redis_reply *answer;

    for (int first = 0; first < count; first += PART) {
        for (int i = 0; i < PART; i++) {
            snprintf(words[2 * i], NAME_SIZE, "/%d", first + i);
            snprintf(words[2 * i + 1], NAME_SIZE, "%d", first_value + first + i);
        }
        for (int i = 0; i < 2 * PART; i++) {
            arguments[2 + i] = words[i];
            lengths[2 + i] = strlen(words[i]);
        }
        assert_int_equal(pv_redis_command(redis, 2 + 2 * PART, arguments, lengths, &answer, &error),
                         PV_OK);
        pv_redis_reply_destroy(answer);
    }
}

static void take_count(void *context, struct pv_text article, int64_t count)
{
    long number = strtol(article.data + 1, NULL, 10);

    assert_ptr_equal(context, counts);
    handed_out++;
    if (article.data[0] != '/' || number < 0 || number >= FIELDS)
        strangers++;
    else
        counts[number] = count;
}

static void take_section(void *context, size_t i, struct pv_text section)
{
    assert_ptr_equal(context, sections);
    assert_true(i < SECTIONS);
    section_calls[i]++;
    if (section.data != NULL)
        snprintf(sections[i], NAME_SIZE, "%.*s", (int)section.length, section.data);
}

static enum pv_status read_bucket(enum pv_bucket_size size)
{
    return source.read_bucket(source.context, size, NOW - NOW % pv_bucket_length_ms(size),
                              take_count, counts, &error);
}

static void every_field_of_a_large_hash_is_handed_out(void **state)
{
    (void)state;
    fill("pv:views:2026-11-24T13:05", FIELDS, 1);
    assert_int_equal(read_bucket(PV_BUCKET_MINUTE), PV_OK);
    for (int i = 0; i < FIELDS; i++)
        assert_int_equal(counts[i], i + 1);
    assert_true(handed_out >= FIELDS);
    assert_int_equal(strangers, 0);
    assert_true(redis_source.waited_us > 0);
}

/* The sizes of answers cannot be asked for, but the questions can: each says COUNT 1000. */
static void a_large_hash_is_read_in_pages(void **state)
{
    struct pv_redis_reply *log;
    int pages = 0;

    (void)state;
    fill("pv:views:2026-11-24T13", FIELDS, 1);
    COMMAND("CONFIG", "SET", "slowlog-log-slower-than", "0", "slowlog-max-len", "1000");
    COMMAND("SLOWLOG", "RESET");
    assert_int_equal(read_bucket(PV_BUCKET_HOUR), PV_OK);
    COMMAND("CONFIG", "SET", "slowlog-log-slower-than", "-1");
    log = ask_redis("SLOWLOG", "GET", "1000", NULL, NULL);
    for (size_t i = 0; i < pv_redis_reply_count(log); i++) {
        const struct pv_redis_reply *words = pv_redis_reply_at(pv_redis_reply_at(log, i), 3);
        const char *command = pv_redis_reply_text(pv_redis_reply_at(words, 0), NULL);

        assert_string_not_equal(command, "HGETALL");
        if (strcmp(command, "HSCAN") != 0)
            continue;
        pages++;
        assert_int_equal(pv_redis_reply_count(words), 5);
        assert_string_equal(pv_redis_reply_text(pv_redis_reply_at(words, 3), NULL), "COUNT");
        assert_true(pv_redis_reply_number(pv_redis_reply_at(words, 4), INT64_MAX) <= 1000);
    }
    pv_redis_reply_destroy(log);
    assert_true(pages >= FIELDS / 1000);
    assert_int_equal(handed_out, FIELDS); /* nothing grew or shrank meanwhile */
}

struct page_watch {
    int pages, pages_allowed;
};

static enum pv_status watch_page(void *context, struct pv_error *why)
{
    struct page_watch *watch = context;

    if (watch->pages == watch->pages_allowed)
        return pv_error_set(why, PV_LOST, "no more pages");
    watch->pages++;
    return PV_OK;
}

static void whoever_reads_is_asked_before_each_page(void **state)
{
    struct page_watch watch = {0, 1000};
    int pages;

    (void)state;
    fill("pv:views:2026-11-24T13:05", FIELDS, 1);
    redis_source.before_page = watch_page;
    redis_source.context = &watch;
    COMMAND("CONFIG", "RESETSTAT");
    assert_int_equal(read_bucket(PV_BUCKET_MINUTE), PV_OK);
    assert_true(watch.pages >= FIELDS / PV_SOURCE_PAGE);
    assert_int_equal(redis_calls("hscan"), watch.pages);
    pages = watch.pages;
    watch = (struct page_watch){0, 2};
    assert_int_equal(read_bucket(PV_BUCKET_MINUTE), PV_LOST);
    assert_string_equal(error.text, "no more pages");
    assert_int_equal(redis_calls("hscan"), pages + 2);
}

static void each_size_reads_its_own_bucket(void **state)
{
    (void)state;
    COMMAND("HSET", "pv:views:2026-11-24", "/1", "300");
    COMMAND("HSET", "pv:views:2026-11-24T13", "/1", "20");
    COMMAND("HSET", "pv:views:2026-11-24T13:05", "/1", "1");
    assert_int_equal(read_bucket(PV_BUCKET_DAY), PV_OK);
    assert_int_equal(counts[1], 300);
    assert_int_equal(read_bucket(PV_BUCKET_HOUR), PV_OK);
    assert_int_equal(counts[1], 20);
    assert_int_equal(read_bucket(PV_BUCKET_MINUTE), PV_OK);
    assert_int_equal(counts[1], 1);
}

static void a_bucket_that_is_not_there_is_empty(void **state)
{
    (void)state;
    assert_int_equal(read_bucket(PV_BUCKET_DAY), PV_OK);
    assert_int_equal(handed_out, 0);
}

static void a_bucket_that_is_no_hash_is_refused(void **state)
{
    (void)state;
    COMMAND("SET", "pv:views:2026-11-24", "text");
    assert_int_equal(read_bucket(PV_BUCKET_DAY), PV_REFUSED);
    assert_int_equal(handed_out, 0);
}

static void sections_come_in_pages_each_at_its_place(void **state)
{
    static char names[SECTIONS][NAME_SIZE];
    struct pv_text articles[SECTIONS];

    (void)state;
    fill("pv:sections", SECTIONS, 10000);
    COMMAND("HDEL", "pv:sections", "/0", "/1000", "/2499");
    for (int i = 0; i < SECTIONS; i++) {
        int length = snprintf(names[i], NAME_SIZE, "/%d", i);

        articles[i] = (struct pv_text){names[i], (size_t)length};
    }
    assert_int_equal(
        source.read_sections(source.context, articles, SECTIONS, take_section, sections, &error),
        PV_OK);
    for (int i = 0; i < SECTIONS; i++) {
        bool has_none = i == 0 || i == 1000 || i == 2499;

        assert_int_equal(section_calls[i], 1);
        assert_int_equal(strtol(sections[i], NULL, 10), has_none ? 0 : 10000 + i);
    }
    assert_int_equal(redis_calls("hmget"), 3);
    assert_int_equal(source.read_sections(source.context, NULL, 0, take_section, sections, &error),
                     PV_OK);
    assert_int_equal(redis_calls("hmget"), 3);
}

static void an_announcement_moves_forward_only_and_answers_the_marks(void **state)
{
    struct pv_commit_marks marks = {-1, -1, -1};

    (void)state;
    assert_int_equal(source.announce(source.context, NOW, &marks, &error), PV_OK);
    assert_int_equal(marks.commits, 0);
    assert_int_equal(marks.late, 0);
    assert_int_equal(marks.looks, 1);
    assert_int_equal(redis_number("HGET", "pv:meta", "open_from_ms"), NOW);
    COMMAND("HSET", "pv:meta", "commits", "7", "late", "3");
    assert_int_equal(source.announce(source.context, NOW - 1, &marks, &error), PV_OK);
    assert_int_equal(marks.commits, 7);
    assert_int_equal(marks.late, 3);
    assert_int_equal(marks.looks, 2);
    assert_int_equal(redis_number("HGET", "pv:meta", "open_from_ms"), NOW);
    assert_int_equal(source.announce(source.context, NOW + 1, &marks, &error), PV_OK);
    assert_int_equal(redis_number("HGET", "pv:meta", "open_from_ms"), NOW + 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, begin)
    const struct CMUnitTest tests[] = {
        TEST(every_field_of_a_large_hash_is_handed_out),
        TEST(a_large_hash_is_read_in_pages),
        TEST(whoever_reads_is_asked_before_each_page),
        TEST(each_size_reads_its_own_bucket),
        TEST(a_bucket_that_is_not_there_is_empty),
        TEST(a_bucket_that_is_no_hash_is_refused),
        TEST(sections_come_in_pages_each_at_its_place),
        TEST(an_announcement_moves_forward_only_and_answers_the_marks),
    };

    return cmocka_run_group_tests(tests, real_redis_start, real_redis_stop);
}
