/* The articles that an article was read with most: a bounded table of counts.
 *
 * When the table is full, a new companion may take the place of the one with the lowest count, and
 * begins with that count (Space-Saving: A. Metwally, D. Agrawal, A. El Abbadi, "Efficient
 * Computation of Frequent and Top-k Elements in Data Streams", 2005). If each one did, the many
 * that come once would wash away those in the middle; so it may with a probability of w / (lowest +
 * w), w being its weight (R. Ben Basat et al., "Randomized Admission Policy for Efficient Top-k and
 * Frequency Estimation", INFOCOM 2017). Whoever is read with the article often comes in, and stays.
 *
 * The count decides who stays; what is told is `seen`, which is never too high: what was added
 * since the companion is in the table.
 *
 * Measured in tests/integration/test_also_read_lists.py's traffic of 200,000 readers, the part of
 * the best five that is there:
 *
 *     companions   every one comes in   by chance
 *             32                 0.69        0.80
 *             48                 0.85        0.90
 *             64                 0.92        0.95
 *
 * Memory: 13 bytes a companion. */
#ifndef AGGREGATOR_ALSO_READ_COMPANIONS_H
#define AGGREGATOR_ALSO_READ_COMPANIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PV_COMPANIONS = 64 };

/* All zero is an empty one. */
struct pv_companions {
    uint32_t articles[PV_COMPANIONS]; /* their numbers; 0: free */
    float counts[PV_COMPANIONS];
    float seen[PV_COMPANIONS];
    uint8_t readers[PV_COMPANIONS]; /* whose visits make `seen`, up to UINT8_MAX */
};

/* Whether an article of this number is still there. */
typedef bool pv_companion_check(const void *context, uint32_t article);

/* One reader more read both; counts by `weight`, which is above 0. A companion that is not there
 * any more gives way when it is found. */
void pv_companions_add(struct pv_companions *companions, uint32_t article, float weight,
                       uint64_t random, pv_companion_check *is_there, const void *context);

/* Multiplies all counts. */
void pv_companions_scale(struct pv_companions *companions, float factor);

#endif
