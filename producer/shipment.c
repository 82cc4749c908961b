#include "producer/shipment.h"

#include <string.h>

#include "pageview/log.h"
#include "producer/rejects_file.h"

enum {
    LINES_PER_DELIVERY = 100000,
    QUEUE_WAIT_MS = 100,
    STOP_WAIT_MS = 8000, /* for Kafka to take the last delivery */
};

enum pv_status pv_shipment_persist(struct pv_shipment *shipment, int64_t patience_ms,
                                   enum pv_status (*step)(void *context, struct pv_error *error),
                                   void *context, struct pv_error *error)
{
    struct pv_backoff backoff = {0};
    int64_t stop_ms = 0;

    for (;;) {
        enum pv_status status = step(context, error);
        int64_t retry_ms;

        if (status != PV_UNAVAILABLE)
            return status;
        pv_metric_set(&shipment->metrics->kafka_up, 0);
        if (pv_stop_requested()) {
            stop_ms = stop_ms == 0 ? pv_monotonic_ms() : stop_ms;
            if (pv_monotonic_ms() - stop_ms >= patience_ms)
                return status;
        }
        retry_ms = pv_backoff_next_ms(&backoff);
        pv_log(PV_LOG_WARN, "waiting", PV_TEXT("error", error->text),
               PV_NUMBER("retry_ms", retry_ms));
        pv_stop_wait_ms(retry_ms);
    }
}

static void publish_state(struct pv_shipment *shipment)
{
    const struct pv_following *following = shipment->following;
    int64_t lost = 0, unread = 0;

    for (size_t i = 0; i < following->count; i++) {
        const struct pv_line_source *source = &following->items[i]->source;

        lost += source->kind->lost(source->self);
        unread += source->kind->unread(source->self);
    }
    pv_metric_set(&shipment->metrics->lost_segments, lost);
    pv_metric_set(&shipment->metrics->unread_bytes, unread);
    pv_metric_set(&shipment->metrics->followed, (int64_t)following->count);
}

enum pv_status pv_shipment_restart(struct pv_shipment *shipment, size_t first,
                                   struct pv_error *error)
{
    const struct pv_following *following = shipment->following;
    enum pv_status status = PV_OK;

    for (size_t i = first; i < following->count && status == PV_OK; i++)
        status = pv_followed_restart(following->items[i], error);
    publish_state(shipment);
    return status;
}

enum pv_status pv_shipment_begin(struct pv_shipment *shipment, struct pv_error *error)
{
    enum pv_status status = pv_kafka_delivery_begin(shipment->delivery, error);

    shipment->begun = status == PV_OK;
    shipment->begun_ms = pv_monotonic_ms();
    shipment->hits = 0;
    memset(shipment->by_reason, 0, sizeof shipment->by_reason);
    return status;
}

static enum pv_status send_event(struct pv_shipment *shipment, const struct pv_outgoing *outgoing,
                                 struct pv_error *error)
{
    enum pv_status status;

    while ((status = pv_kafka_delivery_send(shipment->delivery, outgoing->key, outgoing->value,
                                            outgoing->ts_ms, error)) == PV_UNAVAILABLE) {
        if (pv_stop_requested())
            return status;
        pv_kafka_delivery_poll(shipment->delivery, QUEUE_WAIT_MS);
    }
    return status;
}

enum pv_status pv_shipment_take(struct pv_shipment *shipment, struct pv_line_to_event *converter,
                                const struct pv_line *line, struct pv_error *error)
{
    struct pv_outgoing outgoing = {0};
    enum pv_reason reason = PV_REASON_bad_line;

    if (line->kind == PV_LINE_WHOLE)
        reason = pv_line_to_event(converter, line->data, line->length,
                                  pv_clock_now_ms(shipment->clock), &outgoing);
    if (reason == PV_REASON_bad_line)
        pv_rejects_file_add(shipment->options->rejects, line->data, line->length,
                            line->kind != PV_LINE_PIECE);
    if (line->kind == PV_LINE_PIECE)
        return PV_OK; /* it is counted with its last piece */
    shipment->hits++;
    shipment->by_reason[reason]++;
    return pv_reason_is_sent(reason) ? send_event(shipment, &outgoing, error) : PV_OK;
}

bool pv_shipment_is_due(const struct pv_shipment *shipment)
{
    return shipment->begun &&
           (shipment->hits >= LINES_PER_DELIVERY ||
            pv_monotonic_ms() - shipment->begun_ms >= shipment->options->commit_interval_ms);
}

static bool has_new_position(const struct pv_shipment *shipment, const struct pv_followed *followed)
{
    return followed->taken > 0 || shipment->renewing;
}

static enum pv_status set_positions(void *context, struct pv_error *error)
{
    struct pv_shipment *shipment = context;
    const struct pv_following *following = shipment->following;
    enum pv_status status = PV_OK;

    for (size_t i = 0; i < following->count && status == PV_OK; i++)
        if (has_new_position(shipment, following->items[i]))
            status = pv_followed_set_position(following->items[i], shipment->delivery, error);
    return status;
}

static enum pv_status commit_delivery(void *context, struct pv_error *error)
{
    struct pv_shipment *shipment = context;

    return pv_kafka_delivery_commit(shipment->delivery, error);
}

static enum pv_status abort_delivery(void *context, struct pv_error *error)
{
    struct pv_shipment *shipment = context;

    return pv_kafka_delivery_abort(shipment->delivery, error);
}

static void publish_counts(struct pv_shipment *shipment)
{
    struct pv_producer_metrics *metrics = shipment->metrics;

    pv_metric_add(&metrics->hits, shipment->hits);
    pv_metric_add(&metrics->views, shipment->by_reason[PV_REASON_NONE]);
    for (int reason = PV_REASON_NONE + 1; reason < PV_REASON_COUNT; reason++)
        pv_metric_add(&metrics->filtered[reason], shipment->by_reason[reason]);
    pv_metric_add(&metrics->commits, 1);
    pv_metric_set(&metrics->last_commit_ms, pv_clock_now_ms(shipment->clock));
    pv_metric_set(&metrics->kafka_up, 1);
    publish_state(shipment);
}

static void keep_positions(struct pv_shipment *shipment)
{
    const struct pv_following *following = shipment->following;

    for (size_t i = 0; i < following->count; i++)
        if (has_new_position(shipment, following->items[i]))
            pv_followed_keep_position(following->items[i]);
    if (shipment->renewing)
        shipment->renewed_ms = pv_monotonic_ms();
    shipment->renewing = false;
}

enum pv_status pv_shipment_roll_back(struct pv_shipment *shipment, struct pv_error *error)
{
    enum pv_status status = PV_OK;

    pv_log(PV_LOG_WARN, "delivery_aborted", PV_TEXT("error", error->text),
           PV_NUMBER("lines", shipment->hits));
    pv_metric_add(&shipment->metrics->aborts, 1);
    if (shipment->begun)
        status = pv_shipment_persist(shipment, STOP_WAIT_MS, abort_delivery, shipment, error);
    shipment->begun = shipment->renewing = false;
    /* What Kafka refuses now it may refuse for long: a deleted topic, a right withdrawn. */
    pv_stop_wait_ms(pv_backoff_next_ms(&shipment->after_abort));
    return status == PV_OK ? pv_shipment_restart(shipment, 0, error) : status;
}

enum pv_status pv_shipment_deliver(struct pv_shipment *shipment, struct pv_error *error)
{
    enum pv_status status =
        pv_shipment_persist(shipment, STOP_WAIT_MS, set_positions, shipment, error);

    if (status == PV_OK)
        status = pv_shipment_persist(shipment, STOP_WAIT_MS, commit_delivery, shipment, error);
    if (status == PV_REFUSED)
        return pv_shipment_roll_back(shipment, error);
    if (status != PV_OK)
        return status;
    shipment->begun = false;
    shipment->after_abort = (struct pv_backoff){0};
    publish_counts(shipment);
    keep_positions(shipment);
    return PV_OK;
}

enum pv_status pv_shipment_renew(struct pv_shipment *shipment, struct pv_error *error)
{
    enum pv_status status = pv_shipment_begin(shipment, error);

    shipment->renewing = true;
    return status == PV_OK ? pv_shipment_deliver(shipment, error) : status;
}

void pv_shipment_give_up(struct pv_shipment *shipment)
{
    struct pv_error error;

    if (shipment->begun && abort_delivery(shipment, &error) != PV_OK)
        pv_log(PV_LOG_DEBUG, "not_aborted", PV_TEXT("error", error.text));
}
