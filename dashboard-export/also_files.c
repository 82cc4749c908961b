#include "dashboard-export/also_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dashboard-export/article_seen.h"
#include "pageview/keys.h"

/* Changes that are asked for at once. */
#define PAGE_TEXT "5000"
enum { PAGE = 5000 };

/* How far back a program that was just started looks, as it does for counts. */
#define FIRST_MS (INT64_C(2) * 3600000)

#define CURSOR_SIZE 32

struct pv_also_files {
    struct pv_redis *redis;
    const char *prefix;
    struct pv_article_seen *written; /* fingerprints of what was written */
    struct pv_also_hot hot;
    char cursor[CURSOR_SIZE]; /* the time of the last change that was taken up; empty: none yet */
    bool wants_more;
    struct pv_also_page page;
};

enum pv_status pv_also_files_new(struct pv_redis *redis, const char *prefix, uint64_t seed,
                                 struct pv_also_files **files, struct pv_error *error)
{
    struct pv_also_files *made = calloc(1, sizeof *made);
    enum pv_status status;

    if (made == NULL)
        return pv_error_nomem(error, "files of co-views");
    made->redis = made->hot.redis = redis;
    made->prefix = made->hot.prefix = prefix;
    status = pv_article_seen_new(seed, &made->written, error);
    if (status != PV_OK) {
        free(made);
        return status;
    }
    *files = made;
    return PV_OK;
}

void pv_also_files_destroy(struct pv_also_files *files)
{
    if (files == NULL)
        return;
    pv_also_page_clean_up(&files->page);
    pv_also_hot_clean_up(&files->hot);
    pv_article_seen_destroy(files->written);
    free(files);
}

/* Takes an answer of article, time, article, time … The cursor is behind what was taken. */
static enum pv_status take_changes(struct pv_also_files *files, const struct pv_redis_reply *reply,
                                   struct pv_changes *changes, struct pv_error *error)
{
    size_t count = pv_redis_reply_count(reply) / 2, i = 0;
    enum pv_status status = PV_OK;

    for (; i < count && status == PV_OK && pv_changes_count(changes) < PV_CHANGES_MAX; i++) {
        struct pv_text article = {.length = 0};
        const char *at = pv_redis_reply_text(pv_redis_reply_at(reply, 2 * i + 1), NULL);

        article.data = pv_redis_reply_text(pv_redis_reply_at(reply, 2 * i), &article.length);
        if (article.data == NULL || at == NULL || strlen(at) >= CURSOR_SIZE)
            return pv_error_set(error, PV_REFUSED,
                                "Redis: ZRANGEBYSCORE: an answer of another shape");
        status = pv_changes_add(changes, article, error);
        if (status == PV_OK)
            snprintf(files->cursor, sizeof files->cursor, "%s", at);
    }
    files->wants_more = i < count || count == PAGE;
    return status;
}

enum pv_status pv_also_files_take_up(struct pv_also_files *files, int64_t now_ms,
                                     struct pv_changes *changes, struct pv_error *error)
{
    char key[PV_KEY_SIZE], after[CURSOR_SIZE + 1];
    struct pv_redis_reply *reply;
    enum pv_status status;

    if (files->cursor[0] == '\0')
        snprintf(files->cursor, sizeof files->cursor, "%lld", (long long)(now_ms - FIRST_MS));
    pv_key_also_changed(files->prefix, key);
    snprintf(after, sizeof after, "(%s", files->cursor);
    status = pv_redis_command_texts(files->redis, &reply, error, "ZRANGEBYSCORE", key, after,
                                    "+inf", "WITHSCORES", "LIMIT", "0", PAGE_TEXT, (char *)NULL);
    if (status != PV_OK)
        return status;
    status = take_changes(files, reply, changes, error);
    pv_redis_reply_destroy(reply);
    return status;
}

bool pv_also_files_want_more(const struct pv_also_files *files)
{
    return files->wants_more;
}

enum pv_status pv_also_files_read(struct pv_also_files *files, struct pv_article_pages *of,
                                  struct pv_error *error)
{
    return pv_also_page_read(files->redis, files->prefix, &files->hot, of, &files->page, error);
}

bool pv_also_files_write(struct pv_also_files *files, size_t i,
                         const struct pv_snapshot_stamp *stamp, struct pv_buffer *text)
{
    const struct pv_also_items *items = &files->page.lists[i];
    const struct pv_snapshot_about about = {*stamp, files->page.exact, &files->page.offsets};

    if (items->count == 0 ||
        !pv_article_seen_is_new(files->written, 0, items->article.data, items->article.length,
                                pv_also_fingerprint(items)))
        return false;
    pv_also_json(text, &about, items);
    return true;
}

void pv_also_files_let_go(struct pv_also_files *files)
{
    pv_also_page_clean_up(&files->page);
}

void pv_also_files_failed(struct pv_also_files *files, struct pv_text article)
{
    /* No fingerprint is 0. */
    (void)pv_article_seen_is_new(files->written, 0, article.data, article.length, 0);
}

void pv_also_files_end(struct pv_also_files *files)
{
    pv_also_hot_clean_up(&files->hot);
}
