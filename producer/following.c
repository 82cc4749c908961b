#include "producer/following.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pageview/log.h"
#include "producer/log_paths.h"
#include "producer/sources/log_source.h"
#include "producer/sources/spool_source.h"

static struct pv_followed *find(const struct pv_following *following, const char *name)
{
    for (size_t i = 0; i < following->count; i++)
        if (strcmp(following->items[i]->name, name) == 0)
            return following->items[i];
    return NULL;
}

/* Adds one with neither source nor group. */
static struct pv_followed *add(struct pv_following *following, const char *name,
                               struct pv_line_to_event *converter)
{
    struct pv_followed *made = calloc(1, sizeof *made);
    struct pv_followed **items =
        realloc(following->items, (following->count + 1) * sizeof(struct pv_followed *));

    if (items != NULL)
        following->items = items;
    if (made != NULL)
        made->name = strdup(name);
    if (items == NULL || made == NULL || made->name == NULL) {
        pv_followed_destroy(made);
        return NULL;
    }
    made->converter = converter;
    made->state_dir = following->options->state_dir;
    made->instance = following->options->instance;
    following->items[following->count++] = made;
    return made;
}

static enum pv_status add_spool(struct pv_following *following, struct pv_error *error)
{
    const char *directory = following->options->spool;
    struct pv_followed *spool = add(following, directory, &following->spool_lines);
    char id[PV_SPOOL_ID_SIZE];
    enum pv_status status;

    if (spool == NULL)
        return pv_error_nomem(error, directory);
    status = pv_spool_source_new(directory, &spool->source, id, error);
    if (status == PV_OK)
        snprintf(spool->group, sizeof spool->group, "pv-producer.spool.%s", id);
    return status;
}

static enum pv_status add_log(void *context, const char *path, struct pv_error *error)
{
    struct pv_following *following = context;
    const struct pv_producer_options *options = following->options;
    struct pv_followed *log;

    if (find(following, path) != NULL)
        return PV_OK;
    if (following->count >= PV_LOGS_MAX) {
        if (!following->is_full)
            pv_log(
                PV_LOG_ERROR, "too_many_logs", PV_TEXT("not_followed", path),
                PV_NUMBER("limit", PV_LOGS_MAX),
                PV_TEXT("advice", "start another pv-producer, with its own --instance, for some"));
        following->is_full = true;
        return PV_OK;
    }
    log = add(following, path, &following->log_lines);
    if (log == NULL)
        return pv_error_nomem(error, path);
    log->from_end = options->from == PV_FROM_END && !following->has_begun;
    snprintf(log->group, sizeof log->group, "pv-producer.%s.%s", options->instance, path);
    return pv_log_source_new(path, options->rotate_wait_ms, following->clock, &log->source, error);
}

enum pv_status pv_following_look(struct pv_following *following, struct pv_error *error)
{
    enum pv_status status = pv_log_paths_list(&following->options->tail, add_log, following, error);

    following->has_begun = true;
    for (size_t i = 0; i < following->count; i++)
        pv_watch_add(following->watch, following->items[i]->name);
    return status;
}

static enum pv_status make_converters(struct pv_following *following,
                                      const struct pv_policy_options *policy_options,
                                      struct pv_error *error)
{
    struct pv_line_to_event *logs = &following->log_lines, *spool = &following->spool_lines;
    enum pv_status status = pv_policy_new(policy_options, &following->policy, error);

    if (status == PV_OK)
        status = pv_log_format_new(following->options->format, &logs->format, error);
    if (status == PV_OK)
        status = pv_log_format_new("event", &spool->format, error);
    if (status == PV_OK)
        status = pv_event_parser_new(&logs->parser, error);
    spool->parser = logs->parser;
    logs->policy = spool->policy = following->policy;
    logs->since_ms = following->options->since_ms;
    return status;
}

enum pv_status pv_following_init(struct pv_following *following,
                                 const struct pv_producer_options *options,
                                 const struct pv_policy_options *policy_options,
                                 const struct pv_clock *clock, struct pv_error *error)
{
    enum pv_status status;

    *following = (struct pv_following){.options = options, .clock = clock};
    status = pv_watch_new(&following->watch, error);
    if (status == PV_OK)
        status = make_converters(following, policy_options, error);
    if (status == PV_OK && options->spool != NULL)
        status = add_spool(following, error);
    return status;
}

void pv_following_clean_up(struct pv_following *following)
{
    for (size_t i = 0; i < following->count; i++)
        pv_followed_destroy(following->items[i]);
    free(following->items);
    pv_log_format_destroy(following->log_lines.format);
    pv_log_format_destroy(following->spool_lines.format);
    pv_event_parser_destroy(following->log_lines.parser);
    pv_buffer_clean_up(&following->log_lines.json);
    pv_policy_destroy(following->policy);
    pv_watch_destroy(following->watch);
}
