/* One delivery at a time: begin, lines of all logs and the spool until it is large or old enough,
 * the positions behind those lines, commit. When Kafka refuses it, all is aborted and the sources
 * are read again from the last committed positions; so a line's count and its position never part.
 */
#include "producer/shipper.h"

#include <stdlib.h>
#include <string.h>

#include "pageview/log.h"
#include "pageview/stop.h"
#include "producer/following.h"
#include "producer/rejects_file.h"
#include "producer/state_dir.h"
#include "producer/watch.h"

enum {
    LINES_PER_DELIVERY = 100000,
    LOOK_MS = 1000, /* for logs that are new */
    /* What is written is read after so long. Nobody sees a line before its delivery is committed,
     * so when one has begun there is no hurry, but for a last look just before the end. Each look
     * at a spool syncs it, and each makes Kafka's batches smaller. */
    GATHER_MS = 10,
    GATHER_BEGUN_MS = 200,
    QUEUE_WAIT_MS = 100,
    STOP_WAIT_MS = 8000,    /* for Kafka to take the last delivery */
    RENEW_MS = 3600 * 1000, /* a position is committed again before Kafka forgets it */
};

/* Counts of the delivery at hand: they become metrics when it is committed. */
struct counts {
    int64_t hits, by_reason[PV_REASON_COUNT];
};

struct shipper {
    const struct pv_producer_options *options;
    const struct pv_clock *clock;
    struct pv_producer_metrics *metrics;
    struct pv_salts *salts; /* NULL: visitors have no hash */
    struct pv_kafka_delivery *delivery;
    struct pv_following following;
    size_t loaded; /* of what is followed: so many have their position and are started */
    size_t first;  /* whose turn it is to be read first */
    const struct pv_shipper_end *end;
    int64_t looked_ms; /* monotonic */
    bool begun;
    bool renewing; /* the delivery at hand has every position, also of sources without lines */
    int64_t begun_ms, renewed_ms; /* monotonic */
    struct pv_backoff after_abort;
    struct counts counts;
};

/* Retries `step` with back-off while Kafka is away. Returns PV_UNAVAILABLE when a stop was asked
 * for and `patience_ms` have passed since. */
static enum pv_status persist(struct shipper *shipper, int64_t patience_ms,
                              enum pv_status (*step)(struct shipper *shipper,
                                                     struct pv_error *error),
                              struct pv_error *error)
{
    struct pv_backoff backoff = {0};
    int64_t stop_ms = 0;

    for (;;) {
        enum pv_status status = step(shipper, error);
        int64_t retry_ms;

        if (status != PV_UNAVAILABLE)
            return status;
        pv_metric_set(&shipper->metrics->kafka_up, 0);
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

static enum pv_status open_delivery(struct shipper *shipper, struct pv_error *error)
{
    return pv_kafka_delivery_open(shipper->delivery, error);
}

/* Of those that are new. */
static enum pv_status load_positions(struct shipper *shipper, struct pv_error *error)
{
    const struct pv_following *following = &shipper->following;
    enum pv_status status = PV_OK;

    for (size_t i = shipper->loaded; i < following->count && status == PV_OK; i++)
        status = pv_followed_load(following->items[i], shipper->delivery, error);
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

static void publish_state(struct shipper *shipper)
{
    const struct pv_following *following = &shipper->following;
    int64_t lost = 0, unread = 0;

    for (size_t i = 0; i < following->count; i++) {
        const struct pv_line_source *source = &following->items[i]->source;

        lost += source->kind->lost(source->self);
        unread += source->kind->unread(source->self);
    }
    pv_metric_set(&shipper->metrics->lost_segments, lost);
    pv_metric_set(&shipper->metrics->unread_bytes, unread);
    pv_metric_set(&shipper->metrics->followed, (int64_t)following->count);
}

/* Lets those from `first` on go on from their committed positions. */
static enum pv_status restart_sources(struct shipper *shipper, size_t first, struct pv_error *error)
{
    const struct pv_following *following = &shipper->following;
    enum pv_status status = PV_OK;

    for (size_t i = first; i < following->count && status == PV_OK; i++)
        status = pv_followed_restart(following->items[i], error);
    publish_state(shipper);
    return status;
}

static enum pv_status begin(struct shipper *shipper, struct pv_error *error)
{
    enum pv_status status = pv_kafka_delivery_begin(shipper->delivery, error);

    shipper->begun = status == PV_OK;
    shipper->begun_ms = pv_monotonic_ms();
    memset(&shipper->counts, 0, sizeof shipper->counts);
    return status;
}

static enum pv_status send_event(struct shipper *shipper, const struct pv_outgoing *outgoing,
                                 struct pv_error *error)
{
    enum pv_status status;

    while ((status = pv_kafka_delivery_send(shipper->delivery, outgoing->key, outgoing->value,
                                            outgoing->ts_ms, error)) == PV_UNAVAILABLE) {
        if (pv_stop_requested())
            return status;
        pv_kafka_delivery_poll(shipper->delivery, QUEUE_WAIT_MS);
    }
    return status;
}

static enum pv_status take_line(struct shipper *shipper, struct pv_line_to_event *converter,
                                const struct pv_line *line, struct pv_error *error)
{
    struct pv_outgoing outgoing;
    enum pv_reason reason = PV_REASON_bad_line;

    if (line->kind == PV_LINE_WHOLE)
        reason = pv_line_to_event(converter, line->data, line->length,
                                  pv_clock_now_ms(shipper->clock), &outgoing);
    if (reason == PV_REASON_bad_line)
        pv_rejects_file_add(shipper->options->rejects, line->data, line->length,
                            line->kind != PV_LINE_PIECE);
    if (line->kind == PV_LINE_PIECE)
        return PV_OK; /* it is counted with its last piece */
    shipper->counts.hits++;
    shipper->counts.by_reason[reason]++;
    return pv_reason_is_sent(reason) ? send_event(shipper, &outgoing, error) : PV_OK;
}

static bool is_due(const struct shipper *shipper)
{
    return shipper->begun &&
           (shipper->counts.hits >= LINES_PER_DELIVERY ||
            pv_monotonic_ms() - shipper->begun_ms >= shipper->options->commit_interval_ms);
}

/* Takes lines of one source until it has none, or the delivery is due. */
static enum pv_status drain_source(struct shipper *shipper, struct pv_followed *followed,
                                   bool *found_any, struct pv_error *error)
{
    enum { LINES_BETWEEN_CHECKS = 500 };
    enum pv_status status = PV_OK;

    while (status == PV_OK && !is_due(shipper) && !pv_stop_requested()) {
        for (int i = 0; i < LINES_BETWEEN_CHECKS && status == PV_OK; i++) {
            struct pv_line line;
            bool found;

            status = followed->source.kind->next(followed->source.self, &line, &found, error);
            if (status != PV_OK || !found)
                return status;
            *found_any = true;
            if (!shipper->begun)
                status = begin(shipper, error);
            if (status == PV_OK)
                status = take_line(shipper, followed->converter, &line, error);
            followed->taken++;
        }
        pv_kafka_delivery_poll(shipper->delivery, 0);
    }
    return status;
}

static bool has_new_position(const struct shipper *shipper, const struct pv_followed *followed)
{
    return followed->taken > 0 || shipper->renewing;
}

static enum pv_status set_positions(struct shipper *shipper, struct pv_error *error)
{
    const struct pv_following *following = &shipper->following;
    enum pv_status status = PV_OK;

    for (size_t i = 0; i < following->count && status == PV_OK; i++)
        if (has_new_position(shipper, following->items[i]))
            status = pv_followed_set_position(following->items[i], shipper->delivery, error);
    return status;
}

static enum pv_status commit_delivery(struct shipper *shipper, struct pv_error *error)
{
    return pv_kafka_delivery_commit(shipper->delivery, error);
}

static enum pv_status abort_delivery(struct shipper *shipper, struct pv_error *error)
{
    return pv_kafka_delivery_abort(shipper->delivery, error);
}

static void publish_counts(struct shipper *shipper)
{
    struct pv_producer_metrics *metrics = shipper->metrics;

    pv_metric_add(&metrics->hits, shipper->counts.hits);
    pv_metric_add(&metrics->views, shipper->counts.by_reason[PV_REASON_NONE]);
    for (int reason = PV_REASON_NONE + 1; reason < PV_REASON_COUNT; reason++)
        pv_metric_add(&metrics->filtered[reason], shipper->counts.by_reason[reason]);
    pv_metric_add(&metrics->commits, 1);
    pv_metric_set(&metrics->last_commit_ms, pv_clock_now_ms(shipper->clock));
    pv_metric_set(&metrics->kafka_up, 1);
    publish_state(shipper);
}

static void keep_positions(struct shipper *shipper)
{
    const struct pv_following *following = &shipper->following;

    for (size_t i = 0; i < following->count; i++)
        if (has_new_position(shipper, following->items[i]))
            pv_followed_keep_position(following->items[i]);
    if (shipper->renewing)
        shipper->renewed_ms = pv_monotonic_ms();
    shipper->renewing = false;
}

/* Nothing of the delivery at hand is to be seen; its lines are read again. */
static enum pv_status roll_back(struct shipper *shipper, struct pv_error *error)
{
    enum pv_status status = PV_OK;

    pv_log(PV_LOG_WARN, "delivery_aborted", PV_TEXT("error", error->text),
           PV_NUMBER("lines", shipper->counts.hits));
    pv_metric_add(&shipper->metrics->aborts, 1);
    if (shipper->begun)
        status = persist(shipper, STOP_WAIT_MS, abort_delivery, error);
    shipper->begun = shipper->renewing = false;
    /* What Kafka refuses now it may refuse for long: a deleted topic, a right withdrawn. */
    pv_stop_wait_ms(pv_backoff_next_ms(&shipper->after_abort));
    return status == PV_OK ? restart_sources(shipper, 0, error) : status;
}

static enum pv_status deliver(struct shipper *shipper, struct pv_error *error)
{
    enum pv_status status = persist(shipper, STOP_WAIT_MS, set_positions, error);

    if (status == PV_OK)
        status = persist(shipper, STOP_WAIT_MS, commit_delivery, error);
    if (status == PV_REFUSED)
        return roll_back(shipper, error);
    if (status != PV_OK)
        return status;
    shipper->begun = false;
    shipper->after_abort = (struct pv_backoff){0};
    publish_counts(shipper);
    keep_positions(shipper);
    return PV_OK;
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
        return roll_back(shipper, error);
    return status;
}

/* A delivery of nothing but positions: those that Kafka would forget, and new ones. */
static enum pv_status renew_positions(struct shipper *shipper, struct pv_error *error)
{
    enum pv_status status = begin(shipper, error);

    shipper->renewing = true;
    return status == PV_OK ? deliver(shipper, error) : status;
}

/* Takes up logs that are new. Between deliveries: a roll-back starts all that is followed. */
static enum pv_status look_for_logs(struct shipper *shipper, struct pv_error *error)
{
    size_t first = shipper->loaded;
    enum pv_status status = pv_following_look(&shipper->following, error);

    shipper->looked_ms = pv_monotonic_ms();
    if (status == PV_OK && shipper->following.count > first)
        status = persist(shipper, 0, load_positions, error);
    if (status == PV_OK)
        status = restart_sources(shipper, first, error);
    if (status != PV_OK)
        return status;
    shipper->loaded = shipper->following.count;
    return has_unread_start(shipper, first) ? renew_positions(shipper, error) : PV_OK;
}

/* Nothing was read: what is due next. */
static enum pv_status rest(struct shipper *shipper, struct pv_error *error)
{
    int64_t now_ms = pv_monotonic_ms(), wait_ms = LOOK_MS, gather_ms = GATHER_MS;

    if (shipper->begun) {
        wait_ms = shipper->begun_ms + shipper->options->commit_interval_ms - now_ms;
        if (wait_ms > GATHER_MS) {
            wait_ms -= GATHER_MS;
            gather_ms = GATHER_BEGUN_MS;
        }
    } else if (now_ms - shipper->renewed_ms >= RENEW_MS)
        return renew_positions(shipper, error);
    else if (now_ms - shipper->looked_ms >= LOOK_MS)
        return look_for_logs(shipper, error);
    pv_kafka_delivery_poll(shipper->delivery, 0);
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
        if (status == PV_OK && (is_due(shipper) || (at_end && shipper->begun)))
            status = deliver(shipper, error);
        else if (at_end)
            break;
        else if (status == PV_OK && !found_any)
            status = rest(shipper, error);
    }
    if (status == PV_OK && shipper->begun)
        return deliver(shipper, error);
    if (status != PV_OK && shipper->begun) {
        struct pv_error ignored; /* the first one is told; a consumer need not wait for this end */

        if (abort_delivery(shipper, &ignored) != PV_OK)
            pv_log(PV_LOG_DEBUG, "not_aborted", PV_TEXT("error", ignored.text));
    }
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
        status =
            pv_kafka_delivery_new(&options->kafka, options->instance,
                                  options->delivery == PV_EXACTLY_ONCE, &shipper->delivery, error);
    return status;
}

static void close_shipper(struct shipper *shipper)
{
    pv_kafka_delivery_destroy(shipper->delivery);
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
    shipper->metrics = metrics;
    shipper->renewed_ms = pv_monotonic_ms();
    status = open_shipper(shipper, policy_options, error);
    if (status == PV_OK)
        status = persist(shipper, 0, open_delivery, error);
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
