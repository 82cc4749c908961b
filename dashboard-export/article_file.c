#include "dashboard-export/article_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dashboard-export/also_files.h"
#include "dashboard-export/article_batch.h"
#include "dashboard-export/article_page.h"
#include "dashboard-export/article_ranks.h"
#include "dashboard-export/article_scan.h"
#include "dashboard-export/safe_name.h"
#include "pageview/stop.h"

/* Pages are read one by one, and their files published together. */
enum { FILES_OF_ARTICLE = 3, CHUNK = PV_BATCH_MAX / FILES_OF_ARTICLE };

struct pv_article_files {
    struct pv_redis *redis;
    const char *prefix;
    const struct pv_badge_words *words;
    struct pv_changes *changes;
    struct pv_also_files *also;
    struct pv_buffer text;
    struct pv_article_page page;
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

/* The files of the page that say what readers also read; of the last article here it is `owner`'s.
 */
static enum pv_status add_also_read(struct round *round, size_t owner, struct pv_error *error)
{
    struct pv_article_files *files = round->files;
    const struct pv_article_page *page = &files->page;
    enum pv_status status = pv_also_files_read(files->also, page, error);

    for (size_t i = 0; i < page->count && status == PV_OK; i++)
        if (pv_also_files_write(files->also, i, round->stamp, &files->text))
            add_file(round, PV_ALSO_DIRECTORY, page->counts[i].article, owner + page->count - 1 - i,
                     ".json");
    if (status == PV_OK)
        pv_also_files_let_go(files->also);
    return status;
}

/* Reads `count` articles of the list from `first` on, and writes their files. Places in the chunk
 * are counted from the end of the list; that of the last article here is `owner`. */
static enum pv_status write_page(struct round *round, size_t first, size_t count, size_t owner,
                                 struct pv_error *error)
{
    struct pv_article_files *files = round->files;
    struct pv_article_page *page = &files->page;
    struct pv_snapshot_about about = {*round->stamp, false, &page->offsets};
    struct pv_text articles[PV_ARTICLE_PAGE];
    enum pv_status status;

    for (size_t i = 0; i < count; i++)
        articles[i] = pv_changes_at(files->changes, first + i);
    status = pv_article_page_read(files->redis, files->prefix, round->clock_ms, articles, count,
                                  page, error);
    if (status != PV_OK)
        return status;
    about.exact = page->exact;
    for (size_t i = 0; i < count; i++)
        add_article(round, &about, &page->counts[i], owner + count - 1 - i);
    round->result->inexact += page->exact ? 0 : (int64_t)count;
    status = add_also_read(round, owner, error);
    pv_article_page_clean_up(page);
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

/* Writes the last articles of the list, and takes them off: those of the pages that could be read.
 */
static enum pv_status write_chunk(struct round *round, struct pv_error *error)
{
    struct pv_article_files *files = round->files;
    size_t all = pv_changes_count(files->changes), done = 0;
    size_t chunk = all < CHUNK ? all : CHUNK;
    enum pv_status status = PV_OK, published;

    memset(files->failed, 0, sizeof files->failed);
    while (status == PV_OK && done < chunk && !pv_stop_requested()) {
        size_t count = chunk - done < PV_ARTICLE_PAGE ? chunk - done : PV_ARTICLE_PAGE;

        status = write_page(round, all - done - count, count, done, error);
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

    while (status == PV_OK && pv_changes_count(files->changes) > 0 && !pv_stop_requested())
        status = write_chunk(round, error);
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
