/* One delivery at a time: begin, lines of all logs until it is large or old enough, the positions
 * behind those lines, commit. When Kafka refuses it, all is aborted and the logs are read again
 * from the last committed positions; so a line's count and its position never part. */
#include "producer/shipper.h"

#include <stdlib.h>
#include <string.h>

#include "pageview/log.h"
#include "pageview/stop.h"
#include "producer/followed_log.h"
#include "producer/line_to_event.h"
#include "producer/rejects_file.h"
#include "producer/state_dir.h"

enum {
    LINES_PER_DELIVERY = 100000,
    IDLE_WAIT_MS = 50,
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
    struct pv_kafka_delivery *delivery;
    struct pv_line_to_event converter;
    struct pv_followed_log *logs;
    size_t log_count, first_log;
    bool begun;
    bool renewing; /* the delivery at hand has every log's position, also of those without lines */
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

static enum pv_status load_positions(struct shipper *shipper, struct pv_error *error)
{
    enum pv_status status = PV_OK;

    for (size_t i = 0; i < shipper->log_count && status == PV_OK; i++)
        status = pv_followed_log_load(&shipper->logs[i], shipper->delivery, error);
    return status;
}

/* True when a position has to be committed though no line was read: where a log that is new to
 * this instance begins at its end, since at the next start it is no longer new. */
static bool has_unread_start(const struct shipper *shipper)
{
    for (size_t i = 0; i < shipper->log_count; i++)
        if (shipper->logs[i].is_new && shipper->options->from == PV_FROM_END)
            return true;
    return false;
}

static void publish_lost(struct shipper *shipper)
{
    int64_t lost = 0;

    for (size_t i = 0; i < shipper->log_count; i++)
        lost += pv_log_lost_segments(shipper->logs[i].log);
    pv_metric_set(&shipper->metrics->lost_segments, lost);
}

/* Lets every log go on from its committed position. */
static enum pv_status restart_logs(struct shipper *shipper, struct pv_error *error)
{
    enum pv_status status = PV_OK;

    for (size_t i = 0; i < shipper->log_count && status == PV_OK; i++)
        status = pv_followed_log_restart(&shipper->logs[i], error);
    publish_lost(shipper);
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

static enum pv_status take_line(struct shipper *shipper, const struct pv_line *line,
                                struct pv_error *error)
{
    struct pv_outgoing outgoing;
    enum pv_reason reason = PV_REASON_bad_line;

    if (line->kind == PV_LINE_WHOLE)
        reason = pv_line_to_event(&shipper->converter, line->data, line->length,
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

/* Takes lines of one log until it has none, or the delivery is due. */
static enum pv_status drain_log(struct shipper *shipper, struct pv_followed_log *followed,
                                bool *found_any, struct pv_error *error)
{
    enum { LINES_BETWEEN_CHECKS = 500 };
    enum pv_status status = PV_OK;

    while (status == PV_OK && !is_due(shipper) && !pv_stop_requested()) {
        for (int i = 0; i < LINES_BETWEEN_CHECKS && status == PV_OK; i++) {
            struct pv_line line;
            bool found;

            status = pv_log_next(followed->log, &line, &found, error);
            if (status != PV_OK || !found)
                return status;
            *found_any = true;
            if (!shipper->begun)
                status = begin(shipper, error);
            if (status == PV_OK)
                status = take_line(shipper, &line, error);
            followed->taken++;
        }
        pv_kafka_delivery_poll(shipper->delivery, 0);
    }
    return status;
}

static bool has_new_position(const struct shipper *shipper, const struct pv_followed_log *followed)
{
    return followed->taken > 0 || shipper->renewing;
}

static enum pv_status set_positions(struct shipper *shipper, struct pv_error *error)
{
    enum pv_status status = PV_OK;

    for (size_t i = 0; i < shipper->log_count && status == PV_OK; i++)
        if (has_new_position(shipper, &shipper->logs[i]))
            status = pv_followed_log_set_position(&shipper->logs[i], shipper->delivery, error);
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
    publish_lost(shipper);
}

static void keep_positions(struct shipper *shipper)
{
    for (size_t i = 0; i < shipper->log_count; i++)
        if (has_new_position(shipper, &shipper->logs[i]))
            pv_followed_log_keep_position(&shipper->logs[i]);
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
    return status == PV_OK ? restart_logs(shipper, error) : status;
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

static enum pv_status drain_logs(struct shipper *shipper, bool *found_any, struct pv_error *error)
{
    enum pv_status status = PV_OK;

    for (size_t i = 0; i < shipper->log_count && status == PV_OK; i++) {
        size_t at = shipper->first_log + i;

        at -= at < shipper->log_count ? 0 : shipper->log_count;
        status = drain_log(shipper, &shipper->logs[at], found_any, error);
    }
    shipper->first_log++; /* each has its turn */
    if (shipper->first_log >= shipper->log_count)
        shipper->first_log = 0;
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

static enum pv_status loop(struct shipper *shipper, struct pv_error *error)
{
    enum pv_status status = PV_OK;

    while (status == PV_OK && !pv_stop_requested()) {
        bool found_any = false;
        bool at_end;

        status = drain_logs(shipper, &found_any, error);
        at_end = shipper->options->exit_at_end && !found_any;
        if (status == PV_OK && (is_due(shipper) || (at_end && shipper->begun)))
            status = deliver(shipper, error);
        else if (at_end)
            break;
        else if (status == PV_OK && !shipper->begun &&
                 pv_monotonic_ms() - shipper->renewed_ms >= RENEW_MS)
            status = renew_positions(shipper, error);
        if (status == PV_OK && !found_any && !at_end) {
            pv_kafka_delivery_poll(shipper->delivery, 0);
            pv_stop_wait_ms(IDLE_WAIT_MS);
        }
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

static enum pv_status make_logs(struct shipper *shipper, struct pv_error *error)
{
    const struct pv_producer_options *options = shipper->options;
    enum pv_status status = PV_OK;

    shipper->logs = calloc(options->tail.count, sizeof *shipper->logs);
    if (shipper->logs == NULL)
        return pv_error_nomem(error, "logs");
    for (size_t i = 0; i < options->tail.count && status == PV_OK; i++) {
        status = pv_followed_log_init(&shipper->logs[i], options, options->tail.items[i],
                                      shipper->clock, error);
        shipper->log_count += status == PV_OK;
    }
    return status;
}

static enum pv_status open_shipper(struct shipper *shipper, struct pv_error *error)
{
    const struct pv_producer_options *options = shipper->options;
    const struct pv_policy_options policy = {options->article_pattern, &options->keep_param,
                                             options->spiders};
    enum pv_status status = pv_state_dir_prepare(options->state_dir, options->instance, error);

    shipper->converter.format = (enum pv_log_format)options->format;
    if (status == PV_OK)
        status = pv_policy_new(&policy, &shipper->converter.policy, error);
    if (status == PV_OK)
        status = pv_event_parser_new(&shipper->converter.parser, error);
    if (status == PV_OK)
        status = make_logs(shipper, error);
    if (status == PV_OK)
        status =
            pv_kafka_delivery_new(&options->kafka, options->instance,
                                  options->delivery == PV_EXACTLY_ONCE, &shipper->delivery, error);
    return status;
}

static void close_shipper(struct shipper *shipper)
{
    pv_kafka_delivery_destroy(shipper->delivery);
    for (size_t i = 0; i < shipper->log_count; i++)
        pv_followed_log_clean_up(&shipper->logs[i]);
    free(shipper->logs);
    pv_buffer_clean_up(&shipper->converter.json);
    pv_event_parser_destroy(shipper->converter.parser);
    pv_policy_destroy(shipper->converter.policy);
    free(shipper);
}

enum pv_status pv_shipper_run(const struct pv_producer_options *options,
                              const struct pv_clock *clock, struct pv_producer_metrics *metrics,
                              struct pv_error *error)
{
    struct shipper *shipper = calloc(1, sizeof *shipper);
    enum pv_status status;

    if (shipper == NULL)
        return pv_error_nomem(error, "the shipper");
    shipper->options = options;
    shipper->clock = clock;
    shipper->metrics = metrics;
    shipper->renewed_ms = pv_monotonic_ms();
    status = open_shipper(shipper, error);
    if (status == PV_OK)
        status = persist(shipper, 0, open_delivery, error);
    if (status == PV_OK)
        status = persist(shipper, 0, load_positions, error);
    if (status == PV_OK) {
        pv_metric_set(&metrics->kafka_up, 1);
        status = restart_logs(shipper, error);
    }
    if (status == PV_OK && has_unread_start(shipper))
        status = renew_positions(shipper, error);
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
