/* A whole HyperLogLog as Redis stores it: a string that SET and PFMERGE take.
 *
 * The format is that of Redis's hyperloglog.c since 2.8.9: a header of 16 bytes, then either runs
 * of zeros and single registers (sparse), or 16,384 registers of 6 bits (dense). Sparse is taken up
 * to 3,000 bytes, as Redis does by itself (hll-sparse-max-bytes). The cardinality in the header is
 * marked as not known. */
#ifndef AGGREGATOR_HLL_SKETCH_H
#define AGGREGATOR_HLL_SKETCH_H

#include <stddef.h>

#include "aggregator/hyperloglog.h"

#define PV_HLL_SKETCH_MAX 12304 /* bytes */

/* Writes the sketch that has `count` places, whose indexes rise from each to the next. Returns its
 * length. */
size_t pv_hll_sketch_write(const struct pv_hll_place *places, size_t count,
                           char sketch[PV_HLL_SKETCH_MAX]);

#endif
