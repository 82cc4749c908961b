/* Sorts whole numbers, least digit first (Knuth, The Art of Computer Programming, volume 3, section
 * 5.2.5): a few passes over tens of thousands of numbers, where qsort would compare each fifteen
 * times and more. */
#ifndef AGGREGATOR_RADIX_SORT_H
#define AGGREGATOR_RADIX_SORT_H

#include <stddef.h>
#include <stdint.h>

/* Sorts `count` numbers by their bits [first, end) of 64; where these are equal their order stays.
 * What was sorted is in `numbers` or in `spare`, which has as much room: the one that is returned.
 * Bits from `end` on are zero, or are sorted by as well. */
uint64_t *pv_radix_sort(uint64_t *numbers, uint64_t *spare, size_t count, unsigned first,
                        unsigned end);

#endif
