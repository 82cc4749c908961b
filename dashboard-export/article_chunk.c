#include "dashboard-export/article_chunk.h"

#include <string.h>

void pv_article_chunk_clean_up(struct pv_article_chunk *chunk)
{
    pv_article_chunk_await(chunk);
    pv_batch_clean_up(&chunk->batch);
}

void pv_article_chunk_open(struct pv_article_chunk *chunk)
{
    memset(chunk->failed, 0, sizeof chunk->failed);
    chunk->count = 0;
    chunk->written = chunk->bytes = 0;
    chunk->failure.status = PV_OK;
}

static void *publish(void *context)
{
    struct pv_article_chunk *chunk = context;
    struct pv_error failure;

    if (pv_batch_finish(&chunk->batch, chunk->failed, &chunk->written, &chunk->bytes, &failure) !=
            PV_OK &&
        chunk->failure.status == PV_OK)
        chunk->failure = failure;
    return NULL;
}

void pv_article_chunk_publish(struct pv_article_chunk *chunk)
{
    chunk->has_thread =
        chunk->batch.count > 0 && pthread_create(&chunk->thread, NULL, publish, chunk) == 0;
    if (!chunk->has_thread)
        publish(chunk);
}

void pv_article_chunk_await(struct pv_article_chunk *chunk)
{
    if (chunk->has_thread)
        pthread_join(chunk->thread, NULL);
    chunk->has_thread = false;
}
