#include "producer/followed_log.h"

#include <stdio.h>

#include "pageview/log.h"
#include "producer/state_dir.h"

enum pv_status pv_followed_log_init(struct pv_followed_log *followed,
                                    const struct pv_producer_options *options, const char *path,
                                    const struct pv_clock *clock, struct pv_error *error)
{
    followed->options = options;
    snprintf(followed->group, sizeof followed->group, "pv-producer.%s.%s", options->instance, path);
    return pv_log_new(path, options->rotate_wait_ms, clock, &followed->log, error);
}

void pv_followed_log_clean_up(struct pv_followed_log *followed)
{
    pv_log_destroy(followed->log);
    followed->log = NULL;
}

enum pv_status pv_followed_log_load(struct pv_followed_log *followed,
                                    struct pv_kafka_delivery *delivery, struct pv_error *error)
{
    const struct pv_producer_options *options = followed->options;
    const char *path = pv_log_path(followed->log);
    char text[PV_LOG_POSITION_TEXT_SIZE];
    enum pv_status status =
        pv_kafka_delivery_position(delivery, followed->group, text, sizeof text, error);

    if (status != PV_OK)
        return status;
    followed->has_committed = pv_log_position_parse(text, &followed->committed);
    if (followed->has_committed)
        return PV_OK;
    if (text[0] != '\0')
        return pv_error_set(error, PV_INVALID,
                            "the position in group %s is not of this version: \"%s\": use the "
                            "pv-producer that wrote it, or another --instance",
                            followed->group, text);
    pv_state_dir_load(options->state_dir, options->instance, path, text, sizeof text);
    followed->has_committed = pv_log_position_parse(text, &followed->committed);
    if (followed->has_committed)
        pv_log(PV_LOG_WARN, "position_from_state_dir", PV_TEXT("log", path),
               PV_TEXT("why", "Kafka has none: a group expires a week after its last commit"));
    else if (text[0] != '\0')
        pv_log(PV_LOG_WARN, "position_unreadable", PV_TEXT("log", path), PV_TEXT("text", text));
    return PV_OK;
}

/* A new log's start is kept like a position: when its first delivery is aborted, the log is read
 * again from there, and not from what is then its start or its end. */
static void keep_start(struct pv_followed_log *followed)
{
    if (followed->has_committed)
        return;
    pv_log_position(followed->log, &followed->committed);
    followed->has_committed = followed->is_new = true;
}

enum pv_status pv_followed_log_restart(struct pv_followed_log *followed, struct pv_error *error)
{
    enum pv_status status =
        pv_log_start(followed->log, followed->has_committed ? &followed->committed : NULL,
                     followed->options->from == PV_FROM_END, error);

    followed->taken = 0;
    if (status == PV_OK)
        keep_start(followed);
    return status;
}

enum pv_status pv_followed_log_set_position(struct pv_followed_log *followed,
                                            struct pv_kafka_delivery *delivery,
                                            struct pv_error *error)
{
    char text[PV_LOG_POSITION_TEXT_SIZE];

    pv_log_position(followed->log, &followed->reached);
    pv_log_position_format(&followed->reached, text);
    return pv_kafka_delivery_set_position(delivery, followed->group,
                                          pv_log_position_offset(&followed->reached), text, error);
}

void pv_followed_log_keep_position(struct pv_followed_log *followed)
{
    char text[PV_LOG_POSITION_TEXT_SIZE];

    followed->committed = followed->reached;
    followed->taken = 0;
    pv_log_position_format(&followed->committed, text);
    pv_state_dir_save(followed->options->state_dir, followed->options->instance,
                      pv_log_path(followed->log), text);
}
