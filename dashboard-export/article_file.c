#include "dashboard-export/article_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dashboard-export/also_files.h"
#include "dashboard-export/article_chunk.h"
#include "dashboard-export/article_pages.h"
#include "dashboard-export/article_ranks.h"
#include "dashboard-export/article_scan.h"
#include "dashboard-export/safe_name.h"
#include "pageview/stop.h"

_Static_assert(PV_CHUNK_MAX % PV_ARTICLE_PAGES_MAX == 0, "a chunk has all that is read together");

struct pv_article_files {
    struct pv_redis *redis;
    const char *prefix;
    const struct pv_badge_words *words;
    struct pv_changes *changes;
    struct pv_also_files *also;
    struct pv_buffer text;
    struct pv_article_pages pages;
    struct pv_article_chunk chunks[2];
    size_t writing; /* which of them; the other one may be in publication */
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
    for (size_t i = 0; i < 2; i++)
        (*files)->chunks[i].batch.directory = directory;
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
    for (size_t i = 0; i < 2; i++)
        pv_article_chunk_clean_up(&files->chunks[i]);
    free(files);
}

void pv_article_files_want_all(struct pv_article_files *files)
{
    pv_changes_want_all(files->changes);
}

/* The chunk in publication; it is empty when none is. Its articles are the last of the list. */
static struct pv_article_chunk *in_publication(struct pv_article_files *files)
{
    return &files->chunks[1 - files->writing];
}

bool pv_article_files_want_more(const struct pv_article_files *files)
{
    return pv_changes_wants_more(files->changes, files->chunks[1 - files->writing].count) ||
           pv_also_files_want_more(files->also);
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

static void note_failure(struct pv_error *first, const struct pv_error *error)
{
    if (first->status == PV_OK)
        *first = *error;
}

/* Adds what `files->text` has to the batch. `owner` is the article's place in the chunk. */
static void add_file(struct round *round, const char *directory, struct pv_text article,
                     size_t owner, const char *ending)
{
    struct pv_article_files *files = round->files;
    struct pv_article_chunk *chunk = &files->chunks[files->writing];
    char name[PV_SAFE_NAME_SIZE], path[PV_LAYOUT_PATH_SIZE];
    struct pv_error error;

    pv_safe_name(article.data, article.length, name);
    snprintf(path, sizeof path, "%s/%s%s", directory, name, ending);
    if (!chunk->failed[owner] &&
        pv_batch_add(&chunk->batch, path, &files->text, owner, &error) != PV_OK) {
        chunk->failed[owner] = true;
        note_failure(&chunk->failure, &error);
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

/* Asks for the articles before those that were asked for, if there are any and nobody wants it to
 * stop. */
static enum pv_status ask_for_articles(struct round *round, struct pv_error *error)
{
    struct pv_text articles[PV_ARTICLE_PAGES_MAX];
    enum pv_status status;

    round->asked = round->unasked < PV_ARTICLE_PAGES_MAX ? round->unasked : PV_ARTICLE_PAGES_MAX;
    round->unasked -= round->asked;
    if (pv_stop_requested())
        round->asked = 0;
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

/* Waits until the chunk in publication is shown, and takes its articles off. Fails when all of them
 * did, with the first failure of a file. */
static enum pv_status settle(struct pv_article_files *files, struct pv_article_result *result,
                             struct pv_error *failure, struct pv_error *error)
{
    struct pv_article_chunk *chunk = in_publication(files);
    size_t count = chunk->count, failed = 0, first = pv_changes_count(files->changes) - count;
    bool again[PV_CHUNK_MAX];
    enum pv_status status;

    pv_article_chunk_await(chunk);
    note_failure(failure, &chunk->failure);
    for (size_t i = 0; i < count; i++) {
        again[i] = chunk->failed[count - 1 - i];
        failed += again[i];
        if (again[i])
            pv_also_files_failed(files->also, pv_changes_at(files->changes, first + i));
    }
    result->written += chunk->written;
    result->bytes += chunk->bytes;
    result->failed += (int64_t)failed;
    pv_article_chunk_open(chunk);
    status = pv_changes_drop(files->changes, count, again, error);
    if (status != PV_OK || failed < count || count == 0)
        return status;
    if (error != NULL)
        *error = *failure;
    return failure->status;
}

/* Publishes what was written, behind what is in publication. */
static enum pv_status publish(struct round *round, struct pv_error *error)
{
    struct pv_article_files *files = round->files;
    enum pv_status status = settle(files, round->result, &round->failure, error);

    files->writing = 1 - files->writing;
    pv_article_chunk_publish(in_publication(files));
    return status;
}

/* Writes the articles before those that are in publication, and publishes those that could be read.
 */
static enum pv_status write_chunk(struct round *round, struct pv_error *error)
{
    struct pv_article_files *files = round->files;
    struct pv_article_chunk *chunk = &files->chunks[files->writing];
    enum pv_status status = PV_OK, settled;

    while (status == PV_OK && round->asked > 0 && chunk->count < PV_CHUNK_MAX &&
           !pv_stop_requested()) {
        size_t count = round->asked;

        status = write_articles(round, chunk->count, error);
        if (status == PV_OK)
            chunk->count += count;
    }
    settled = publish(round, status == PV_OK ? error : NULL);
    return status == PV_OK ? settled : status;
}

static enum pv_status write_all(struct round *round, struct pv_error *error)
{
    struct pv_article_files *files = round->files;
    enum pv_status status =
        pv_article_ranks_read(files->redis, files->prefix, &round->ranks, error);

    round->unasked = pv_changes_count(files->changes);
    if (status == PV_OK)
        status = ask_for_articles(round, error);
    while (status == PV_OK && round->asked > 0 && !pv_stop_requested())
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

static int64_t unchanged_ever(const struct pv_article_files *files)
{
    return files->chunks[0].batch.unchanged + files->chunks[1].batch.unchanged;
}

enum pv_status pv_article_files_round(struct pv_article_files *files,
                                      const struct pv_snapshot_stamp *stamp, int64_t clock_ms,
                                      struct pv_article_result *result, struct pv_error *error)
{
    struct round round = {.files = files, .stamp = stamp, .clock_ms = clock_ms, .result = result};
    int64_t unchanged = unchanged_ever(files);
    enum pv_status status;

    *result = (struct pv_article_result){0};
    status = pv_article_scan(files->redis, files->prefix, clock_ms, files->changes, error);
    if (status == PV_OK)
        status = pv_also_files_take_up(files->also, stamp->generated_ms, files->changes, error);
    if (status == PV_OK && pv_changes_count(files->changes) > 0)
        status = write_all(&round, error);
    result->unchanged = unchanged_ever(files) - unchanged;
    return status;
}

enum pv_status pv_article_files_finish(struct pv_article_files *files,
                                       struct pv_article_result *result, struct pv_error *error)
{
    struct pv_error failure = {.status = PV_OK};
    enum pv_status status;

    *result = (struct pv_article_result){0};
    status = settle(files, result, &failure, error);
    if (status == PV_OK && failure.status != PV_OK) {
        if (error != NULL)
            *error = failure;
        status = failure.status;
    }
    return status;
}
