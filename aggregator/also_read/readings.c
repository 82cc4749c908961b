#include "aggregator/also_read/readings.h"

#include <stdlib.h>
#include <string.h>

enum { WAYS = 8 };

struct reader {
    uint64_t id;
    uint32_t seen;                            /* when: the number of the visit; 0: nobody */
    uint32_t read;                            /* how many different articles */
    uint32_t articles[PV_READINGS_OF_READER]; /* the latest first; 0 behind the last */
};

struct set {
    struct reader readers[WAYS];
};

struct pv_readings {
    size_t set_count; /* a power of two */
    uint32_t visits;
    struct set *sets;
};

enum pv_status pv_readings_new(size_t max_readers, struct pv_readings **readings,
                               struct pv_error *error)
{
    struct pv_readings *made = calloc(1, sizeof *made);

    if (made == NULL)
        return pv_error_nomem(error, "readers");
    made->set_count = 1;
    while (made->set_count * WAYS < max_readers)
        made->set_count *= 2;
    made->sets = calloc(made->set_count, sizeof *made->sets);
    if (made->sets == NULL) {
        free(made);
        return pv_error_nomem(error, "readers");
    }
    *readings = made;
    return PV_OK;
}

void pv_readings_destroy(struct pv_readings *readings)
{
    if (readings == NULL)
        return;
    free(readings->sets);
    free(readings);
}

size_t pv_readings_bytes(const struct pv_readings *readings)
{
    return sizeof *readings + readings->set_count * sizeof *readings->sets;
}

/* The reader, or the place of the one who gives way. */
static struct reader *find(struct pv_readings *readings, uint64_t id)
{
    struct set *set = &readings->sets[id & (readings->set_count - 1)];
    struct reader *oldest = &set->readers[0];

    for (size_t way = 0; way < WAYS; way++) {
        struct reader *reader = &set->readers[way];

        if (reader->seen != 0 && reader->id == id)
            return reader;
        /* The numbers of visits wrap around: ages do not. */
        if (reader->seen == 0 || (oldest->seen != 0 && readings->visits - reader->seen >
                                                           readings->visits - oldest->seen))
            oldest = reader;
    }
    *oldest = (struct reader){.id = id};
    return oldest;
}

bool pv_readings_add(struct pv_readings *readings, uint64_t reader, uint32_t article,
                     uint32_t others[PV_READINGS_OF_READER], size_t *count)
{
    struct reader *found = find(readings, reader);
    size_t at = 0;
    bool is_new;

    readings->visits += readings->visits == UINT32_MAX ? 2 : 1; /* 0 is nobody */
    found->seen = readings->visits;
    while (at < PV_READINGS_OF_READER && found->articles[at] != 0 && found->articles[at] != article)
        at++;
    is_new = at == PV_READINGS_OF_READER || found->articles[at] == 0;
    if (is_new && found->read >= PV_READINGS_MAX)
        return false;
    *count = is_new ? at : 0;
    memcpy(others, found->articles, *count * sizeof *others);
    if (at == PV_READINGS_OF_READER)
        at--; /* the oldest leaves */
    memmove(found->articles + 1, found->articles, at * sizeof *found->articles);
    found->articles[0] = article;
    found->read += is_new;
    return is_new;
}
