#include "aggregator/repeat_memory.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "pageview/bucket.h"

struct minute {
    int64_t first_offset; /* of the views that brought a pair here; void when it is empty */
    uint32_t oldest, newest;
};

struct pv_repeat_memory {
    int64_t window_ms, watermark_ms;
    struct pv_repeat_budget *budget;
    struct pv_repeat_pairs pairs;
    struct minute *ring;
    int64_t minutes;       /* of the ring: one more than a window can touch */
    int64_t oldest_minute; /* nothing is held of a minute before */
};

/* The NUL keeps the two texts apart. */
struct pv_repeat_key pv_repeat_key_of(struct pv_text article, struct pv_text visitor)
{
    char bytes[PV_ARTICLE_SIZE_MAX + 1 + PV_VISITOR_SIZE_MAX];
    XXH128_hash_t hash;

    memcpy(bytes, article.data, article.length);
    bytes[article.length] = '\0';
    memcpy(bytes + article.length + 1, visitor.data, visitor.length);
    hash = XXH3_128bits(bytes, article.length + 1 + visitor.length);
    return (struct pv_repeat_key){.low = hash.low64, .high = hash.high64};
}

static struct minute *minute_of(const struct pv_repeat_memory *memory, int64_t ts_ms)
{
    return &memory->ring[ts_ms / PV_MINUTE_MS % memory->minutes];
}

static void clear_ring(struct pv_repeat_memory *memory)
{
    for (int64_t i = 0; i < memory->minutes; i++)
        memory->ring[i] = (struct minute){0, PV_REPEAT_NO_PAIR, PV_REPEAT_NO_PAIR};
}

enum pv_status pv_repeat_memory_new(int64_t window_ms, struct pv_repeat_budget *budget,
                                    struct pv_repeat_memory **memory, struct pv_error *error)
{
    struct pv_repeat_memory *made = calloc(1, sizeof *made);

    if (made == NULL)
        return pv_error_nomem(error, "the memory of repeats");
    made->window_ms = window_ms;
    made->watermark_ms = PV_WATERMARK_NONE;
    made->budget = budget;
    /* A window that begins and ends inside a minute touches one more than fit into it. */
    made->minutes = (window_ms + PV_MINUTE_MS - 1) / PV_MINUTE_MS + 1;
    made->ring = malloc((size_t)made->minutes * sizeof *made->ring);
    if (made->ring == NULL) {
        free(made);
        return pv_error_nomem(error, "the memory of repeats");
    }
    clear_ring(made);
    *memory = made;
    return PV_OK;
}

static void drop_all(struct pv_repeat_memory *memory)
{
    memory->budget->pairs -= memory->pairs.count;
    pv_repeat_pairs_clear(&memory->pairs);
    clear_ring(memory);
}

void pv_repeat_memory_destroy(struct pv_repeat_memory *memory)
{
    if (memory == NULL)
        return;
    drop_all(memory);
    free(memory->ring);
    free(memory);
}

void pv_repeat_memory_begin(struct pv_repeat_memory *memory, int64_t watermark_ms)
{
    drop_all(memory);
    memory->watermark_ms = PV_WATERMARK_NONE;
    memory->oldest_minute = 0;
    if (watermark_ms >= 0)
        pv_repeat_memory_see(memory, watermark_ms);
}

int64_t pv_repeat_memory_watermark_ms(const struct pv_repeat_memory *memory)
{
    return memory->watermark_ms;
}

static struct pv_repeat_pair *pair_at(const struct pv_repeat_memory *memory, uint32_t at)
{
    return pv_repeat_pair_at(&memory->pairs, at);
}

/* Makes its neighbours, or the ends of its minute's list, point to `newer_to` and `older_to`. */
static void set_neighbours(struct pv_repeat_memory *memory, const struct pv_repeat_pair *pair,
                           uint32_t newer_to, uint32_t older_to)
{
    struct minute *minute = minute_of(memory, pair->latest_ms);

    if (pair->older == PV_REPEAT_NO_PAIR)
        minute->oldest = newer_to;
    else
        pair_at(memory, pair->older)->newer = newer_to;
    if (pair->newer == PV_REPEAT_NO_PAIR)
        minute->newest = older_to;
    else
        pair_at(memory, pair->newer)->older = older_to;
}

static void leave_minute(struct pv_repeat_memory *memory, uint32_t at)
{
    const struct pv_repeat_pair *pair = pair_at(memory, at);

    set_neighbours(memory, pair, pair->newer, pair->older);
}

static void join_minute(struct pv_repeat_memory *memory, uint32_t at, int64_t ts_ms, int64_t offset)
{
    struct minute *minute = minute_of(memory, ts_ms);
    struct pv_repeat_pair *pair = pair_at(memory, at);

    if (minute->oldest == PV_REPEAT_NO_PAIR)
        minute->first_offset = offset;
    pair->latest_ms = ts_ms;
    pair->older = minute->newest;
    pair->newer = PV_REPEAT_NO_PAIR;
    set_neighbours(memory, pair, at, at);
}

static void drop(struct pv_repeat_memory *memory, uint32_t at)
{
    leave_minute(memory, at);
    pv_repeat_pairs_remove(&memory->pairs, at);
    if (at < memory->pairs.count) /* the last one is there now */
        set_neighbours(memory, pair_at(memory, at), at, at);
    memory->budget->pairs--;
}

void pv_repeat_memory_see(struct pv_repeat_memory *memory, int64_t ts_ms)
{
    int64_t oldest_ms = ts_ms - memory->window_ms + 1;
    int64_t oldest_minute = oldest_ms > 0 ? oldest_ms / PV_MINUTE_MS : 0;
    int64_t end = oldest_minute;

    if (ts_ms <= memory->watermark_ms)
        return;
    memory->watermark_ms = ts_ms;
    if (end > memory->oldest_minute + memory->minutes)
        end = memory->oldest_minute + memory->minutes; /* once around is everything */
    for (int64_t minute = memory->oldest_minute; minute < end; minute++) {
        struct minute *left = &memory->ring[minute % memory->minutes];

        while (left->newest != PV_REPEAT_NO_PAIR)
            drop(memory, left->newest);
    }
    if (oldest_minute > memory->oldest_minute) {
        memory->oldest_minute = oldest_minute;
        pv_repeat_pairs_shrink(&memory->pairs);
    }
}

void pv_repeat_memory_prefetch(const struct pv_repeat_memory *memory, struct pv_repeat_key key)
{
    pv_repeat_pairs_prefetch(&memory->pairs, key);
}

bool pv_repeat_memory_has(const struct pv_repeat_memory *memory, struct pv_repeat_key key,
                          int64_t ts_ms)
{
    uint32_t at = pv_repeat_pairs_find(&memory->pairs, key);
    int64_t latest_ms = at == PV_REPEAT_NO_PAIR ? 0 : pair_at(memory, at)->latest_ms;
    int64_t watermark_ms = ts_ms > memory->watermark_ms ? ts_ms : memory->watermark_ms;

    return at != PV_REPEAT_NO_PAIR && latest_ms > watermark_ms - memory->window_ms &&
           latest_ms - ts_ms < memory->window_ms;
}

/* Makes room for one more pair of the minute. False when there is none: what is to come is as old
 * as anything that could go. */
static bool make_room(struct pv_repeat_memory *memory, int64_t ts_ms, size_t *forgotten)
{
    if (memory->budget->pairs < memory->budget->max_pairs &&
        pv_repeat_pairs_reserve(&memory->pairs))
        return true;
    *forgotten = 1;
    for (int64_t i = memory->oldest_minute; i < ts_ms / PV_MINUTE_MS; i++) {
        uint32_t oldest = memory->ring[i % memory->minutes].oldest;

        if (oldest != PV_REPEAT_NO_PAIR) {
            drop(memory, oldest);
            return true;
        }
    }
    return false;
}

size_t pv_repeat_memory_remember(struct pv_repeat_memory *memory, struct pv_repeat_key key,
                                 int64_t ts_ms, int64_t offset)
{
    size_t forgotten = 0;
    uint32_t at;

    pv_repeat_memory_see(memory, ts_ms);
    if (ts_ms <= memory->watermark_ms - memory->window_ms)
        return 0;
    at = pv_repeat_pairs_find(&memory->pairs, key);
    if (at != PV_REPEAT_NO_PAIR) {
        if (ts_ms <= pair_at(memory, at)->latest_ms)
            return 0;
        leave_minute(memory, at);
        join_minute(memory, at, ts_ms, offset);
        return 0;
    }
    if (!make_room(memory, ts_ms, &forgotten))
        return forgotten;
    at = pv_repeat_pairs_add(&memory->pairs, key);
    memory->budget->pairs++;
    join_minute(memory, at, ts_ms, offset);
    return forgotten;
}

int64_t pv_repeat_memory_first_offset(const struct pv_repeat_memory *memory, int64_t none)
{
    int64_t first = none;
    bool found = false;

    for (int64_t i = 0; i < memory->minutes; i++) {
        const struct minute *minute = &memory->ring[i];

        if (minute->oldest != PV_REPEAT_NO_PAIR && (!found || minute->first_offset < first)) {
            first = minute->first_offset;
            found = true;
        }
    }
    return first;
}
