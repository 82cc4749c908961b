#include "aggregator/waiting_visits.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aggregator/commit_arguments.h"
#include "aggregator/msgpack.h"
#include "aggregator/visit_keys.h"
#include "aggregator/visit_merge.h"
#include "aggregator/visit_sets.h"
#include "pageview/keys.h"

/* One call of pv_visit takes Redis some milliseconds at most. */
enum { CALL_SETS_MAX = 1000, CALL_BYTES_MAX = 262144 };

static void add_number(struct pv_buffer *bytes, uint32_t number, unsigned size)
{
    for (unsigned i = size; i-- > 0;)
        pv_buffer_add_char(bytes, (char)(number >> (8 * i)));
}

static size_t set_end(const struct pv_batch_facts *facts, size_t first)
{
    size_t end = first + 1;

    while (end < facts->visit_count && facts->visits[end].article == facts->visits[first].article &&
           facts->visits[end].minute == facts->visits[first].minute)
        end++;
    return end;
}

void pv_waiting_visits_write(struct pv_buffer *bytes, const struct pv_batch *batch)
{
    const struct pv_batch_facts *facts = &batch->facts;

    for (size_t first = 0, end; first < facts->visit_count; first = end) {
        const struct pv_visit *visits = facts->visits;
        struct pv_text article = {"", 0};

        end = set_end(facts, first);
        if (visits[first].article != PV_VISIT_OF_SITE) {
            const struct pv_batch_article *of = &batch->articles[visits[first].article];

            article = (struct pv_text){batch->texts.data + of->text_at, of->length};
        }
        add_number(bytes, (uint32_t)article.length, 2);
        pv_buffer_add(bytes, article.data, article.length);
        add_number(bytes, visits[first].minute, 4);
        add_number(bytes, (uint32_t)(end - first), 4);
        for (size_t i = first; i < end; i++) {
            add_number(bytes, visits[i].place.index, 2);
            add_number(bytes, visits[i].place.rank, 1);
        }
    }
}

/* The merging of one partition's. */
struct merging {
    struct pv_redis *redis;
    const struct pv_commit_context *context;
    const struct pv_commit_time *time;
    struct pv_waiting_result *result;
    struct pv_visit_merge merge;
    struct pv_buffer fields; /* of the values that were read */
    struct pv_commit_arguments arguments;
    /* What the next call tells. */
    struct pv_buffer articles, sets;
    uint32_t article_count, set_count, values;
    bool under_way; /* a call that is not answered */
};

static void clean_up(struct merging *merging)
{
    pv_visit_merge_clean_up(&merging->merge);
    pv_buffer_clean_up(&merging->fields);
    pv_buffer_clean_up(&merging->articles);
    pv_buffer_clean_up(&merging->sets);
    pv_commit_arguments_clean_up(&merging->arguments);
}

static void begin_call(struct merging *merging)
{
    pv_buffer_reset(&merging->articles);
    pv_buffer_reset(&merging->sets);
    merging->article_count = merging->set_count = merging->values = 0;
    pv_msgpack_array(&merging->articles, 0);
    pv_msgpack_array(&merging->sets, 0);
}

static void note_answer(struct pv_waiting_result *result, const struct pv_redis_reply *reply)
{
    const char *why = pv_redis_reply_count(reply) >= 2
                          ? pv_redis_reply_text(pv_redis_reply_at(reply, 1), NULL)
                          : NULL;

    if (pv_redis_reply_count(reply) >= 1)
        result->refused += pv_redis_reply_number(pv_redis_reply_at(reply, 0), 0);
    if (result->why[0] == '\0' && why != NULL)
        snprintf(result->why, sizeof result->why, "%s", why);
}

/* Takes the answer to the call that is under way, if one is. */
static enum pv_status receive_answer(struct merging *merging, struct pv_error *error)
{
    struct pv_redis_reply *reply;
    enum pv_status status;

    if (!merging->under_way)
        return PV_OK;
    merging->under_way = false;
    status = pv_redis_receive(merging->redis, &reply, error);
    if (status != PV_OK)
        return status;
    note_answer(merging->result, reply);
    pv_redis_reply_destroy(reply);
    return PV_OK;
}

/* Sends what was gathered, once the call before is answered: so Redis works while the next one is
 * made. The last call also removes the values: they are in Redis by then. */
static enum pv_status send_call(struct merging *merging, bool last, struct pv_error *error)
{
    struct pv_commit_arguments *arguments = &merging->arguments;
    char key[PV_KEY_SIZE];
    enum pv_status status = receive_answer(merging, error);
    int count;

    if (status != PV_OK)
        return status;
    if (merging->articles.failed || merging->sets.failed || merging->fields.failed)
        return pv_error_nomem(error, "visits");
    pv_msgpack_set_array(&merging->articles, 0, merging->article_count);
    pv_msgpack_set_array(&merging->sets, 0, merging->values);
    pv_commit_arguments_reset(arguments);
    pv_commit_add_key(arguments, key, pv_key_offsets(merging->context->prefix, key));
    pv_commit_add_text(arguments, merging->articles.data, merging->articles.length);
    pv_commit_add_text(arguments, merging->sets.data, merging->sets.length);
    pv_commit_add_text(arguments, last ? merging->fields.data : "",
                       last ? merging->fields.length : 0);
    status = pv_commit_arguments_collect(arguments, "pv_visit", &count, error);
    if (status == PV_OK)
        status = pv_redis_send(merging->redis, count, arguments->texts, arguments->lengths, error);
    merging->under_way = status == PV_OK;
    begin_call(merging);
    return last && status == PV_OK ? receive_answer(merging, error) : status;
}

/* Tells pv_visit about the sets that are not `done`. */
static enum pv_status write_sets(struct merging *merging, const bool *done, struct pv_error *error)
{
    const struct pv_commit_context *context = merging->context;
    const char *prefix = context->facts_prefix != NULL ? context->facts_prefix : context->prefix;
    enum pv_status status = PV_OK;

    for (size_t at = 0; at < merging->merge.visit_count && status == PV_OK;) {
        struct pv_hll_place places[PV_HLL_REGISTERS];
        const struct pv_merged_set *of;
        uint32_t index;
        size_t count = pv_visit_merge_next(&merging->merge, &at, &index, places);
        struct pv_visit_set set = {.is_new = true, .exists = true};
        int64_t expires_ms;

        if (done[index])
            continue;
        of = &merging->merge.sets[index];
        set.minute = of->minute;
        set.article = of->length > 0 ? merging->article_count + 1 : 0;
        expires_ms = pv_visit_set_expires_ms(of->minute, of->length == 0);
        if (set.article > 0) {
            pv_msgpack_text(&merging->articles, of->article, of->length);
            merging->article_count++;
        }
        merging->values += pv_visit_set_write(
            &merging->sets, prefix, &set, pv_commit_expiry_s(context, merging->time, expires_ms),
            places, count);
        merging->set_count++;
        if (merging->set_count == CALL_SETS_MAX || merging->sets.length >= CALL_BYTES_MAX)
            status = send_call(merging, false, error);
    }
    return status == PV_OK ? send_call(merging, true, error) : status;
}

/* Gathers the values of an answer to HSCAN: field, value, … */
static enum pv_status gather(struct merging *merging, const struct pv_redis_reply *pairs,
                             struct pv_error *error)
{
    for (size_t i = 0; i + 1 < pv_redis_reply_count(pairs); i += 2) {
        size_t field_length, length;
        const char *field = pv_redis_reply_text(pv_redis_reply_at(pairs, i), &field_length);
        const char *value = pv_redis_reply_text(pv_redis_reply_at(pairs, i + 1), &length);
        bool no_memory;

        if (field == NULL || value == NULL)
            continue;
        if (!pv_visit_merge_add(&merging->merge, value, length, &no_memory)) {
            if (no_memory)
                return pv_error_nomem(error, "visits");
            merging->result->unreadable++;
        }
        pv_msgpack_text(&merging->fields, field, (uint16_t)field_length);
        merging->result->values++;
    }
    return PV_OK;
}

static enum pv_status write_merged(struct merging *merging, struct pv_error *error)
{
    bool *done = calloc(merging->merge.set_count + 1, sizeof *done);
    enum pv_status status = PV_OK;

    if (done == NULL)
        return pv_error_nomem(error, "visits");
    pv_visit_merge_sort(&merging->merge);
    status = pv_visit_keys_create(merging->redis, merging->context, merging->time, &merging->merge,
                                  done, error);
    if (status == PV_OK)
        status = write_sets(merging, done, error);
    free(done);
    return status;
}

/* The fields of the partition with their values, in one answer: the hash is small. */
static enum pv_status read_values(struct pv_redis *redis, const struct pv_commit_context *context,
                                  int32_t partition, struct pv_redis_reply **reply,
                                  struct pv_error *error)
{
    char key[PV_KEY_SIZE], field[PV_OFFSET_FIELD_SIZE], pattern[PV_OFFSET_FIELD_SIZE + 2];

    pv_key_waiting(context->prefix, key);
    pv_offset_field(context->topic, partition, field);
    snprintf(pattern, sizeof pattern, "%s/*", field);
    return pv_redis_command_texts(redis, reply, error, "HSCAN", key, "0", "MATCH", pattern, "COUNT",
                                  "1000000", (char *)NULL);
}

enum pv_status pv_waiting_visits_merge(struct pv_redis *redis,
                                       const struct pv_commit_context *context,
                                       const struct pv_commit_time *time, int32_t partition,
                                       struct pv_waiting_result *result, struct pv_error *error)
{
    struct merging merging = {.redis = redis, .context = context, .time = time, .result = result};
    struct pv_redis_reply *reply;
    enum pv_status status = read_values(redis, context, partition, &reply, error);

    *result = (struct pv_waiting_result){0};
    if (status != PV_OK)
        return status;
    pv_msgpack_array(&merging.fields, 0);
    begin_call(&merging);
    if (pv_redis_reply_count(reply) == 2)
        status = gather(&merging, pv_redis_reply_at(reply, 1), error);
    if (status == PV_OK && result->values > 0) {
        if (!merging.fields.failed)
            pv_msgpack_set_array(&merging.fields, 0, (uint32_t)result->values);
        status = write_merged(&merging, error);
    }
    pv_redis_reply_destroy(reply);
    clean_up(&merging);
    return status;
}
