/* A bounded stock of batches, so that memory is. */
#ifndef AGGREGATOR_BATCH_POOL_H
#define AGGREGATOR_BATCH_POOL_H

#include "aggregator/batch.h"

struct pv_batch_pool {
    size_t max_cells; /* of each batch */
    size_t made, max; /* batches in existence, and how many there may be */
    struct pv_batch *free;
};

/* A batch to open, made if need be; NULL when all are in use. */
struct pv_batch *pv_batch_pool_take(struct pv_batch_pool *pool);
void pv_batch_pool_give(struct pv_batch_pool *pool, struct pv_batch *batch);
void pv_batch_pool_clean_up(struct pv_batch_pool *pool);

#endif
