#include "test_pageview_support.h"

#include "dashboard_files.h"
#include "pageview/bucket.h"
#include "pageview/log.h"
#include "producer/visitor.h"

#define BROWSER "Mozilla/5.0 (X11; Linux x86_64; rv:27.0) Gecko/20100101 Firefox/27.0"
#define ADDRESS "203.0.113.9"
#define SITE    "www.example.org"

/* 2026-11-24, at noon. */
#define TODAY   INT64_C(20781)
#define NOON_MS (TODAY * PV_DAY_MS + PV_DAY_MS / 2)

static char directory[TEST_PATH_SIZE];
static struct pv_salts *salts;
static struct pv_visitors *visitors;
static int64_t now_ms;

static int64_t tell_time(void *context)
{
    (void)context;
    return now_ms;
}

static const struct pv_clock fake_clock = {tell_time, NULL};

static int make_salts(void **state)
{
    struct pv_error error;

    (void)state;
    pv_log_set_level(PV_LOG_ERROR);
    now_ms = NOON_MS;
    make_directory(directory);
    if (pv_salts_open(directory, &fake_clock, &salts, &error) != PV_OK)
        return -1;
    return pv_visitors_new(salts, &visitors, &error) == PV_OK ? 0 : -1;
}

static int remove_salts(void **state)
{
    (void)state;
    pv_visitors_destroy(visitors);
    pv_salts_destroy(salts);
    remove_directory(directory);
    return 0;
}

static struct pv_text text(const char *bytes)
{
    return (struct pv_text){bytes, bytes == NULL ? 0 : strlen(bytes)};
}

struct visitor {
    char digits[PV_VISITOR_LENGTH + 1];
};

static struct visitor hash_of(struct pv_text address, struct pv_text user_agent,
                              struct pv_text site)
{
    unsigned char salt[PV_SALT_SIZE];
    struct visitor visitor;

    for (unsigned char i = 0; i < PV_SALT_SIZE; i++)
        salt[i] = i;
    memset(&visitor, 0, sizeof visitor);
    pv_visitor_hash(salt, address, user_agent, site, visitor.digits);
    return visitor;
}

static struct pv_hit hit_of(const char *address, const char *user_agent, const char *site)
{
    return (struct pv_hit){.ts_ms = NOON_MS,
                           .address = text(address),
                           .user_agent = text(user_agent),
                           .site = text(site)};
}

static struct visitor visitor_of(struct pv_hit hit)
{
    struct visitor visitor;

    memset(&visitor, 0, sizeof visitor);
    if (!pv_visitors_write(visitors, &hit, visitor.digits))
        fail_msg("there is no visitor");
    return visitor;
}

static void assert_none(struct pv_hit hit)
{
    char digits[PV_VISITOR_LENGTH];

    assert_false(pv_visitors_write(visitors, &hit, digits));
}

static void assert_other(struct visitor a, struct visitor b)
{
    assert_string_not_equal(a.digits, b.digits);
}

/* What another implementation of BLAKE2b makes of the same bytes. */
static void hash_is_blake2b_of_the_three_behind_their_lengths(void **state)
{
    static char long_agent[512];

    (void)state;
    assert_string_equal(hash_of(text(ADDRESS), text(BROWSER), text(SITE)).digits,
                        "e2be95c3bc02b9b1");
    assert_string_equal(hash_of(text(ADDRESS), text(BROWSER), text(NULL)).digits,
                        "7e71a495ab62b50f");
    assert_string_equal(hash_of(text(NULL), text(""), text(NULL)).digits, "a204455475ddae1c");
    memset(long_agent, 'x', sizeof long_agent);
    assert_string_equal(
        hash_of(text("2001:db8::1"), (struct pv_text){long_agent, sizeof long_agent}, text(SITE))
            .digits,
        "102848a38315a966");
}

static void texts_that_are_the_same_when_joined_are_different_visitors(void **state)
{
    (void)state;
    assert_other(hash_of(text("ab"), text("c"), text("d")),
                 hash_of(text("a"), text("bc"), text("d")));
    assert_other(hash_of(text("a"), text("bc"), text("d")),
                 hash_of(text("a"), text("b"), text("cd")));
    assert_other(hash_of(text("a"), text("b"), text("")), hash_of(text("a"), text(""), text("b")));
    assert_other(hash_of((struct pv_text){"a\0", 2}, text("b"), text("")),
                 hash_of(text("a"), text("b"), text("")));
}

static void visitor_is_the_same_for_the_same_person_on_the_same_day(void **state)
{
    struct visitor visitor = visitor_of(hit_of(ADDRESS, BROWSER, SITE));
    struct pv_hit late = hit_of(ADDRESS, BROWSER, SITE);

    (void)state;
    assert_int_equal(strspn(visitor.digits, "0123456789abcdef"), PV_VISITOR_LENGTH);
    late.ts_ms = (TODAY + 1) * PV_DAY_MS - 1;
    late.target = text("/another");
    late.referrer = text("http://example.org/");
    assert_string_equal(visitor_of(late).digits, visitor.digits);
    assert_string_equal(visitor_of(hit_of(ADDRESS, BROWSER, "WWW.Example.ORG")).digits,
                        visitor.digits);
}

static void visitor_is_another_by_address_agent_site_and_day(void **state)
{
    struct visitor visitor = visitor_of(hit_of(ADDRESS, BROWSER, SITE));
    struct pv_hit yesterday = hit_of(ADDRESS, BROWSER, SITE);

    (void)state;
    assert_other(visitor_of(hit_of("203.0.113.8", BROWSER, SITE)), visitor);
    assert_other(visitor_of(hit_of(ADDRESS, BROWSER " x", SITE)), visitor);
    assert_other(visitor_of(hit_of(ADDRESS, BROWSER, "example.org")), visitor);
    assert_other(visitor_of(hit_of(ADDRESS, BROWSER, NULL)), visitor);
    yesterday.ts_ms = TODAY * PV_DAY_MS - 1;
    assert_other(visitor_of(yesterday), visitor);
}

static void hit_without_address_or_agent_has_no_visitor(void **state)
{
    static const char *const nothing[] = {NULL, "", "-"};

    (void)state;
    for (size_t i = 0; i < sizeof nothing / sizeof nothing[0]; i++) {
        assert_none(hit_of(nothing[i], BROWSER, SITE));
        assert_none(hit_of(ADDRESS, nothing[i], SITE));
    }
    assert_none(hit_of("unix:", BROWSER, SITE));
    (void)visitor_of(hit_of("--", "--", NULL));
}

static void hit_of_an_old_log_has_no_visitor(void **state)
{
    struct pv_hit hit = hit_of(ADDRESS, BROWSER, SITE);

    (void)state;
    hit.ts_ms = (TODAY - 1) * PV_DAY_MS;
    (void)visitor_of(hit);
    hit.ts_ms--;
    assert_none(hit);
    hit.ts_ms = 0;
    assert_none(hit);
}

static void only_the_beginning_of_a_long_text_is_hashed(void **state)
{
    static char bytes[5000];
    struct pv_text all = {bytes, sizeof bytes};
    struct visitor cut;

    (void)state;
    memset(bytes, 'A', sizeof bytes);
    cut = hash_of((struct pv_text){bytes, 64}, (struct pv_text){bytes, 512},
                  (struct pv_text){bytes, 255});
    assert_string_equal(hash_of(all, all, all).digits, cut.digits);
    assert_other(hash_of((struct pv_text){bytes, 63}, all, all), cut);
    assert_other(hash_of(all, (struct pv_text){bytes, 511}, all), cut);
    assert_other(hash_of(all, all, (struct pv_text){bytes, 254}), cut);
}

/* The hash of the hit's three texts, by the day's salt, without anything remembered. */
static struct visitor fresh_hash(struct pv_hit hit)
{
    unsigned char salt[PV_SALT_SIZE];
    struct visitor visitor;

    memset(&visitor, 0, sizeof visitor);
    assert_true(pv_salts_of_day(salts, hit.ts_ms / PV_DAY_MS, salt));
    pv_visitor_hash(salt, hit.address, hit.user_agent, hit.site, visitor.digits);
    return visitor;
}

/* More visitors than are remembered, on two days in turn, each again soon and late. */
static void remembered_visitor_is_never_anothers(void **state)
{
    (void)state;
    for (int i = 0; i < 150000; i++) {
        int number = i % 3 == 0 ? i % 100 : i;
        char address[32];
        struct pv_hit hit = hit_of(address, BROWSER, number % 7 == 0 ? SITE : NULL);

        snprintf(address, sizeof address, "2001:db8::%x", number);
        hit.address = text(address);
        hit.ts_ms -= i % 2 * PV_DAY_MS;
        assert_string_equal(visitor_of(hit).digits, fresh_hash(hit).digits);
        assert_string_equal(visitor_of(hit).digits, fresh_hash(hit).digits);
    }
}

static void remembered_visitor_goes_with_the_salt(void **state)
{
    struct pv_hit hit = hit_of(ADDRESS, BROWSER, SITE);
    struct visitor before = visitor_of(hit);

    (void)state;
    now_ms += 2 * PV_DAY_MS;
    assert_none(hit);
    now_ms -= 2 * PV_DAY_MS; /* what the clock says, the salt is gone */
    assert_other(visitor_of(hit), before);
    assert_string_equal(visitor_of(hit).digits, fresh_hash(hit).digits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hash_is_blake2b_of_the_three_behind_their_lengths),
        cmocka_unit_test(texts_that_are_the_same_when_joined_are_different_visitors),
        cmocka_unit_test(visitor_is_the_same_for_the_same_person_on_the_same_day),
        cmocka_unit_test(visitor_is_another_by_address_agent_site_and_day),
        cmocka_unit_test(hit_without_address_or_agent_has_no_visitor),
        cmocka_unit_test(hit_of_an_old_log_has_no_visitor),
        cmocka_unit_test(only_the_beginning_of_a_long_text_is_hashed),
        cmocka_unit_test(remembered_visitor_is_never_anothers),
        cmocka_unit_test(remembered_visitor_goes_with_the_salt),
    };

    return cmocka_run_group_tests(tests, make_salts, remove_salts);
}
