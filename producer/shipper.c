/* One delivery at a time (shipment.h): begin, lines of all logs and the spool until it is large or
 * old enough, the positions behind those lines, commit. */
#include "producer/shipper.h"

#include <stdlib.h>

#include "pageview/log.h"
#include "pageview/stop.h"
#include "producer/shipment.h"

enum {
    LOOK_MS = 1000, /* for logs that are new */
    /* What is written is read after so long. Nobody sees a line before its delivery is committed,
     * so when one has begun there is no hurry, but for a last look just before the end. Each look
     * at a spool syncs it, and each makes Kafka's batches smaller. */
    GATHER_MS = 10,
    GATHER_BEGUN_MS = 200,
    RENEW_MS = 3600 * 1000, /* a position is committed again before Kafka forgets it */
};

struct shipper {
    const struct pv_producer_options *options;
    const struct pv_clock *clock;
    struct pv_salts *salts; /* NULL: visitors have no hash */
    struct pv_following following;
    struct pv_shipment shipment;
    size_t loaded; /* of what is followed: so many have their position and are started */
    size_t first;  /* whose turn it is to be read first */
    const struct pv_shipper_end *end;
    int64_t looked_ms; /* monotonic */
};

static enum pv_status open_delivery(void *context, struct pv_error *error)
{
    struct shipper *shipper = context;

    return pv_kafka_delivery_open(shipper->shipment.delivery, error);
}

/* Of those that are new. */
static enum pv_status load_positions(void *context, struct pv_error *error)
{
    struct shipper *shipper = context;
    const struct pv_following *following = &shipper->following;
    enum pv_status status = PV_OK;

    for (size_t i = shipper->loaded; i < following->count && status == PV_OK; i++)
        status = pv_followed_load(following->items[i], shipper->shipment.delivery, error);
    return status;
}

/* True when a position has to be committed though no line was read: where a log that is new to
 * this instance begins at its end, since at the next start it is no longer new. */
static bool has_unread_start(const struct shipper *shipper, size_t first)
{
    const struct pv_following *following = &shipper->following;

    for (size_t i = first; i < following->count; i++)
        if (following->items[i]->is_new && following->items[i]->from_end)
            return true;
    return false;
}

/* Takes lines of one source until it has none, or the delivery is due. */
static enum pv_status drain_source(struct shipper *shipper, struct pv_followed *followed,
                                   bool *found_any, struct pv_error *error)
{
    enum { LINES_BETWEEN_CHECKS = 500 };
    enum pv_status status = PV_OK;

    while (status == PV_OK && !pv_shipment_is_due(&shipper->shipment) && !pv_stop_requested()) {
        for (int i = 0; i < LINES_BETWEEN_CHECKS && status == PV_OK; i++) {
            struct pv_line line;
            bool found;

            status = followed->source.kind->next(followed->source.self, &line, &found, error);
            if (status != PV_OK || !found)
                return status;
            *found_any = true;
            if (!shipper->shipment.begun)
                status = pv_shipment_begin(&shipper->shipment, error);
            if (status == PV_OK)
                status = pv_shipment_take(&shipper->shipment, followed->converter, &line, error);
            followed->taken++;
        }
        pv_kafka_delivery_poll(shipper->shipment.delivery, 0);
    }
    return status;
}

static enum pv_status drain_sources(struct shipper *shipper, bool *found_any,
                                    struct pv_error *error)
{
    const struct pv_following *following = &shipper->following;
    enum pv_status status = PV_OK;

    for (size_t i = 0; i < following->count && status == PV_OK; i++) {
        size_t at = (shipper->first + i) % following->count;

        status = drain_source(shipper, following->items[at], found_any, error);
    }
    if (following->count > 0)
        shipper->first = (shipper->first + 1) % following->count; /* each has its turn */
    if (status == PV_REFUSED || status == PV_UNAVAILABLE)
        return pv_shipment_roll_back(&shipper->shipment, error);
    return status;
}

/* Takes up logs that are new. Between deliveries: a roll-back starts all that is followed. */
static enum pv_status look_for_logs(struct shipper *shipper, struct pv_error *error)
{
    size_t first = shipper->loaded;
    enum pv_status status = pv_following_look(&shipper->following, error);

    shipper->looked_ms = pv_monotonic_ms();
    if (status == PV_OK && shipper->following.count > first)
        status = pv_shipment_persist(&shipper->shipment, 0, load_positions, shipper, error);
    if (status == PV_OK)
        status = pv_shipment_restart(&shipper->shipment, first, error);
    if (status != PV_OK)
        return status;
    shipper->loaded = shipper->following.count;
    return has_unread_start(shipper, first) ? pv_shipment_renew(&shipper->shipment, error) : PV_OK;
}

/* Nothing was read: what is due next. */
static enum pv_status rest(struct shipper *shipper, struct pv_error *error)
{
    int64_t now_ms = pv_monotonic_ms(), wait_ms = LOOK_MS, gather_ms = GATHER_MS;

    if (shipper->shipment.begun) {
        wait_ms = shipper->shipment.begun_ms + shipper->options->commit_interval_ms - now_ms;
        if (wait_ms > GATHER_MS) {
            wait_ms -= GATHER_MS;
            gather_ms = GATHER_BEGUN_MS;
        }
    } else if (now_ms - shipper->shipment.renewed_ms >= RENEW_MS)
        return pv_shipment_renew(&shipper->shipment, error);
    else if (now_ms - shipper->looked_ms >= LOOK_MS)
        return look_for_logs(shipper, error);
    pv_kafka_delivery_poll(shipper->shipment.delivery, 0);
    pv_watch_wait(shipper->following.watch, wait_ms, gather_ms);
    return PV_OK;
}

/* Lines may still come as long as a source that fills the spool is open. */
static bool may_end(const struct shipper *shipper)
{
    return shipper->end == NULL || shipper->end->is_near(shipper->end->context);
}

static enum pv_status loop(struct shipper *shipper, struct pv_error *error)
{
    enum pv_status status = PV_OK;

    while (status == PV_OK && !pv_stop_requested()) {
        bool found_any = false;
        bool is_last = may_end(shipper); /* before reading: what came until then is read */
        bool at_end;

        pv_salts_expire(shipper->salts); /* on time where no hits come, too */
        status = drain_sources(shipper, &found_any, error);
        at_end = shipper->options->exit_at_end && is_last && !found_any;
        if (status == PV_OK &&
            (pv_shipment_is_due(&shipper->shipment) || (at_end && shipper->shipment.begun)))
            status = pv_shipment_deliver(&shipper->shipment, error);
        else if (at_end)
            break;
        else if (status == PV_OK && !found_any)
            status = rest(shipper, error);
    }
    if (status == PV_OK && shipper->shipment.begun)
        return pv_shipment_deliver(&shipper->shipment, error);
    if (status != PV_OK)
        pv_shipment_give_up(&shipper->shipment); /* the first error is told */
    return status;
}

static enum pv_status open_shipper(struct shipper *shipper,
                                   const struct pv_policy_options *policy_options,
                                   struct pv_error *error)
{
    const struct pv_producer_options *options = shipper->options;
    enum pv_status status =
        pv_following_init(&shipper->following, options, policy_options, shipper->clock, error);

    if (status == PV_OK)
        status = pv_kafka_delivery_new(&options->kafka, options->instance,
                                       options->delivery == PV_EXACTLY_ONCE,
                                       &shipper->shipment.delivery, error);
    return status;
}

static void close_shipper(struct shipper *shipper)
{
    pv_kafka_delivery_destroy(shipper->shipment.delivery);
    pv_following_clean_up(&shipper->following);
    free(shipper);
}

enum pv_status pv_shipper_run(const struct pv_producer_options *options,
                              const struct pv_policy_options *policy_options,
                              const struct pv_clock *clock, const struct pv_shipper_end *end,
                              struct pv_producer_metrics *metrics, struct pv_error *error)
{
    struct shipper *shipper = calloc(1, sizeof *shipper);
    enum pv_status status;

    if (shipper == NULL)
        return pv_error_nomem(error, "the shipper");
    shipper->options = options;
    shipper->clock = clock;
    shipper->end = end;
    shipper->salts = policy_options->salts;
    shipper->shipment = (struct pv_shipment){.options = options,
                                             .clock = clock,
                                             .metrics = metrics,
                                             .following = &shipper->following,
                                             .renewed_ms = pv_monotonic_ms()};
    status = open_shipper(shipper, policy_options, error);
    if (status == PV_OK)
        status = pv_shipment_persist(&shipper->shipment, 0, open_delivery, shipper, error);
    if (status == PV_OK) {
        pv_metric_set(&metrics->kafka_up, 1);
        status = look_for_logs(shipper, error);
    }
    if (status == PV_OK)
        status = loop(shipper, error);
    if (status == PV_UNAVAILABLE && pv_stop_requested()) {
        pv_log(PV_LOG_WARN, "stopped_uncommitted", PV_TEXT("error", error->text),
               PV_TEXT("why", "the lines since the last commit are read again at the next start"));
        status = PV_OK;
    }
    close_shipper(shipper);
    return status;
}
