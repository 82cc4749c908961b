#include "aggregator/batch_pool.h"

struct pv_batch *pv_batch_pool_take(struct pv_batch_pool *pool)
{
    struct pv_batch *batch = pool->free;

    if (batch != NULL) {
        pool->free = batch->next;
        return batch;
    }
    if (pool->made >= pool->max || pv_batch_new(pool->max_cells, &batch, NULL) != PV_OK)
        return NULL;
    pool->made++;
    return batch;
}

void pv_batch_pool_give(struct pv_batch_pool *pool, struct pv_batch *batch)
{
    batch->next = pool->free;
    pool->free = batch;
}

void pv_batch_pool_clean_up(struct pv_batch_pool *pool)
{
    while (pool->free != NULL) {
        struct pv_batch *next = pool->free->next;

        pv_batch_destroy(pool->free);
        pool->free = next;
    }
}
