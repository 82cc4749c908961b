/* Which visitors have to be sent with PFADD: only those that can change the HyperLogLog.
 *
 * A visitor matters to a HyperLogLog only as a place: a register and a rank (hyperloglog.h). PFADD
 * changes nothing when a place of the same register and at least this rank was added before, so
 * what was sent is remembered as registers, and never as visitors:
 *
 * - in a table of the registers marked last, of any set: a reader who comes again costs nothing;
 * - in a sketch with all the registers of a set, for sets that were marked often. The number of
 *   sketches is bounded; when there is no more, one that is not asked about any longer gives way.
 *
 * What was lost from either is sent again, which is harmless. The converse, a visitor who should
 * have been sent and is not, happens only when two sets have the same 64-bit hash: with n sets in a
 * day, of which the filter knows k at a time, with a probability below n * k / 2^64 (a million and
 * 65,536: 4e-9).
 *
 * Measured for one set of random visitors:
 *
 *       visitors      sent   one of
 *            100        99      1.0
 *         10,000     8,242      1.2
 *        100,000    32,260      3.1
 *      1,000,000    59,561     16.8
 *     10,000,000    86,643    115.4
 *
 * Memory: 1 MiB and a little, and 16 KiB for each sketch, made when it is needed. */
#ifndef AGGREGATOR_VISITOR_FILTER_H
#define AGGREGATOR_VISITOR_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aggregator/hyperloglog.h"
#include "pageview/status.h"

/* A set is given a sketch when it was marked this often. */
#define PV_VISITOR_FILTER_HOT 256

struct pv_visitor_filter;

/* `max_sketches` may be 0; from 8 on a multiple of 8 is made of it. */
enum pv_status pv_visitor_filter_new(size_t max_sketches, struct pv_visitor_filter **filter,
                                     struct pv_error *error) PV_MUST_CHECK;
void pv_visitor_filter_destroy(struct pv_visitor_filter *filter);

/* False when a visitor of this place cannot change the HyperLogLog of the set, as everything that
 * was marked was sent to it. `set` is a 64-bit hash of what the HyperLogLog counts. */
bool pv_visitor_filter_admits(struct pv_visitor_filter *filter, uint64_t set,
                              struct pv_hll_place place);

/* Fetches what is asked about them next from memory, and does not wait for it. */
void pv_visitor_filter_prefetch(struct pv_visitor_filter *filter, uint64_t set,
                                struct pv_hll_place place);

/* A visitor of this place was put in a batch. */
void pv_visitor_filter_mark(struct pv_visitor_filter *filter, uint64_t set,
                            struct pv_hll_place place);

/* What was marked may not be in Redis. */
void pv_visitor_filter_forget(struct pv_visitor_filter *filter);

#endif
