#include "dashboard-export/article_changes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "dashboard-export/article_seen.h"
#include "pageview/bucket.h"
#include "pageview/buffer.h"

/* Twice as many as articles that fit; articles beyond PV_CHANGES_MAX may be in the list twice. */
enum { SLOTS = 65536 };

struct names {
    struct pv_buffer text; /* one behind the other */
    struct pv_buffer ends; /* size_t each: where a name ends in the text */
};

struct pv_changes {
    struct pv_article_seen *seen;
    int64_t newest_ms;                  /* the minute of the last number; negative: none yet */
    int64_t views[PV_CHANGES_MINUTES];  /* the site's, the oldest first */
    int64_t looked[PV_CHANGES_MINUTES]; /* what they were when the minute was last gone through */
    bool wants_all, oldest_next;
    bool is_writing;  /* articles were taken off: no scan until the next round */
    bool is_scanning; /* what follows, from the cursor on */
    struct pv_changes_scan scan;
    int64_t scan_views; /* the site's in that minute when the scan began */
    char cursor[PV_CHANGES_CURSOR_SIZE];
    char all_cursor[PV_CHANGES_CURSOR_SIZE];
    uint64_t seed;
    struct names pending, again;
    uint32_t slots[SLOTS]; /* places in `pending` from 1 on, by the name's hash; 0: free */
};

enum pv_status pv_changes_new(uint64_t seed, struct pv_changes **changes, struct pv_error *error)
{
    enum pv_status status;

    *changes = calloc(1, sizeof **changes);
    if (*changes == NULL)
        return pv_error_nomem(error, "the list of changed articles");
    (*changes)->seed = seed;
    (*changes)->newest_ms = -1;
    strcpy((*changes)->all_cursor, "0");
    status = pv_article_seen_new(seed, &(*changes)->seen, error);
    if (status != PV_OK) {
        free(*changes);
        *changes = NULL;
    }
    return status;
}

static void names_clean_up(struct names *names)
{
    pv_buffer_clean_up(&names->text);
    pv_buffer_clean_up(&names->ends);
}

void pv_changes_destroy(struct pv_changes *changes)
{
    if (changes == NULL)
        return;
    pv_article_seen_destroy(changes->seen);
    names_clean_up(&changes->pending);
    names_clean_up(&changes->again);
    free(changes);
}

static size_t names_count(const struct names *names)
{
    return names->ends.length / sizeof(size_t);
}

/* Where name `i` begins, which is where the one before it ends. */
static size_t names_begin(const struct names *names, size_t i)
{
    size_t end = 0;

    if (i > 0)
        memcpy(&end, names->ends.data + (i - 1) * sizeof end, sizeof end);
    return end;
}

static struct pv_text names_at(const struct names *names, size_t i)
{
    size_t begin = names_begin(names, i);

    return (struct pv_text){names->text.data + begin, names_begin(names, i + 1) - begin};
}

static enum pv_status names_add(struct names *names, struct pv_text name, struct pv_error *error)
{
    size_t end = names->text.length + name.length;

    if (pv_buffer_reserve(&names->ends, sizeof end) != NULL)
        pv_buffer_add(&names->text, name.data, name.length);
    if (names->ends.failed || names->text.failed) {
        names->ends.failed = names->text.failed = false;
        return pv_error_nomem(error, "the list of changed articles");
    }
    pv_buffer_add(&names->ends, &end, sizeof end);
    return PV_OK;
}

static void names_cut(struct names *names, size_t count)
{
    names->text.length = names_begin(names, count);
    names->ends.length = count * sizeof(size_t);
}

/* The slot that has the name, or the free one where it belongs. */
static uint32_t *find_slot(struct pv_changes *changes, struct pv_text name)
{
    size_t at = XXH3_64bits_withSeed(name.data, name.length, changes->seed) % SLOTS;

    for (; changes->slots[at] != 0; at = (at + 1) % SLOTS) {
        struct pv_text there = names_at(&changes->pending, changes->slots[at] - 1);

        if (there.length == name.length && memcmp(there.data, name.data, name.length) == 0)
            break;
    }
    return &changes->slots[at];
}

static enum pv_status add_pending(struct pv_changes *changes, struct pv_text name,
                                  struct pv_error *error)
{
    uint32_t *slot = find_slot(changes, name);
    enum pv_status status;

    if (*slot != 0)
        return PV_OK;
    status = names_add(&changes->pending, name, error);
    if (status == PV_OK && names_count(&changes->pending) <= SLOTS / 2)
        *slot = (uint32_t)names_count(&changes->pending);
    return status;
}

/* What is still to be written, and what is to be written again. */
static enum pv_status take_up_again(struct pv_changes *changes, struct pv_error *error)
{
    size_t pending = names_count(&changes->pending), again = names_count(&changes->again);
    enum pv_status status = PV_OK;

    changes->is_writing = false;
    memset(changes->slots, 0, sizeof changes->slots);
    for (size_t i = 0; i < pending && i < SLOTS / 2; i++)
        *find_slot(changes, names_at(&changes->pending, i)) = (uint32_t)(i + 1);
    for (size_t i = 0; i < again && status == PV_OK; i++)
        status = add_pending(changes, names_at(&changes->again, i), error);
    if (status == PV_OK)
        names_cut(&changes->again, 0);
    return status;
}

/* Brings `looked` to the minutes of now. */
static void move_to(struct pv_changes *changes, int64_t newest_ms)
{
    int64_t by = (newest_ms - changes->newest_ms) / PV_MINUTE_MS;
    size_t shift = by >= 0 && by < PV_CHANGES_MINUTES ? (size_t)by : PV_CHANGES_MINUTES;

    if (changes->newest_ms < 0)
        shift = PV_CHANGES_MINUTES;
    memmove(changes->looked, changes->looked + shift,
            (PV_CHANGES_MINUTES - shift) * sizeof changes->looked[0]);
    memset(changes->looked + PV_CHANGES_MINUTES - shift, 0, shift * sizeof changes->looked[0]);
    changes->newest_ms = newest_ms;
}

enum pv_status pv_changes_begin(struct pv_changes *changes, int64_t clock_ms,
                                const int64_t views[PV_CHANGES_MINUTES], struct pv_error *error)
{
    move_to(changes, pv_bucket_start_ms(PV_BUCKET_MINUTE, clock_ms));
    memcpy(changes->views, views, sizeof changes->views);
    return take_up_again(changes, error);
}

void pv_changes_want_all(struct pv_changes *changes)
{
    changes->wants_all = true;
    strcpy(changes->all_cursor, "0");
}

/* A minute's place in the arrays; PV_CHANGES_MINUTES or more when it is not in them. */
static size_t place_of(const struct pv_changes *changes, int64_t minute_ms)
{
    int64_t ago = (changes->newest_ms - minute_ms) / PV_MINUTE_MS;

    return ago >= 0 && ago < PV_CHANGES_MINUTES ? (size_t)(PV_CHANGES_MINUTES - 1 - ago)
                                                : PV_CHANGES_MINUTES;
}

/* The newest minute that has changed, or the oldest: in turns, so that neither waits for ever. */
static size_t find_changed(const struct pv_changes *changes)
{
    for (size_t i = 0; i < PV_CHANGES_MINUTES; i++) {
        size_t place = changes->oldest_next ? i : PV_CHANGES_MINUTES - 1 - i;

        if (changes->views[place] != changes->looked[place])
            return place;
    }
    return PV_CHANGES_MINUTES;
}

bool pv_changes_wants_more(const struct pv_changes *changes, size_t done)
{
    return changes->wants_all || changes->is_scanning || names_count(&changes->pending) > done ||
           find_changed(changes) < PV_CHANGES_MINUTES;
}

static bool choose_scan(struct pv_changes *changes)
{
    size_t place = find_changed(changes);

    if (place < PV_CHANGES_MINUTES) {
        int64_t ago = (int64_t)(PV_CHANGES_MINUTES - 1 - place);

        changes->scan = (struct pv_changes_scan){false, changes->newest_ms - ago * PV_MINUTE_MS,
                                                 changes->cursor};
        changes->scan_views = changes->views[place];
        strcpy(changes->cursor, "0");
    } else if (changes->wants_all) {
        changes->scan = (struct pv_changes_scan){.all = true, .cursor = changes->all_cursor};
    } else {
        return false;
    }
    changes->is_scanning = true;
    return true;
}

bool pv_changes_next(struct pv_changes *changes, struct pv_changes_scan *scan)
{
    /* A minute that went out of sight is not gone through to its end. */
    if (changes->is_scanning && !changes->scan.all &&
        place_of(changes, changes->scan.minute_ms) == PV_CHANGES_MINUTES)
        changes->is_scanning = false;
    if (changes->is_writing || names_count(&changes->pending) >= PV_CHANGES_MAX)
        return false;
    if (!changes->is_scanning && !choose_scan(changes))
        return false;
    *scan = changes->scan;
    return true;
}

void pv_changes_page_done(struct pv_changes *changes, const char *cursor)
{
    bool is_over = strcmp(cursor, "0") == 0;

    if (changes->scan.all) {
        /* A page of all is a scan of its own, so that what changes now comes first. */
        snprintf(changes->all_cursor, sizeof changes->all_cursor, "%s", cursor);
        changes->wants_all = !is_over;
        changes->is_scanning = false;
        return;
    }
    snprintf(changes->cursor, sizeof changes->cursor, "%s", cursor);
    if (!is_over)
        return;
    changes->looked[place_of(changes, changes->scan.minute_ms)] = changes->scan_views;
    changes->is_scanning = false;
    changes->oldest_next = !changes->oldest_next;
}

/* Only paths have files: not the counter of what was over the limit of new articles. */
static bool has_file(const char *name, size_t length)
{
    return length > 0 && length <= PV_ARTICLE_SIZE_MAX && name[0] == '/';
}

enum pv_status pv_changes_add(struct pv_changes *changes, struct pv_text article,
                              struct pv_error *error)
{
    return has_file(article.data, article.length) ? add_pending(changes, article, error) : PV_OK;
}

static void no_restart(void *context)
{
    (void)context;
}

static enum pv_status see(void *context, const char *name, size_t length, int64_t count,
                          struct pv_error *error)
{
    struct pv_changes *changes = context;

    if (!has_file(name, length))
        return PV_OK;
    if (!changes->scan.all &&
        !pv_article_seen_is_new(changes->seen, changes->scan.minute_ms, name, length, count))
        return PV_OK;
    return add_pending(changes, (struct pv_text){name, length}, error);
}

struct pv_counts_target pv_changes_target(struct pv_changes *changes)
{
    return (struct pv_counts_target){no_restart, see, changes};
}

size_t pv_changes_count(const struct pv_changes *changes)
{
    return names_count(&changes->pending);
}

struct pv_text pv_changes_at(const struct pv_changes *changes, size_t i)
{
    return names_at(&changes->pending, i);
}

enum pv_status pv_changes_drop(struct pv_changes *changes, size_t count, const bool *again,
                               struct pv_error *error)
{
    size_t first = names_count(&changes->pending) - count;
    enum pv_status status = PV_OK;

    for (size_t i = 0; again != NULL && i < count && status == PV_OK; i++)
        if (again[i])
            status = names_add(&changes->again, names_at(&changes->pending, first + i), error);
    names_cut(&changes->pending, first);
    changes->is_writing = true;
    return status;
}
