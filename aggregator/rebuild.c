#include "aggregator/rebuild.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aggregator/facts.h"
#include "aggregator/random_id.h"
#include "aggregator/redis_lock.h"
#include "pageview/keys.h"
#include "pageview/log.h"
#include "pageview/redis_client.h"
#include "pageview/stop.h"

enum {
    HOLD_MS = 30000, /* the lock is free again this long after a rebuild was killed */
    RENEW_MS = 5000,
    FLUSH_MS = 100, /* often, so that the counts overtake the live ones */
    TRY_MS = 50,
    TEXT_SIZE = 512,
};

struct rebuild {
    struct pv_aggregator_options options; /* those of the shadow */
    const char *live_prefix;
    char shadow_prefix[PV_KEY_SIZE], lock[PV_KEY_SIZE], owner[PV_RANDOM_ID_SIZE], group[TEXT_SIZE];
    struct pv_redis *redis;
    int64_t renew_at_ms, try_at_ms; /* monotonic */
    bool done;
};

/* Takes or keeps the lock for `ms`; 0 gives it back. */
static enum pv_status hold(struct rebuild *rebuild, int ms, struct pv_error *error)
{
    bool is_ours;
    enum pv_status status =
        pv_redis_lock_hold(rebuild->redis, rebuild->lock, rebuild->owner, ms, &is_ours, error);

    if (status != PV_OK)
        return status;
    if (!is_ours)
        return pv_error_set(error, PV_INVALID,
                            "another rebuild of %s is running (lock %s): wait for its end",
                            rebuild->live_prefix, rebuild->lock);
    rebuild->renew_at_ms = pv_monotonic_ms() + RENEW_MS;
    return PV_OK;
}

/* The pattern of SCAN that matches every key under `prefix`. */
static void write_pattern(const char *prefix, char pattern[2 * PV_KEY_SIZE])
{
    size_t length = 0;

    for (const char *c = prefix; *c != '\0' && length < 2 * PV_KEY_SIZE - 3; c++) {
        if (strchr("*?[]\\", *c) != NULL)
            pattern[length++] = '\\';
        pattern[length++] = *c;
    }
    pattern[length++] = '*';
    pattern[length] = '\0';
}

static enum pv_status unlink_keys(struct pv_redis *redis, const struct pv_redis_reply *keys,
                                  struct pv_error *error)
{
    for (size_t i = 0; i < pv_redis_reply_count(keys); i++) {
        const char *key = pv_redis_reply_text(pv_redis_reply_at(keys, i), NULL);
        struct pv_redis_reply *reply;
        enum pv_status status =
            pv_redis_command_texts(redis, &reply, error, "UNLINK", key, (char *)NULL);

        if (status != PV_OK)
            return status;
        pv_redis_reply_destroy(reply);
    }
    return PV_OK;
}

/* Removes what a rebuild left that did not come to its end. */
static enum pv_status clear_shadow(struct rebuild *rebuild, struct pv_error *error)
{
    char pattern[2 * PV_KEY_SIZE], cursor[32] = "0";

    write_pattern(rebuild->shadow_prefix, pattern);
    do {
        struct pv_redis_reply *reply;
        enum pv_status status =
            pv_redis_command_texts(rebuild->redis, &reply, error, "SCAN", cursor, "MATCH", pattern,
                                   "COUNT", "1000", (char *)NULL);
        const char *next;

        if (status != PV_OK)
            return status;
        next = pv_redis_reply_text(pv_redis_reply_at(reply, 0), NULL);
        snprintf(cursor, sizeof cursor, "%s", next != NULL ? next : "0");
        status = unlink_keys(rebuild->redis, pv_redis_reply_at(reply, 1), error);
        pv_redis_reply_destroy(reply);
        if (status != PV_OK)
            return status;
    } while (strcmp(cursor, "0") != 0);
    return PV_OK;
}

/* Texts of an answer of pv_swap: a word, and what it is about. */
static const char *word_at(const struct pv_redis_reply *reply, size_t i)
{
    const char *text = i < pv_redis_reply_count(reply)
                           ? pv_redis_reply_text(pv_redis_reply_at(reply, i), NULL)
                           : NULL;

    return text != NULL ? text : "";
}

static enum pv_status try_swap(struct rebuild *rebuild, struct pv_error *error)
{
    char made[PV_KEY_SIZE], live[PV_KEY_SIZE];
    const char *word;
    struct pv_redis_reply *reply;
    enum pv_status status;

    pv_key_offsets(rebuild->shadow_prefix, made);
    pv_key_offsets(rebuild->live_prefix, live);
    status =
        pv_redis_command_texts(rebuild->redis, &reply, error, "FCALL", "pv_swap", "2", made, live,
                               rebuild->options.accept_loss ? "accept-loss" : "", (char *)NULL);
    if (status != PV_OK)
        return status;
    word = word_at(reply, 0);
    rebuild->done = strcmp(word, "ok") == 0;
    if (rebuild->done)
        pv_log(PV_LOG_INFO, "rebuilt", PV_TEXT("events", word_at(reply, 1)),
               PV_TEXT("events_before", word_at(reply, 2)));
    else if (strcmp(word, "smaller") == 0)
        status = pv_error_set(error, PV_INVALID,
                              "the log has %s events, the counts %s: Kafka has deleted some of "
                              "them. --accept-loss takes the smaller counts",
                              word_at(reply, 1), word_at(reply, 2));
    pv_redis_reply_destroy(reply);
    return status;
}

/* A Redis that is away is tried again; the counts are where they were. */
static enum pv_status keep_trying(enum pv_status status, const struct pv_error *error)
{
    if (status != PV_UNAVAILABLE)
        return status;
    pv_log(PV_LOG_WARN, "rebuild_waits", PV_TEXT("error", error->text));
    return PV_OK;
}

static enum pv_status on_turn(void *context, bool at_end, bool *end, struct pv_error *error)
{
    struct rebuild *rebuild = context;
    int64_t now_ms = pv_monotonic_ms();
    enum pv_status status = PV_OK;

    if (now_ms >= rebuild->renew_at_ms)
        status = keep_trying(hold(rebuild, HOLD_MS, error), error);
    if (status == PV_OK && at_end && now_ms >= rebuild->try_at_ms) {
        rebuild->try_at_ms = now_ms + TRY_MS;
        status = keep_trying(try_swap(rebuild, error), error);
    }
    *end = rebuild->done;
    return status;
}

static enum pv_status open_rebuild(struct rebuild *rebuild, const struct pv_pipeline_config *config,
                                   struct pv_error *error)
{
    const struct pv_aggregator_options *options = config->options;
    enum pv_status status = pv_redis_new(&options->redis, &rebuild->redis, error);

    rebuild->live_prefix = options->redis.prefix;
    pv_key_shadow_prefix(rebuild->live_prefix, rebuild->shadow_prefix);
    pv_key_rebuilder(rebuild->live_prefix, rebuild->lock);
    pv_random_id(rebuild->owner);
    snprintf(rebuild->group, sizeof rebuild->group, "%s.rebuild", options->group);
    rebuild->options = *options;
    rebuild->options.redis.prefix = rebuild->shadow_prefix;
    rebuild->options.group = rebuild->group;
    if (rebuild->options.flush_interval_ms > FLUSH_MS)
        rebuild->options.flush_interval_ms = FLUSH_MS;
    rebuild->options.exit_at_end = false;
    return status;
}

/* A rebuild that lost its lock leaves the keys to the one that has it, which counts into them. */
static void clean_up(struct rebuild *rebuild)
{
    struct pv_error error;
    enum pv_status status = hold(rebuild, HOLD_MS, &error);

    if (status == PV_INVALID)
        return;
    if (status == PV_OK)
        status = clear_shadow(rebuild, &error);
    if (status == PV_OK)
        status = hold(rebuild, 0, &error);
    if (status != PV_OK)
        pv_log(PV_LOG_WARN, "shadow_left", PV_TEXT("prefix", rebuild->shadow_prefix),
               PV_TEXT("error", error.text));
}

enum pv_status pv_rebuild_run(const struct pv_pipeline_config *config, struct pv_error *error)
{
    struct rebuild rebuild = {.done = false};
    struct pv_pipeline_config shadow = *config;
    enum pv_status status = open_rebuild(&rebuild, config, error);

    shadow.options = &rebuild.options;
    shadow.live_prefix = rebuild.live_prefix;
    shadow.rejects = NULL; /* they were copied when they were counted first */
    shadow.visits = NULL;  /* so were their visits */
    shadow.on_turn = on_turn;
    shadow.turn_context = &rebuild;
    if (status == PV_OK)
        status = pv_facts_load_library(rebuild.redis, error);
    if (status == PV_OK)
        status = hold(&rebuild, HOLD_MS, error);
    if (status == PV_OK) {
        status = clear_shadow(&rebuild, error);
        if (status == PV_OK)
            status = pv_pipeline_run(&shadow, error);
        clean_up(&rebuild);
    }
    if (status == PV_OK && !rebuild.done)
        pv_log(PV_LOG_WARN, "rebuild_stopped", PV_TEXT("why", "the counts are as they were"));
    pv_redis_destroy(rebuild.redis);
    return status;
}
