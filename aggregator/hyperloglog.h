/* Where an element goes in Redis's HyperLogLog: which of its 16,384 registers, and the rank that
 * the register is raised to when it is lower. PFADD changes nothing when it is not.
 *
 * The mapping is that of Redis (hyperloglog.c, hllPatLen) and has been the same since 2.8.9, as
 * stored sketches depend on it: MurmurHash64A (Austin Appleby, public domain) with Redis's seed;
 * its low 14 bits are the register, the zeros that the other 50 begin with, plus one, the rank. */
#ifndef AGGREGATOR_HYPERLOGLOG_H
#define AGGREGATOR_HYPERLOGLOG_H

#include <stddef.h>
#include <stdint.h>

#define PV_HLL_REGISTERS 16384
#define PV_HLL_RANK_MAX  51

struct pv_hll_place {
    uint16_t index; /* below PV_HLL_REGISTERS */
    uint8_t rank;   /* 1 to PV_HLL_RANK_MAX */
};

struct pv_hll_place pv_hll_place_of(const void *data, size_t length);

/* An element that goes to this place, as good for PFADD as any other of that place. */
#define PV_HLL_ELEMENT_SIZE 8
void pv_hll_element_of(struct pv_hll_place place, unsigned char element[PV_HLL_ELEMENT_SIZE]);

#endif
