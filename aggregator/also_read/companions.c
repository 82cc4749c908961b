#include "aggregator/also_read/companions.h"

static void add(struct pv_companions *companions, size_t at, float weight)
{
    companions->counts[at] += weight;
    companions->seen[at] += weight;
    if (companions->readers[at] < UINT8_MAX)
        companions->readers[at]++;
}

/* The place that a new companion takes. Asking about all of them would cost more than it gains: one
 * is asked about, another each time, so that those who left are found sooner or later. */
static size_t choose_place(const struct pv_companions *companions, uint32_t article,
                           pv_companion_check *is_there, const void *context)
{
    size_t lowest = 0, asked = article % PV_COMPANIONS;

    for (size_t i = 0; i < PV_COMPANIONS; i++)
        if (companions->articles[i] == 0)
            return i;
    if (!is_there(context, companions->articles[asked]))
        return asked;
    for (size_t i = 1; i < PV_COMPANIONS; i++)
        if (companions->counts[i] < companions->counts[lowest])
            lowest = i;
    return lowest;
}

/* Whether a newcomer is let in where the lowest count is `lowest`. */
static bool is_admitted(uint64_t random, float lowest, float weight)
{
    float chance = (float)(random >> 40) / (float)(1 << 24); /* 0 to below 1 */

    return chance * (lowest + weight) < weight;
}

void pv_companions_add(struct pv_companions *companions, uint32_t article, float weight,
                       uint64_t random, pv_companion_check *is_there, const void *context)
{
    size_t at = 0;

    while (at < PV_COMPANIONS && companions->articles[at] != article)
        at++;
    if (at == PV_COMPANIONS) {
        at = choose_place(companions, article, is_there, context);
        if (companions->articles[at] == 0 || !is_there(context, companions->articles[at]))
            companions->counts[at] = 0;
        if (!is_admitted(random, companions->counts[at], weight))
            return;
        companions->articles[at] = article;
        companions->seen[at] = 0;
        companions->readers[at] = 0;
    }
    add(companions, at, weight);
}

void pv_companions_scale(struct pv_companions *companions, float factor)
{
    for (size_t i = 0; i < PV_COMPANIONS; i++) {
        companions->counts[i] *= factor;
        companions->seen[i] *= factor;
    }
}
