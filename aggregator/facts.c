#include "aggregator/facts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aggregator/batch.h"
#include "aggregator/library.h"
#include "pageview/keys.h"
#include "pageview/log.h"

/* Copies the value of the line "maxmemory_policy:value" of an answer to INFO. */
static bool find_policy(const char *info, char *policy, size_t size)
{
    static const char name[] = "\nmaxmemory_policy:";
    const char *line = info != NULL ? strstr(info, name) : NULL;

    if (line == NULL)
        return false;
    line += strlen(name);
    snprintf(policy, size, "%.*s", (int)strcspn(line, "\r\n"), line);
    return true;
}

static enum pv_status check_policy(struct pv_redis *redis, struct pv_error *error)
{
    char policy[64];
    struct pv_redis_reply *reply;
    enum pv_status status =
        pv_redis_command_texts(redis, &reply, error, "INFO", "memory", (char *)NULL);

    if (status != PV_OK)
        return status;
    if (!find_policy(pv_redis_reply_text(reply, NULL), policy, sizeof policy))
        status = pv_error_set(error, PV_INVALID,
                              "Redis: INFO memory names no maxmemory_policy: is this Redis?");
    else if (strcmp(policy, "noeviction") != 0)
        status = pv_error_set(error, PV_INVALID,
                              "Redis has maxmemory-policy %s and may throw counts away: set "
                              "\"maxmemory-policy noeviction\" in redis.conf",
                              policy);
    pv_redis_reply_destroy(reply);
    return status;
}

enum pv_status pv_facts_load_library(struct pv_redis *redis, struct pv_error *error)
{
    struct pv_redis_reply *reply = NULL;
    enum pv_status status =
        pv_redis_command_texts(redis, &reply, error, "FCALL_RO", "pv_version", "0", (char *)NULL);
    int64_t version = status == PV_OK ? pv_redis_reply_number(reply, 0) : 0;

    pv_redis_reply_destroy(reply);
    if (status != PV_OK && status != PV_REFUSED) /* refused: there is no such function */
        return status;
    if (version >= pv_library_version)
        return PV_OK;
    status = pv_redis_command_texts(redis, &reply, error, "FUNCTION", "LOAD", "REPLACE",
                                    pv_library_source, (char *)NULL);
    if (status != PV_OK)
        return pv_error_prefix(error, "loading the function library");
    pv_redis_reply_destroy(reply);
    pv_log(PV_LOG_INFO, "library_loaded", PV_NUMBER("version", pv_library_version),
           PV_NUMBER("replaced", version));
    return PV_OK;
}

enum pv_status pv_facts_check_server(struct pv_redis *redis, struct pv_error *error)
{
    enum pv_status status = pv_redis_check_version(redis, error);

    if (status == PV_OK)
        status = check_policy(redis, error);
    if (status == PV_OK)
        status = pv_facts_load_library(redis, error);
    return status;
}

/* Writes `value` into a field of the meta hash that is empty, and reads what is there then. */
static enum pv_status claim_meta(struct pv_redis *redis, const char *key, const char *field,
                                 const char *value, char *found, size_t size,
                                 struct pv_error *error)
{
    struct pv_redis_reply *reply;
    enum pv_status status =
        pv_redis_command_texts(redis, &reply, error, "HSETNX", key, field, value, (char *)NULL);
    const char *text;

    if (status != PV_OK)
        return status;
    pv_redis_reply_destroy(reply);
    status = pv_redis_command_texts(redis, &reply, error, "HGET", key, field, (char *)NULL);
    if (status != PV_OK)
        return status;
    text = pv_redis_reply_text(reply, NULL);
    snprintf(found, size, "%s", text != NULL ? text : "");
    pv_redis_reply_destroy(reply);
    return PV_OK;
}

/* Claims the counts for a cluster or topic, unless they are of another one, whose offsets mean
 * other events. */
static enum pv_status claim_for(struct pv_redis *redis, const char *prefix, const char *field,
                                const char *what, const char *option, const char *value,
                                struct pv_error *error)
{
    char key[PV_KEY_SIZE], found[256];
    enum pv_status status;

    pv_key_meta(prefix, key);
    status = claim_meta(redis, key, field, value, found, sizeof found, error);
    if (status == PV_OK && strcmp(found, value) != 0)
        status = pv_error_set(error, PV_INVALID,
                              "Redis: the counts under %s are of Kafka's %s %s, %s means %s, whose "
                              "offsets are of other events: use another --prefix, or the %s they "
                              "are of",
                              prefix, what, found, option, value, what);
    return status;
}

static enum pv_status claim_schema(struct pv_redis *redis, const char *prefix,
                                   struct pv_error *error)
{
    char key[PV_KEY_SIZE], found[16];
    enum pv_status status;

    pv_key_meta(prefix, key);
    status = claim_meta(redis, key, PV_META_SCHEMA, PV_SCHEMA_VERSION, found, sizeof found, error);
    if (status == PV_OK && strcmp(found, PV_SCHEMA_VERSION) != 0)
        status = pv_error_set(error, PV_INVALID,
                              "Redis: the counts under %s have schema version %s, this program "
                              "writes %s: use another --prefix, or the program that wrote them",
                              prefix, found, PV_SCHEMA_VERSION);
    return status;
}

static enum pv_status note_partitions(struct pv_redis *redis, const char *prefix,
                                      int32_t partitions, struct pv_error *error)
{
    char key[PV_KEY_SIZE], count[16];
    struct pv_redis_reply *reply = NULL;
    enum pv_status status;

    pv_key_meta(prefix, key);
    snprintf(count, sizeof count, "%" PRId32, partitions);
    status = pv_redis_command_texts(redis, &reply, error, "HSET", key, PV_META_PARTITIONS, count,
                                    (char *)NULL);
    pv_redis_reply_destroy(reply);
    return status;
}

enum pv_status pv_facts_claim(struct pv_redis *redis, const char *prefix,
                              const struct pv_facts_origin *origin, struct pv_error *error)
{
    enum pv_status status = claim_schema(redis, prefix, error);

    if (status == PV_OK && origin->cluster_id != NULL)
        status = claim_for(redis, prefix, PV_META_CLUSTER, "cluster", "--brokers",
                           origin->cluster_id, error);
    if (status == PV_OK)
        status = claim_for(redis, prefix, PV_META_TOPIC, "topic", "--topic", origin->topic, error);
    if (status == PV_OK)
        status = note_partitions(redis, prefix, origin->partitions, error);
    return status;
}

static enum pv_status read_number(struct pv_redis *redis, const char *key, const char *field,
                                  int64_t *number, struct pv_error *error)
{
    struct pv_redis_reply *reply;
    enum pv_status status =
        pv_redis_command_texts(redis, &reply, error, "HGET", key, field, (char *)NULL);

    if (status != PV_OK)
        return status;
    *number = pv_redis_reply_number(reply, -1);
    pv_redis_reply_destroy(reply);
    return PV_OK;
}

enum pv_status pv_facts_read_places(struct pv_redis *redis, const char *prefix, const char *topic,
                                    const int32_t *partitions, size_t count,
                                    struct pv_facts_place *places, struct pv_error *error)
{
    char offsets[PV_KEY_SIZE], origins[PV_KEY_SIZE], repeats[PV_KEY_SIZE], watermarks[PV_KEY_SIZE];
    enum pv_status status = PV_OK;

    pv_key_offsets(prefix, offsets);
    pv_key_origins(prefix, origins);
    pv_key_repeats(prefix, repeats);
    pv_key_watermarks(prefix, watermarks);
    for (size_t i = 0; i < count && status == PV_OK; i++) {
        char field[PV_OFFSET_FIELD_SIZE];

        pv_offset_field(topic, partitions[i], field);
        status = read_number(redis, offsets, field, &places[i].next, error);
        if (status == PV_OK)
            status = read_number(redis, origins, field, &places[i].origin, error);
        if (status == PV_OK)
            status = read_number(redis, repeats, field, &places[i].repeats_from, error);
        if (status == PV_OK)
            status = read_number(redis, watermarks, field, &places[i].watermark_ms, error);
    }
    return status;
}

/* Calls a function on the index of buckets, which answers with a number. */
static enum pv_status call_on_buckets(struct pv_redis *redis, const char *function,
                                      const char *prefix, int64_t *answer, struct pv_error *error)
{
    char key[PV_KEY_SIZE];
    struct pv_redis_reply *reply;
    enum pv_status status;

    pv_key_buckets(prefix, key);
    status =
        pv_redis_command_texts(redis, &reply, error, "FCALL", function, "1", key, (char *)NULL);
    if (status != PV_OK)
        return status;
    *answer = pv_redis_reply_number(reply, 0);
    pv_redis_reply_destroy(reply);
    return PV_OK;
}

enum pv_status pv_facts_adopt_buckets(struct pv_redis *redis, const char *prefix,
                                      struct pv_error *error)
{
    int64_t adopted = 0;
    enum pv_status status = call_on_buckets(redis, "pv_adopt", prefix, &adopted, error);

    if (adopted > 0)
        pv_log(PV_LOG_INFO, "buckets_adopted", PV_NUMBER("buckets", adopted));
    return status;
}

enum pv_status pv_facts_sweep_buckets(struct pv_redis *redis, const char *prefix,
                                      struct pv_error *error)
{
    int64_t removed;
    enum pv_status status;

    do {
        removed = 0;
        status = call_on_buckets(redis, "pv_sweep", prefix, &removed, error);
    } while (removed > 0);
    return status;
}
