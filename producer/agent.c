/* All patterns are joined into one alternation, which PCRE2's JIT compiles to machine code. Still
 * it tries every alternative at every byte of a user agent that matches none, some microseconds
 * each, and real logs repeat their user agents over and over: so verdicts are remembered in a
 * table of small sets, one for each value of a hash, where a new one takes the oldest's place.
 * The whole user agent is compared: a verdict is never another's. */
#include "producer/agent.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "pageview/buffer.h"
#include "producer/pattern.h"

#define SETS 1024
#define WAYS 4
/* Longer user agents are rare, and are not remembered. */
#define TEXT_MAX 512

struct verdict {
    enum pv_agent agent;
    size_t length;
    char text[TEXT_MAX];
};

struct set {
    uint64_t hashes[WAYS]; /* beside one another, so that a look takes one cache line */
    unsigned oldest;
    struct verdict verdicts[WAYS]; /* length 0: none; the empty user agent is never looked up */
};

struct pv_agent_classifier {
    struct pv_pattern *spiders; /* NULL when there are no patterns */
    struct set *sets;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Cuts blanks around the line; empty when it holds no pattern. */
static struct pv_text trim(const char *line, size_t length)
{
    while (length > 0 && is_blank(line[length - 1]))
        length--;
    while (length > 0 && is_blank(line[0])) {
        line++;
        length--;
    }
    if (length > 0 && line[0] == '#')
        length = 0;
    return (struct pv_text){line, length};
}

/* Each pattern is compiled by itself first, so that an error has its line and a parenthesis too
 * many cannot change what its neighbours mean. */
static enum pv_status check(struct pv_text text, struct pv_error *error)
{
    struct pv_pattern *pattern;
    enum pv_status status =
        pv_pattern_new(text.data, text.length, PV_PATTERN_BYTES_CASELESS, &pattern, error);

    if (status == PV_OK)
        pv_pattern_destroy(pattern);
    return status;
}

/* Appends "(?:one)|(?:two)" for the patterns of the file. */
static enum pv_status join(FILE *file, const char *path, struct pv_buffer *joined,
                           struct pv_error *error)
{
    enum pv_status status = PV_OK;
    char *line = NULL;
    size_t capacity = 0;
    unsigned number = 0;
    ssize_t length;

    while (status == PV_OK && (length = getline(&line, &capacity, file)) >= 0) {
        struct pv_text text = trim(line, (size_t)length);

        number++;
        if (text.length == 0)
            continue;
        status = check(text, error);
        if (status == PV_INVALID)
            (void)pv_error_prefix(error, "spiders file %s, line %u", path, number);
        pv_buffer_add_text(joined, joined->length == 0 ? "(?:" : "|(?:");
        pv_buffer_add(joined, text.data, text.length);
        pv_buffer_add_char(joined, ')');
    }
    if (status == PV_OK && ferror(file))
        status = pv_error_set(error, PV_INVALID, "cannot read the spiders file %s: %s", path,
                              strerror(errno));
    if (status == PV_OK && joined->failed)
        status = pv_error_nomem(error, "the spiders' patterns");
    free(line);
    return status;
}

static enum pv_status load(const char *path, struct pv_pattern **spiders, struct pv_error *error)
{
    struct pv_buffer joined = {0};
    enum pv_status status;
    FILE *file = fopen(path, "re");

    if (file == NULL)
        return pv_error_set(error, PV_INVALID,
                            "cannot open the spiders file %s: %s; give one with --spiders=FILE",
                            path, strerror(errno));
    status = join(file, path, &joined, error);
    (void)fclose(file);
    if (status == PV_OK && joined.length > 0) {
        status =
            pv_pattern_new(joined.data, joined.length, PV_PATTERN_BYTES_CASELESS, spiders, error);
        if (status == PV_INVALID)
            (void)pv_error_prefix(error, "spiders file %s: its patterns cannot be joined to one",
                                  path);
    }
    pv_buffer_clean_up(&joined);
    return status;
}

enum pv_status pv_agent_classifier_new(const char *patterns_path,
                                       struct pv_agent_classifier **classifier,
                                       struct pv_error *error)
{
    struct pv_agent_classifier *made = calloc(1, sizeof *made);
    enum pv_status status;

    if (made != NULL)
        made->sets = calloc(SETS, sizeof *made->sets);
    if (made == NULL || made->sets == NULL) {
        pv_agent_classifier_destroy(made);
        return pv_error_nomem(error, "the classes of user agents");
    }
    status = load(patterns_path, &made->spiders, error);
    if (status != PV_OK) {
        pv_agent_classifier_destroy(made);
        return status;
    }
    *classifier = made;
    return PV_OK;
}

void pv_agent_classifier_destroy(struct pv_agent_classifier *classifier)
{
    if (classifier == NULL)
        return;
    pv_pattern_destroy(classifier->spiders);
    free(classifier->sets);
    free(classifier);
}

/* A user agent on which the search gives up was made to be slow: no browser sends one. */
static enum pv_agent search(const struct pv_agent_classifier *classifier, struct pv_text text)
{
    if (classifier->spiders == NULL)
        return PV_AGENT_USER;
    return pv_pattern_search(classifier->spiders, text) == PV_PATTERN_NO_MATCH ? PV_AGENT_USER
                                                                               : PV_AGENT_SPIDER;
}

static enum pv_agent look_up(const struct pv_agent_classifier *classifier, struct pv_text text)
{
    uint64_t hash = XXH3_64bits(text.data, text.length);
    struct set *set = &classifier->sets[hash % SETS];
    struct verdict *verdict;

    for (unsigned i = 0; i < WAYS; i++) {
        verdict = &set->verdicts[i];
        if (set->hashes[i] == hash && verdict->length == text.length &&
            memcmp(verdict->text, text.data, text.length) == 0)
            return verdict->agent;
    }
    verdict = &set->verdicts[set->oldest];
    set->hashes[set->oldest] = hash;
    set->oldest = (set->oldest + 1) % WAYS;
    verdict->agent = search(classifier, text);
    verdict->length = text.length;
    memcpy(verdict->text, text.data, text.length);
    return verdict->agent;
}

enum pv_agent pv_agent_classify(struct pv_agent_classifier *classifier, struct pv_text user_agent)
{
    if (user_agent.data == NULL)
        return PV_AGENT_USER;
    if (user_agent.length == 0 || (user_agent.length == 1 && user_agent.data[0] == '-'))
        return PV_AGENT_SPIDER;
    if (user_agent.length > TEXT_MAX)
        return search(classifier, user_agent);
    return look_up(classifier, user_agent);
}
