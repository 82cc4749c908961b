#include "aggregator/repeat_memory.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "pageview/bucket.h"

#define NO_ENTRY UINT32_MAX

enum { ROOM_MIN = 64 };

/* The entries are packed: 0 to count - 1. */
struct entry {
    struct pv_repeat_key key;
    int64_t latest_ms;
    uint32_t older, newer;   /* neighbours in the list of its minute */
    uint32_t next_in_bucket; /* of the hash table */
};

struct minute {
    int64_t first_offset; /* of the views that brought a pair here; void when it is empty */
    uint32_t oldest, newest;
};

struct pv_repeat_memory {
    int64_t window_ms, watermark_ms;
    struct pv_repeat_budget *budget;
    struct entry *entries;
    uint32_t *buckets;
    size_t count, room; /* as many buckets as entries, a power of two; 0 before the first */
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
        memory->ring[i] = (struct minute){0, NO_ENTRY, NO_ENTRY};
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
    memory->budget->entries -= memory->count;
    memory->count = memory->room = 0;
    free(memory->entries);
    free(memory->buckets);
    memory->entries = NULL;
    memory->buckets = NULL;
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

static uint32_t *bucket_of(const struct pv_repeat_memory *memory, struct pv_repeat_key key)
{
    return &memory->buckets[key.low & (memory->room - 1)];
}

static uint32_t find(const struct pv_repeat_memory *memory, struct pv_repeat_key key)
{
    uint32_t at = memory->room == 0 ? NO_ENTRY : *bucket_of(memory, key);

    while (at != NO_ENTRY &&
           (memory->entries[at].key.low != key.low || memory->entries[at].key.high != key.high))
        at = memory->entries[at].next_in_bucket;
    return at;
}

/* What points to the entry in its bucket. */
static uint32_t *bucket_link(const struct pv_repeat_memory *memory, uint32_t at)
{
    uint32_t *link = bucket_of(memory, memory->entries[at].key);

    while (*link != at)
        link = &memory->entries[*link].next_in_bucket;
    return link;
}

/* Makes its neighbours, or the ends of its minute's list, point to `newer_to` and `older_to`. */
static void set_neighbours(struct pv_repeat_memory *memory, const struct entry *entry,
                           uint32_t newer_to, uint32_t older_to)
{
    struct minute *minute = minute_of(memory, entry->latest_ms);

    *(entry->older == NO_ENTRY ? &minute->oldest : &memory->entries[entry->older].newer) = newer_to;
    *(entry->newer == NO_ENTRY ? &minute->newest : &memory->entries[entry->newer].older) = older_to;
}

static void leave_minute(struct pv_repeat_memory *memory, uint32_t at)
{
    const struct entry *entry = &memory->entries[at];

    set_neighbours(memory, entry, entry->newer, entry->older);
}

static void join_minute(struct pv_repeat_memory *memory, uint32_t at, int64_t ts_ms, int64_t offset)
{
    struct minute *minute = minute_of(memory, ts_ms);
    struct entry *entry = &memory->entries[at];

    if (minute->oldest == NO_ENTRY)
        minute->first_offset = offset;
    entry->latest_ms = ts_ms;
    entry->older = minute->newest;
    entry->newer = NO_ENTRY;
    set_neighbours(memory, entry, at, at);
}

/* The last entry moves into the place of the one that goes. */
static void drop(struct pv_repeat_memory *memory, uint32_t at)
{
    uint32_t last = (uint32_t)memory->count - 1;

    leave_minute(memory, at);
    *bucket_link(memory, at) = memory->entries[at].next_in_bucket;
    if (at != last) {
        *bucket_link(memory, last) = at;
        memory->entries[at] = memory->entries[last];
        set_neighbours(memory, &memory->entries[at], at, at);
    }
    memory->count--;
    memory->budget->entries--;
}

/* Failure leaves the memory as it was. */
static bool set_room(struct pv_repeat_memory *memory, size_t room)
{
    uint32_t *buckets = malloc(room * sizeof *buckets);
    struct entry *entries = NULL;

    if (buckets != NULL)
        entries = realloc(memory->entries, room * sizeof *entries);
    if (entries == NULL) {
        free(buckets);
        return false;
    }
    free(memory->buckets);
    memory->entries = entries;
    memory->buckets = buckets;
    memory->room = room;
    memset(buckets, 0xff, room * sizeof *buckets); /* NO_ENTRY */
    for (uint32_t at = 0; at < memory->count; at++) {
        uint32_t *bucket = bucket_of(memory, entries[at].key);

        entries[at].next_in_bucket = *bucket;
        *bucket = at;
    }
    return true;
}

static void give_room_back(struct pv_repeat_memory *memory)
{
    size_t room = memory->room;

    while (room > ROOM_MIN && memory->count <= room / 4)
        room /= 2;
    if (room < memory->room)
        (void)set_room(memory, room); /* or it stays as large as it is */
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

        while (left->newest != NO_ENTRY)
            drop(memory, left->newest);
    }
    if (oldest_minute > memory->oldest_minute) {
        memory->oldest_minute = oldest_minute;
        give_room_back(memory);
    }
}

void pv_repeat_memory_prefetch(const struct pv_repeat_memory *memory, struct pv_repeat_key key)
{
    if (memory->room > 0)
        __builtin_prefetch(bucket_of(memory, key));
}

bool pv_repeat_memory_has(const struct pv_repeat_memory *memory, struct pv_repeat_key key,
                          int64_t ts_ms)
{
    uint32_t at = find(memory, key);
    int64_t latest_ms = at == NO_ENTRY ? 0 : memory->entries[at].latest_ms;
    int64_t watermark_ms = ts_ms > memory->watermark_ms ? ts_ms : memory->watermark_ms;

    return at != NO_ENTRY && latest_ms > watermark_ms - memory->window_ms &&
           latest_ms - ts_ms < memory->window_ms;
}

/* Makes room for one more pair of the minute. False when there is none: what is to come is as old
 * as anything that could go. */
static bool make_room(struct pv_repeat_memory *memory, int64_t ts_ms, size_t *forgotten)
{
    bool fits = memory->budget->entries < memory->budget->max_entries;

    if (fits && memory->count == memory->room)
        fits = memory->count < NO_ENTRY / 2 &&
               set_room(memory, memory->room == 0 ? ROOM_MIN : 2 * memory->room);
    if (fits)
        return true;
    *forgotten = 1;
    for (int64_t i = memory->oldest_minute; i < ts_ms / PV_MINUTE_MS; i++) {
        uint32_t oldest = memory->ring[i % memory->minutes].oldest;

        if (oldest != NO_ENTRY) {
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
    at = find(memory, key);
    if (at != NO_ENTRY) {
        if (ts_ms <= memory->entries[at].latest_ms)
            return 0;
        leave_minute(memory, at);
        join_minute(memory, at, ts_ms, offset);
        return 0;
    }
    if (!make_room(memory, ts_ms, &forgotten))
        return forgotten;
    at = (uint32_t)memory->count++;
    memory->budget->entries++;
    memory->entries[at].key = key;
    memory->entries[at].next_in_bucket = *bucket_of(memory, key);
    *bucket_of(memory, key) = at;
    join_minute(memory, at, ts_ms, offset);
    return forgotten;
}

int64_t pv_repeat_memory_first_offset(const struct pv_repeat_memory *memory, int64_t none)
{
    int64_t first = none;
    bool found = false;

    for (int64_t i = 0; i < memory->minutes; i++) {
        const struct minute *minute = &memory->ring[i];

        if (minute->oldest != NO_ENTRY && (!found || minute->first_offset < first)) {
            first = minute->first_offset;
            found = true;
        }
    }
    return first;
}
