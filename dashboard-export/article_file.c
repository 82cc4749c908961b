#include "dashboard-export/article_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dashboard-export/also_files.h"
#include "dashboard-export/article_batch.h"
#include "dashboard-export/article_pages.h"
#include "dashboard-export/article_ranks.h"
#include "dashboard-export/article_scan.h"
#include "dashboard-export/safe_name.h"
#include "pageview/stop.h"

/* The files of so many articles are published together. */
enum { FILES_OF_ARTICLE = 3, CHUNK = PV_BATCH_MAX / FILES_OF_ARTICLE };
_Static_assert(CHUNK % PV_ARTICLE_PAGES_MAX == 0, "a chunk is all articles that are read together");

struct pv_article_files {
    struct pv_redis *redis;
    const char *prefix;
    const struct pv_badge_words *words;
    struct pv_changes *changes;
    struct pv_also_files *also;
    struct pv_buffer text;
    struct pv_article_pages pages;
    struct pv_batch batch;
    bool failed[CHUNK];
};

enum pv_status pv_article_files_new(struct pv_redis *redis, const char *prefix,
                                    const struct pv_directory *directory,
                                    const struct pv_badge_words *words, uint64_t seed,
                                    struct pv_article_files **files, struct pv_error *error)
{
    enum pv_status status;

    *files = calloc(1, sizeof **files);
    if (*files == NULL)
        return pv_error_nomem(error, "the files of articles");
    (*files)->redis = redis;
    (*files)->prefix = prefix;
    (*files)->words = words;
    (*files)->batch.directory = directory;
    status = pv_changes_new(seed, &(*files)->changes, error);
    if (status == PV_OK)
        status = pv_also_files_new(redis, prefix, seed, &(*files)->also, error);
    if (status != PV_OK) {
        pv_article_files_destroy(*files);
        *files = NULL;
    }
    return status;
}

void pv_article_files_destroy(struct pv_article_files *files)
{
    if (files == NULL)
        return;
    pv_changes_destroy(files->changes);
    pv_also_files_destroy(files->also);
    pv_buffer_clean_up(&files->text);
    pv_batch_clean_up(&files->batch);
    free(files);
}

void pv_article_files_want_all(struct pv_article_files *files)
{
    pv_changes_want_all(files->changes);
}

bool pv_article_files_want_more(const struct pv_article_files *files)
{
    return pv_changes_wants_more(files->changes) || pv_also_files_want_more(files->also);
}

struct round {
    struct pv_article_files *files;
    const struct pv_snapshot_stamp *stamp;
    int64_t clock_ms;
    struct pv_article_ranks ranks;
    struct pv_article_result *result;
    size_t unasked;          /* articles at the start of the list; the asked ones follow */
    size_t asked;            /* for which Redis's answers are on their way */
    struct pv_error failure; /* the first of a file; PV_OK when none failed */
};

static void note_failure(struct round *round, const struct pv_error *error)
{
    if (round->failure.status == PV_OK)
        round->failure = *error;
}

/* Adds what `files->text` has to the batch. `owner` is the article's place in the chunk. */
static void add_file(struct round *round, const char *directory, struct pv_text article,
                     size_t owner, const char *ending)
{
    struct pv_article_files *files = round->files;
    char name[PV_SAFE_NAME_SIZE], path[PV_LAYOUT_PATH_SIZE];
    struct pv_error error;

    pv_safe_name(article.data, article.length, name);
    snprintf(path, sizeof path, "%s/%s%s", directory, name, ending);
    if (!files->failed[owner] &&
        pv_batch_add(&files->batch, path, &files->text, owner, &error) != PV_OK) {
        files->failed[owner] = true;
        note_failure(round, &error);
    }
    pv_buffer_reset(&files->text);
}

static void add_article(struct round *round, const struct pv_snapshot_about *about,
                        struct pv_article_counts *counts, size_t owner)
{
    struct pv_article_files *files = round->files;

    pv_article_ranks_find(&round->ranks, counts->article, counts->ranks);
    pv_article_json(&files->text, about, round->clock_ms, counts);
    add_file(round, PV_ARTICLE_DIRECTORY, counts->article, owner, ".json");
    pv_badge_write(&files->text, counts->total, files->words);
    add_file(round, PV_ARTICLE_DIRECTORY, counts->article, owner, ".svg");
}

/* Adds the files of the articles that were read; of the last one they are `owner`'s. */
static void add_articles(struct round *round, size_t owner)
{
    struct pv_article_files *files = round->files;
    struct pv_article_pages *pages = &files->pages;

    for (size_t i = 0; i < pages->count; i++) {
        const struct pv_article_page *page = pv_article_pages_of(pages, i);
        const struct pv_snapshot_about about = {*round->stamp, page->exact, &page->offsets};
        struct pv_article_counts *counts = pv_article_pages_at(pages, i);
        size_t place = owner + pages->count - 1 - i;

        add_article(round, &about, counts, place);
        if (pv_also_files_write(files->also, i, round->stamp, &files->text))
            add_file(round, PV_ALSO_DIRECTORY, counts->article, place, ".json");
        round->result->inexact += page->exact ? 0 : 1;
    }
}

static void take_asked(const struct round *round, struct pv_text articles[PV_ARTICLE_PAGES_MAX])
{
    for (size_t i = 0; i < round->asked; i++)
        articles[i] = pv_changes_at(round->files->changes, round->unasked + i);
}

/* Asks for the articles before those that were asked for, if there are any. */
static enum pv_status ask_for_articles(struct round *round, struct pv_error *error)
{
    struct pv_text articles[PV_ARTICLE_PAGES_MAX];
    enum pv_status status;

    round->asked = round->unasked < PV_ARTICLE_PAGES_MAX ? round->unasked : PV_ARTICLE_PAGES_MAX;
    round->unasked -= round->asked;
    if (round->asked == 0)
        return PV_OK;
    take_asked(round, articles);
    status = pv_article_pages_ask(round->files->redis, round->files->prefix, round->clock_ms,
                                  articles, round->asked, error);
    if (status != PV_OK)
        round->asked = 0;
    return status;
}

static enum pv_status receive_articles(struct round *round, struct pv_error *error)
{
    struct pv_text articles[PV_ARTICLE_PAGES_MAX];
    size_t count = round->asked;

    take_asked(round, articles);
    round->asked = 0;
    return pv_article_pages_receive(round->files->redis, articles, count, &round->files->pages,
                                    error);
}

/* Nobody needs the articles any more, but all that was asked for is received. */
static void drop_articles(struct round *round)
{
    if (round->asked > 0 && receive_articles(round, NULL) == PV_OK)
        pv_article_pages_clean_up(&round->files->pages);
}

/* Writes the files of the articles that were asked for, while Redis reads the next ones. Places in
 * the chunk are counted from the end of the list; that of the last article here is `owner`. */
static enum pv_status write_articles(struct round *round, size_t owner, struct pv_error *error)
{
    struct pv_article_files *files = round->files;
    enum pv_status status = receive_articles(round, error);

    if (status != PV_OK)
        return status;
    status = pv_also_files_read(files->also, &files->pages, error);
    if (status == PV_OK) {
        status = ask_for_articles(round, error);
        if (status == PV_OK)
            add_articles(round, owner);
        pv_also_files_let_go(files->also);
    }
    pv_article_pages_clean_up(&files->pages);
    return status;
}

/* Shows the last `count` articles of the list, which were written, and takes them off. */
static enum pv_status publish(struct round *round, size_t count, struct pv_error *error)
{
    struct pv_article_files *files = round->files;
    bool again[CHUNK];
    enum pv_status status;
    struct pv_error failure;
    size_t failed = 0, first = pv_changes_count(files->changes) - count;

    if (pv_batch_finish(&files->batch, files->failed, &round->result->written,
                        &round->result->bytes, &failure) != PV_OK)
        note_failure(round, &failure);
    for (size_t i = 0; i < count; i++) {
        again[i] = files->failed[count - 1 - i];
        failed += again[i];
        if (again[i])
            pv_also_files_failed(files->also, pv_changes_at(files->changes, first + i));
    }
    round->result->failed += (int64_t)failed;
    status = pv_changes_drop(files->changes, count, again, error);
    if (status != PV_OK || failed < count || count == 0)
        return status;
    if (error != NULL)
        *error = round->failure;
    return round->failure.status;
}

/* Writes the last articles of the list, and takes them off: those that could be read. */
static enum pv_status write_chunk(struct round *round, struct pv_error *error)
{
    struct pv_article_files *files = round->files;
    size_t all = pv_changes_count(files->changes), done = 0;
    size_t chunk = all < CHUNK ? all : CHUNK; /* full pages, but for the list's last one */
    enum pv_status status = PV_OK, published;

    memset(files->failed, 0, sizeof files->failed);
    while (status == PV_OK && done < chunk && !pv_stop_requested()) {
        size_t count = round->asked;

        status = write_articles(round, done, error);
        if (status == PV_OK)
            done += count;
    }
    published = publish(round, done, status == PV_OK ? error : NULL);
    return status == PV_OK ? published : status;
}

static enum pv_status write_all(struct round *round, struct pv_error *error)
{
    struct pv_article_files *files = round->files;
    enum pv_status status =
        pv_article_ranks_read(files->redis, files->prefix, &round->ranks, error);

    round->unasked = pv_changes_count(files->changes);
    if (status == PV_OK)
        status = ask_for_articles(round, error);
    while (status == PV_OK && pv_changes_count(files->changes) > 0 && !pv_stop_requested())
        status = write_chunk(round, error);
    drop_articles(round);
    pv_article_ranks_clean_up(&round->ranks);
    pv_also_files_end(files->also);
    if (status == PV_OK && round->failure.status != PV_OK) {
        *error = round->failure;
        status = error->status;
    }
    return status;
}

enum pv_status pv_article_files_round(struct pv_article_files *files,
                                      const struct pv_snapshot_stamp *stamp, int64_t clock_ms,
                                      struct pv_article_result *result, struct pv_error *error)
{
    struct round round = {.files = files, .stamp = stamp, .clock_ms = clock_ms, .result = result};
    int64_t unchanged = files->batch.unchanged;
    enum pv_status status;

    *result = (struct pv_article_result){0};
    status = pv_article_scan(files->redis, files->prefix, clock_ms, files->changes, error);
    if (status == PV_OK)
        status = pv_also_files_take_up(files->also, stamp->generated_ms, files->changes, error);
    if (status == PV_OK && pv_changes_count(files->changes) > 0)
        status = write_all(&round, error);
    result->unchanged = files->batch.unchanged - unchanged;
    return status;
}
