#include "test_pageview_support.h"

#include "producer/agent.h"

#define BROWSER "Mozilla/5.0 (X11; Linux x86_64; rv:27.0) Gecko/20100101 Firefox/27.0"

static struct pv_agent_classifier *classifier_of(const char *patterns)
{
    struct pv_agent_classifier *classifier;
    struct pv_error error;
    char path[64];

    write_temporary_file(path, patterns, strlen(patterns));
    if (pv_agent_classifier_new(path, &classifier, &error) != PV_OK)
        fail_msg("%s", error.text);
    unlink(path);
    return classifier;
}

/* The error of a file of patterns that must be refused. */
static struct pv_error refusal_of(const char *patterns, char path[64])
{
    struct pv_agent_classifier *classifier;
    struct pv_error error;

    write_temporary_file(path, patterns, strlen(patterns));
    assert_int_equal(pv_agent_classifier_new(path, &classifier, &error), PV_INVALID);
    unlink(path);
    return error;
}

static enum pv_agent classify(struct pv_agent_classifier *classifier, const char *user_agent)
{
    return pv_agent_classify(classifier, (struct pv_text){user_agent, strlen(user_agent)});
}

static void who_does_not_say_is_a_spider_and_who_cannot_is_not(void **state)
{
    struct pv_agent_classifier *classifier = classifier_of("bot\n");

    (void)state;
    assert_int_equal(classify(classifier, ""), PV_AGENT_SPIDER);
    assert_int_equal(classify(classifier, "-"), PV_AGENT_SPIDER);
    assert_int_equal(classify(classifier, "--"), PV_AGENT_USER);
    assert_int_equal(pv_agent_classify(classifier, (struct pv_text){NULL, 0}), PV_AGENT_USER);
    pv_agent_classifier_destroy(classifier);
}

static void pattern_is_found_anywhere_in_any_case(void **state)
{
    struct pv_agent_classifier *classifier = classifier_of("bot\n^curl/\n");

    (void)state;
    assert_int_equal(classify(classifier, "Mozilla/5.0 (compatible; BoT/2.1)"), PV_AGENT_SPIDER);
    assert_int_equal(classify(classifier, "CURL/7"), PV_AGENT_SPIDER);
    assert_int_equal(classify(classifier, "a curl/7"), PV_AGENT_USER);
    assert_int_equal(classify(classifier, BROWSER), PV_AGENT_USER);
    assert_int_equal(pv_agent_classify(classifier, (struct pv_text){"\0\xff bot", 6}),
                     PV_AGENT_SPIDER);
    assert_int_equal(pv_agent_classify(classifier, (struct pv_text){"\0\xff bo", 5}),
                     PV_AGENT_USER);
    pv_agent_classifier_destroy(classifier);
}

static void comments_blanks_and_empty_lines_are_no_patterns(void **state)
{
    struct pv_agent_classifier *classifier =
        classifier_of("# Firefox\n\n   \n \t bot|spider \r\n  # Gecko\nwget");

    (void)state;
    assert_int_equal(classify(classifier, BROWSER " # Firefox # Gecko"), PV_AGENT_USER);
    assert_int_equal(classify(classifier, "aspidera"), PV_AGENT_SPIDER);
    assert_int_equal(classify(classifier, "wget"), PV_AGENT_SPIDER);
    pv_agent_classifier_destroy(classifier);
}

static void file_without_patterns_takes_all_for_users(void **state)
{
    struct pv_agent_classifier *classifier = classifier_of("# nothing\n");

    (void)state;
    assert_int_equal(classify(classifier, "Googlebot/2.1"), PV_AGENT_USER);
    assert_int_equal(classify(classifier, "-"), PV_AGENT_SPIDER);
    pv_agent_classifier_destroy(classifier);
}

static void bad_pattern_is_refused_with_its_file_and_line(void **state)
{
    static const char *const files[] = {"bot\n# x\nsp(ider\n", "bot\n\na)|(b\n", "bot\n\n(a)\\1\n",
                                        "bot\n\n(*UTF)a\n"};

    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[64];
        struct pv_error error = refusal_of(files[i], path);

        assert_contains(error.text, path);
        assert_contains(error.text, "line 3");
    }
}

static void patterns_that_swallow_their_neighbours_are_refused(void **state)
{
    char path[64];
    struct pv_error error = refusal_of("\\Qbot\nspider\n", path);

    (void)state;
    assert_contains(error.text, path);
    assert_contains(error.text, "joined");
}

static void missing_file_is_refused_with_its_name(void **state)
{
    struct pv_agent_classifier *classifier;
    struct pv_error error;

    (void)state;
    assert_int_equal(pv_agent_classifier_new("/nonexistent/spiders.txt", &classifier, &error),
                     PV_INVALID);
    assert_contains(error.text, "/nonexistent/spiders.txt");
    assert_contains(error.text, "--spiders");
    assert_int_equal(pv_agent_classifier_new("/", &classifier, &error), PV_INVALID);
    assert_contains(error.text, "file /:");
}

/* More user agents than are remembered, each asked for again soon and late. */
static void remembered_verdict_is_never_anothers(void **state)
{
    struct pv_agent_classifier *classifier = classifier_of("bot[0-9]*[13579]$\n");

    (void)state;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 20000; i++) {
            char user_agent[64];
            int number = i % 3 == 0 ? i % 100 : i;
            enum pv_agent expected = number % 2 == 1 ? PV_AGENT_SPIDER : PV_AGENT_USER;

            snprintf(user_agent, sizeof user_agent, "Mozilla/5.0 bot%d", number);
            assert_int_equal(classify(classifier, user_agent), expected);
            assert_int_equal(classify(classifier, user_agent), expected);
        }
    }
    pv_agent_classifier_destroy(classifier);
}

static void long_user_agents_are_searched_to_their_end(void **state)
{
    static const size_t lengths[] = {511, 512, 513, 5000, 65536};
    struct pv_agent_classifier *classifier = classifier_of("bot\nspider\n");
    static char text[65536];

    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        memset(text, 'b', sizeof text);
        assert_int_equal(pv_agent_classify(classifier, (struct pv_text){text, lengths[i]}),
                         PV_AGENT_USER);
        memcpy(text + lengths[i] - 3, "bot", 3);
        assert_int_equal(pv_agent_classify(classifier, (struct pv_text){text, lengths[i]}),
                         PV_AGENT_SPIDER);
    }
    pv_agent_classifier_destroy(classifier);
}

/* Each of these would end up in the table if it were let, and there is no room for it. */
static void long_user_agents_are_not_remembered(void **state)
{
    struct pv_agent_classifier *classifier = classifier_of("bot\n");
    char user_agent[2001];

    (void)state;
    for (int i = 0; i < 10000; i++) {
        assert_int_equal(snprintf(user_agent, sizeof user_agent, "%2000d", i), 2000);
        assert_int_equal(classify(classifier, user_agent), PV_AGENT_USER);
    }
    pv_agent_classifier_destroy(classifier);
}

/* Without a bound it would take 2 to the power of 60 steps. */
static void user_agent_that_is_made_to_be_slow_is_a_spider(void **state)
{
    struct pv_agent_classifier *classifier = classifier_of("(a|a)+[bc]\n");
    char user_agent[60];

    (void)state;
    memset(user_agent, 'a', sizeof user_agent);
    assert_int_equal(pv_agent_classify(classifier, (struct pv_text){user_agent, sizeof user_agent}),
                     PV_AGENT_SPIDER);
    pv_agent_classifier_destroy(classifier);
}

/* Each line of the file but comments, by the list that is installed. */
static void expect_all(struct pv_agent_classifier *classifier, const char *path,
                       enum pv_agent expected)
{
    FILE *file = fopen(path, "r");
    char line[1024];
    int count = 0;

    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '#')
            continue;
        if (classify(classifier, line) != expected)
            fail_msg("taken for the other: %s", line);
        count++;
    }
    (void)fclose(file);
    assert_true(count >= 50);
}

static void installed_list_tells_robots_from_browsers(void **state)
{
    struct pv_agent_classifier *classifier;
    struct pv_error error;

    (void)state;
    if (pv_agent_classifier_new(PV_SOURCE_DIR "/etc/spiders.txt", &classifier, &error) != PV_OK)
        fail_msg("%s", error.text);
    expect_all(classifier, PV_SOURCE_DIR "/tests/data/user_agents_spiders.txt", PV_AGENT_SPIDER);
    expect_all(classifier, PV_SOURCE_DIR "/tests/data/user_agents_browsers.txt", PV_AGENT_USER);
    pv_agent_classifier_destroy(classifier);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_does_not_say_is_a_spider_and_who_cannot_is_not),
        cmocka_unit_test(pattern_is_found_anywhere_in_any_case),
        cmocka_unit_test(comments_blanks_and_empty_lines_are_no_patterns),
        cmocka_unit_test(file_without_patterns_takes_all_for_users),
        cmocka_unit_test(bad_pattern_is_refused_with_its_file_and_line),
        cmocka_unit_test(patterns_that_swallow_their_neighbours_are_refused),
        cmocka_unit_test(missing_file_is_refused_with_its_name),
        cmocka_unit_test(remembered_verdict_is_never_anothers),
        cmocka_unit_test(long_user_agents_are_searched_to_their_end),
        cmocka_unit_test(long_user_agents_are_not_remembered),
        cmocka_unit_test(user_agent_that_is_made_to_be_slow_is_a_spider),
        cmocka_unit_test(installed_list_tells_robots_from_browsers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
