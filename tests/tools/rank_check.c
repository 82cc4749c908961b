/* The ranker's core alone, over counts in memory and with the time that it is told: for tests that
 * compare its lists with a recount. It reads commands, one a line:
 *
 *     now MS                     the time of the counts: what is past its time to keep is dropped
 *     view MS ARTICLE COUNT      a commit
 *     later CALL MS ARTICLE COUNT  the same, in the middle of the next refresh, before its CALL-th
 *                                call of the source (from 0)
 *     section ARTICLE NAME       from now on the article's section
 *     undo N                     takes the last N commits back, as a Redis that lost them, and
 *                                that it was looked at since
 *     twice 0|1                  every field is handed out once or twice
 *     fail CALL                  the CALL-th call of the source from here fails
 *     rebuild                    pv_ranking_request_rebuild
 *     refresh MS MONOTONIC_MS    -> "STATUS REBUILDS READS CHANGED WHY"
 *     list NAME [SECTION]        -> "COUNT CHANGED" and COUNT lines "ARTICLE SCORE"
 *     sections                   -> the names in one line
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aggregator/ranker/names.h"
#include "aggregator/ranker/ranking.h"

enum {
    ARTICLES_MAX = 20000,
    PENDING_MAX = 64,
    WORD_SIZE = 512,
    LINE_SIZE = 4096,
    SECTION_SIZE = 65
};

/* Buckets are kept in rings that are longer than the time to keep them. */
static const struct {
    int64_t kept_ms;
    size_t ring;
} kept[PV_BUCKET_SIZES] = {
    {2 * PV_HOUR_MS, 512}, {8 * PV_DAY_MS, 512}, {INT64_C(400) * PV_DAY_MS, 512}};

struct bucket {
    int64_t index;
    size_t capacity;
    int64_t *counts; /* by article number; 0: there is no such field */
};

struct view {
    int64_t call, ts_ms, count;
    uint32_t article;
    bool is_late;
};

static struct {
    int64_t now_ms;
    struct pv_names articles;
    char (*sections)[SECTION_SIZE]; /* by article number */
    struct bucket *buckets[PV_BUCKET_SIZES];
    struct view *commits; /* all of them */
    size_t commit_count, commit_capacity;
    int64_t open_from_ms, late, looks;
    struct view pending[PENDING_MAX];
    size_t pending_count;
    int64_t calls, fail_at, reads;
    bool twice;
} counts;

static void *checked(void *memory)
{
    if (memory == NULL)
        abort();
    return memory;
}

/* The bucket, NULL when it is past its time. */
static struct bucket *find_bucket(enum pv_bucket_size size, int64_t ts_ms)
{
    int64_t length = pv_bucket_length_ms(size), index = ts_ms / length;
    struct bucket *bucket = &counts.buckets[size][(size_t)index % kept[size].ring];

    if ((index + 1) * length + kept[size].kept_ms <= counts.now_ms)
        return NULL;
    if (bucket->index != index) {
        if ((bucket->index + 1) * length + kept[size].kept_ms > counts.now_ms &&
            bucket->capacity > 0)
            abort(); /* the ring is too short */
        for (size_t i = 0; i < bucket->capacity; i++)
            bucket->counts[i] = 0;
        bucket->index = index;
    }
    return bucket;
}

static void count_view(struct view view)
{
    for (int size = 0; size < PV_BUCKET_SIZES; size++) {
        struct bucket *bucket = find_bucket((enum pv_bucket_size)size, view.ts_ms);

        if (bucket == NULL)
            continue;
        if (bucket->capacity <= view.article) {
            size_t capacity = counts.articles.count * 2;

            bucket->counts = checked(realloc(bucket->counts, capacity * sizeof *bucket->counts));
            memset(bucket->counts + bucket->capacity, 0,
                   (capacity - bucket->capacity) * sizeof *bucket->counts);
            bucket->capacity = capacity;
        }
        bucket->counts[view.article] += view.count;
    }
}

static void commit(struct view view)
{
    if (counts.commit_count == counts.commit_capacity) {
        counts.commit_capacity = 2 * counts.commit_capacity + 64;
        counts.commits =
            checked(realloc(counts.commits, counts.commit_capacity * sizeof *counts.commits));
    }
    view.is_late = view.ts_ms < counts.open_from_ms;
    counts.commits[counts.commit_count++] = view;
    counts.late += view.is_late;
    count_view(view);
}

static void undo(size_t commits)
{
    counts.looks--;
    for (; commits > 0 && counts.commit_count > 0; commits--) {
        struct view view = counts.commits[--counts.commit_count];

        counts.late -= view.is_late;
        view.count = -view.count;
        count_view(view);
    }
}

/* What comes first in every call of the source. */
static enum pv_status enter_call(struct pv_error *error)
{
    for (size_t i = 0; i < counts.pending_count; i++)
        if (counts.pending[i].call == counts.calls)
            commit(counts.pending[i]);
    if (counts.calls++ == counts.fail_at)
        return pv_error_set(error, PV_UNAVAILABLE, "told to fail");
    return PV_OK;
}

static enum pv_status read_bucket(void *context, enum pv_bucket_size size, int64_t start_ms,
                                  pv_take_count *take, void *take_context, struct pv_error *error)
{
    struct bucket *bucket;
    enum pv_status status = enter_call(error);

    (void)context;
    counts.reads++;
    if (status != PV_OK)
        return status;
    bucket = find_bucket(size, start_ms);
    for (int time = 0; bucket != NULL && time <= counts.twice; time++)
        for (size_t i = 0; i < bucket->capacity; i++)
            if (bucket->counts[i] != 0)
                take(take_context, pv_names_text(&counts.articles, i), bucket->counts[i]);
    return PV_OK;
}

static enum pv_status read_sections(void *context, const struct pv_text *articles, size_t count,
                                    pv_take_section *take, void *take_context,
                                    struct pv_error *error)
{
    enum pv_status status = enter_call(error);

    (void)context;
    for (size_t i = 0; i < count && status == PV_OK; i++) {
        const char *section = counts.sections[pv_names_find(&counts.articles, articles[i])];

        take(take_context, i,
             (struct pv_text){section[0] == '\0' ? NULL : section, strlen(section)});
    }
    return status;
}

static enum pv_status announce(void *context, int64_t open_from_ms, struct pv_commit_marks *marks,
                               struct pv_error *error)
{
    enum pv_status status = enter_call(error);

    (void)context;
    if (status != PV_OK)
        return status;
    counts.open_from_ms = open_from_ms;
    *marks = (struct pv_commit_marks){(int64_t)counts.commit_count, counts.late, ++counts.looks};
    return PV_OK;
}

static uint32_t article_number(const char *article)
{
    struct pv_error error;
    uint32_t number;

    if (pv_names_add(&counts.articles, (struct pv_text){article, strlen(article)}, &number,
                     &error) != PV_OK ||
        number == PV_NAME_NONE)
        abort();
    return number;
}

static void refresh(struct pv_ranking *ranking, int64_t now_ms, int64_t monotonic_ms)
{
    static const struct pv_count_source source = {read_bucket, read_sections, announce, NULL};
    struct pv_error error;
    struct pv_ranking_stats stats;
    enum pv_status status;

    counts.reads = counts.calls = 0;
    status = pv_ranking_refresh(ranking, &source, now_ms, monotonic_ms, &error);
    counts.fail_at = -1;
    /* What was to come later than the last call comes now. */
    for (size_t i = 0; i < counts.pending_count; i++)
        if (counts.pending[i].call >= counts.calls)
            commit(counts.pending[i]);
    counts.pending_count = 0;
    stats = pv_ranking_stats(ranking);
    printf("%d %" PRId64 " %" PRId64 " %" PRId64 " %s\n", (int)status, stats.rebuilds, counts.reads,
           stats.changed, stats.rebuilt_because);
}

static size_t section_number(const struct pv_ranking *ranking, const char *name)
{
    for (size_t i = 0; i < pv_ranking_section_count(ranking); i++) {
        struct pv_text section = pv_ranking_section(ranking, i);

        if (section.length == strlen(name) && memcmp(section.data, name, section.length) == 0)
            return i;
    }
    return PV_RANKING_ALL;
}

static void print_list(struct pv_ranking *ranking, const char *name, const char *section)
{
    size_t number = section == NULL ? PV_RANKING_ALL : section_number(ranking, section);
    const struct pv_ranked *entries;
    bool changed;
    size_t count;
    int list = 0;

    while (list < PV_RANKING_LISTS &&
           strcmp(pv_ranking_list_name((enum pv_ranking_list)list), name) != 0)
        list++;
    if (list == PV_RANKING_LISTS || (section != NULL && number == PV_RANKING_ALL)) {
        printf("0 0\n");
        return;
    }
    count = pv_ranking_top(ranking, (enum pv_ranking_list)list, number, &entries, &changed);
    printf("%zu %d\n", count, changed);
    for (size_t i = 0; i < count; i++)
        printf("%.*s %.17g\n", (int)entries[i].article.length, entries[i].article.data,
               entries[i].score);
}

static void print_sections(const struct pv_ranking *ranking)
{
    for (size_t i = 0; i < pv_ranking_section_count(ranking); i++) {
        struct pv_text section = pv_ranking_section(ranking, i);

        printf("%s%.*s", i == 0 ? "" : " ", (int)section.length, section.data);
    }
    printf("\n");
}

/* False: no such command. */
static bool run(struct pv_ranking *ranking, const char *line)
{
    char word[WORD_SIZE], other[SECTION_SIZE];
    int64_t call, ts_ms, count;
    int words;

    if (sscanf(line, "now %" SCNd64, &counts.now_ms) == 1)
        return true;
    if (sscanf(line, "view %" SCNd64 " %511s %" SCNd64, &ts_ms, word, &count) == 3)
        commit((struct view){0, ts_ms, count, article_number(word), false});
    else if (sscanf(line, "later %" SCNd64 " %" SCNd64 " %511s %" SCNd64, &call, &ts_ms, word,
                    &count) == 4 &&
             counts.pending_count < PENDING_MAX)
        counts.pending[counts.pending_count++] =
            (struct view){call, ts_ms, count, article_number(word), false};
    else if (sscanf(line, "section %511s %64s", word, other) == 2)
        strcpy(counts.sections[article_number(word)], other);
    else if (sscanf(line, "undo %" SCNd64, &count) == 1)
        undo((size_t)count);
    else if (sscanf(line, "twice %" SCNd64, &count) == 1)
        counts.twice = count != 0;
    else if (sscanf(line, "fail %" SCNd64, &counts.fail_at) == 1)
        return true;
    else if (sscanf(line, "refresh %" SCNd64 " %" SCNd64, &ts_ms, &count) == 2)
        refresh(ranking, ts_ms, count);
    else if ((words = sscanf(line, "list %511s %64s", word, other)) >= 1)
        print_list(ranking, word, words == 2 ? other : NULL);
    else if (strcmp(line, "sections\n") == 0)
        print_sections(ranking);
    else if (strcmp(line, "rebuild\n") == 0)
        pv_ranking_request_rebuild(ranking);
    else
        return false;
    return true;
}

static void clean_up(void)
{
    for (int size = 0; size < PV_BUCKET_SIZES; size++) {
        for (size_t i = 0; i < kept[size].ring; i++)
            free(counts.buckets[size][i].counts);
        free(counts.buckets[size]);
    }
    free(counts.sections);
    free(counts.commits);
    pv_names_clean_up(&counts.articles);
}

int main(void)
{
    struct pv_ranking *ranking = NULL;
    struct pv_error error;
    char line[LINE_SIZE];
    int code = 0;

    counts.fail_at = -1;
    counts.articles.max = ARTICLES_MAX;
    counts.sections = checked(calloc(ARTICLES_MAX, sizeof *counts.sections));
    for (int size = 0; size < PV_BUCKET_SIZES; size++)
        counts.buckets[size] = checked(calloc(kept[size].ring, sizeof *counts.buckets[size]));
    if (pv_ranking_new(ARTICLES_MAX, &ranking, &error) != PV_OK)
        abort();
    while (code == 0 && fgets(line, sizeof line, stdin) != NULL) {
        if (!run(ranking, line)) {
            fprintf(stderr, "unknown command: %s", line);
            code = 2;
        }
        fflush(stdout);
    }
    pv_ranking_destroy(ranking);
    clean_up();
    return code;
}
