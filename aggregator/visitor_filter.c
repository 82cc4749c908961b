#include "aggregator/visitor_filter.h"

#include <stdlib.h>
#include <string.h>

enum {
    RECENT = 65536,    /* registers of any set */
    CANDIDATES = 4096, /* sets that may become hot */
    WAYS = 8,          /* sketches that a set may be in: one cache line of hashes */
    STAYS = 16,        /* asked about this often between two visits of the hand */
};

struct recent {
    uint64_t set;
    uint16_t index;
    uint8_t rank; /* 0: free */
};

struct candidate {
    uint64_t set;
    uint32_t marks;
};

/* Sketches of the sets whose hash falls here, as in the cache of a processor. */
struct group {
    uint64_t sets[WAYS];
    uint8_t *registers[WAYS]; /* NULL until needed */
    bool used[WAYS];
    uint32_t asked[WAYS]; /* how often since the hand was there */
    size_t hand;
};

struct pv_visitor_filter {
    struct recent recent[RECENT];
    struct candidate candidates[CANDIDATES];
    size_t ways, group_count;
    struct group *groups;
};

enum pv_status pv_visitor_filter_new(size_t max_sketches, struct pv_visitor_filter **filter,
                                     struct pv_error *error)
{
    struct pv_visitor_filter *made = calloc(1, sizeof *made);

    if (made == NULL)
        return pv_error_nomem(error, "the filter of visitors");
    made->ways = max_sketches < WAYS ? max_sketches : WAYS;
    made->group_count = max_sketches < WAYS ? 1 : max_sketches / WAYS;
    made->groups = calloc(made->group_count, sizeof *made->groups);
    if (made->groups == NULL) {
        pv_visitor_filter_destroy(made);
        return pv_error_nomem(error, "the filter of visitors");
    }
    *filter = made;
    return PV_OK;
}

void pv_visitor_filter_destroy(struct pv_visitor_filter *filter)
{
    if (filter == NULL)
        return;
    for (size_t i = 0; filter->groups != NULL && i < filter->group_count; i++)
        for (size_t way = 0; way < WAYS; way++)
            free(filter->groups[i].registers[way]);
    free(filter->groups);
    free(filter);
}

void pv_visitor_filter_forget(struct pv_visitor_filter *filter)
{
    memset(filter->recent, 0, sizeof filter->recent);
    memset(filter->candidates, 0, sizeof filter->candidates);
    for (size_t i = 0; i < filter->group_count; i++)
        memset(filter->groups[i].used, 0, sizeof filter->groups[i].used);
}

/* Spreads the bits upwards; the tables take their index from the top (Fibonacci hashing: Knuth,
 * The Art of Computer Programming, volume 3, section 6.4). */
static uint64_t spread(uint64_t hash)
{
    return (hash ^ hash >> 32) * UINT64_C(0x9e3779b97f4a7c15);
}

static struct recent *find_recent(struct pv_visitor_filter *filter, uint64_t set, uint16_t index)
{
    return &filter->recent[spread(set + spread(index)) >> 48];
}

static struct group *find_group(struct pv_visitor_filter *filter, uint64_t set)
{
    return &filter->groups[(spread(set) >> 32) * filter->group_count >> 32];
}

/* The registers of the set, NULL when it has no sketch. */
static uint8_t *find_sketch(struct pv_visitor_filter *filter, uint64_t set)
{
    struct group *group = find_group(filter, set);

    for (size_t way = 0; way < filter->ways; way++)
        if (group->sets[way] == set && group->used[way]) {
            group->asked[way] += group->asked[way] < STAYS;
            return group->registers[way];
        }
    return NULL;
}

void pv_visitor_filter_prefetch(struct pv_visitor_filter *filter, uint64_t set,
                                struct pv_hll_place place)
{
    __builtin_prefetch(find_group(filter, set));
    __builtin_prefetch(find_recent(filter, set, place.index));
}

bool pv_visitor_filter_admits(struct pv_visitor_filter *filter, uint64_t set,
                              struct pv_hll_place place)
{
    const uint8_t *sketch = find_sketch(filter, set);
    const struct recent *recent;

    if (sketch != NULL && sketch[place.index] >= place.rank)
        return false;
    recent = find_recent(filter, set, place.index);
    return recent->set != set || recent->index != place.index || recent->rank < place.rank;
}

/* Counts a mark of a set without a sketch; true when it is hot. A set takes the place of another
 * once it was marked as often, so that the many cold ones do not drive out a warm one. */
static bool is_hot(struct pv_visitor_filter *filter, uint64_t set)
{
    struct candidate *candidate = &filter->candidates[spread(set) >> 52];

    if (candidate->set != set && candidate->marks > 0) {
        candidate->marks--;
        return false;
    }
    candidate->set = set;
    candidate->marks++;
    if (candidate->marks < PV_VISITOR_FILTER_HOT)
        return false;
    candidate->marks = 0;
    return true;
}

/* A sketch that is free, or the one at the hand when it is not asked about any more; otherwise
 * WAYS. One look at each attempt and not a search: when more sets are hot than there are sketches,
 * those that have one keep it, as a sketch is worth little before it is filled. */
static size_t choose_way(const struct pv_visitor_filter *filter, struct group *group)
{
    size_t way;
    bool stays;

    for (way = 0; way < filter->ways; way++)
        if (!group->used[way])
            return way;
    way = group->hand;
    stays = group->asked[way] >= STAYS;
    group->asked[way] = 0;
    group->hand = (group->hand + 1) % filter->ways;
    return stays ? WAYS : way;
}

/* NULL when the set has to go without. */
static uint8_t *add_sketch(struct pv_visitor_filter *filter, uint64_t set)
{
    struct group *group = find_group(filter, set);
    size_t way;

    if (filter->ways == 0)
        return NULL;
    way = choose_way(filter, group);
    if (way == WAYS)
        return NULL;
    if (group->registers[way] == NULL)
        group->registers[way] = malloc(PV_HLL_REGISTERS);
    if (group->registers[way] == NULL)
        return NULL;
    memset(group->registers[way], 0, PV_HLL_REGISTERS);
    group->sets[way] = set;
    group->used[way] = true;
    group->asked[way] = STAYS; /* time to fill */
    return group->registers[way];
}

void pv_visitor_filter_mark(struct pv_visitor_filter *filter, uint64_t set,
                            struct pv_hll_place place)
{
    uint8_t *sketch = find_sketch(filter, set);
    struct recent *recent = find_recent(filter, set, place.index);

    if (sketch == NULL && is_hot(filter, set))
        sketch = add_sketch(filter, set);
    if (sketch != NULL) {
        if (sketch[place.index] < place.rank)
            sketch[place.index] = place.rank;
        return; /* the table is for the others */
    }
    if (recent->set != set || recent->index != place.index || recent->rank < place.rank)
        *recent = (struct recent){.set = set, .index = place.index, .rank = place.rank};
}
