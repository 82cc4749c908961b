#include "aggregator/kafka_fetched.h"

rd_kafka_message_t *pv_kafka_fetched_next(const struct pv_kafka_fetched *fetched)
{
    return fetched->first < fetched->count ? fetched->items[fetched->first] : NULL;
}

const rd_kafka_message_t *pv_kafka_fetched_behind(const struct pv_kafka_fetched *fetched)
{
    return fetched->first + 1 < fetched->count ? fetched->items[fetched->first + 1] : NULL;
}

void pv_kafka_fetched_take(struct pv_kafka_fetched *fetched)
{
    rd_kafka_message_destroy(fetched->items[fetched->first++]);
}

/* Room is behind the last one only. */
static void close_gap(struct pv_kafka_fetched *fetched)
{
    size_t count = 0;

    for (size_t i = fetched->first; i < fetched->count; i++)
        fetched->items[count++] = fetched->items[i];
    fetched->first = 0;
    fetched->count = count;
}

const rd_kafka_message_t *pv_kafka_fetched_add(struct pv_kafka_fetched *fetched,
                                               rd_kafka_queue_t *queue, int timeout_ms)
{
    rd_kafka_message_t **end;
    ssize_t got;

    close_gap(fetched);
    if (fetched->count == PV_KAFKA_FETCHED_MAX)
        return NULL;
    end = fetched->items + fetched->count;
    got =
        rd_kafka_consume_batch_queue(queue, timeout_ms, end, PV_KAFKA_FETCHED_MAX - fetched->count);
    if (got <= 0)
        return NULL;
    for (ssize_t i = 0; i < got; i++) /* up to where the rest ends now */
        fetched->items[fetched->count++] = end[i];
    return fetched->items[fetched->count - 1];
}

void pv_kafka_fetched_drop(struct pv_kafka_fetched *fetched)
{
    while (pv_kafka_fetched_next(fetched) != NULL)
        pv_kafka_fetched_take(fetched);
    fetched->first = fetched->count = 0;
}

void pv_kafka_fetched_drop_partition(struct pv_kafka_fetched *fetched, int32_t partition)
{
    size_t kept = 0;

    for (size_t i = fetched->first; i < fetched->count; i++) {
        if (fetched->items[i]->partition == partition)
            rd_kafka_message_destroy(fetched->items[i]);
        else
            fetched->items[kept++] = fetched->items[i];
    }
    fetched->first = 0;
    fetched->count = kept;
}
