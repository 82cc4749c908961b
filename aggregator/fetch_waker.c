#include "aggregator/fetch_waker.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

enum { WAKE_EVERY_MS = 5, REQUEST_TIMEOUT_MS = 1000, NOTHING = -1 };

struct pv_fetch_waker {
    rd_kafka_t *client;
    const char *topic;
    pthread_t thread;
    atomic_bool ending;
    atomic_int touched; /* partition whose messages were taken last, or NOTHING */
};

static void *run(void *context)
{
    const struct timespec pause = {0, WAKE_EVERY_MS * 1000000L};
    struct pv_fetch_waker *waker = context;

    while (!atomic_load(&waker->ending)) {
        int partition = atomic_exchange(&waker->touched, NOTHING);
        int64_t low, high;

        /* The answer does not matter, nor does a failure: the request is what wakes. */
        if (partition != NOTHING)
            rd_kafka_query_watermark_offsets(waker->client, waker->topic, partition, &low, &high,
                                             REQUEST_TIMEOUT_MS);
        nanosleep(&pause, NULL);
    }
    return NULL;
}

enum pv_status pv_fetch_waker_new(rd_kafka_t *client, const char *topic,
                                  struct pv_fetch_waker **waker, struct pv_error *error)
{
    struct pv_fetch_waker *made = calloc(1, sizeof *made);

    if (made == NULL)
        return pv_error_nomem(error, "the fetch waker");
    made->client = client;
    made->topic = topic;
    atomic_init(&made->touched, NOTHING);
    if (pthread_create(&made->thread, NULL, run, made) != 0) {
        free(made);
        return pv_error_nomem(error, "the fetch waker's thread");
    }
    *waker = made;
    return PV_OK;
}

void pv_fetch_waker_destroy(struct pv_fetch_waker *waker)
{
    if (waker == NULL)
        return;
    atomic_store(&waker->ending, true);
    pthread_join(waker->thread, NULL);
    free(waker);
}

void pv_fetch_waker_touch(struct pv_fetch_waker *waker, int32_t partition)
{
    if (waker != NULL)
        atomic_store_explicit(&waker->touched, partition, memory_order_relaxed);
}
