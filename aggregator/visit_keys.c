#include "aggregator/visit_keys.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aggregator/hll_sketch.h"
#include "aggregator/visit_sets.h"
#include "pageview/keys.h"

enum { PAGE = 1000 }; /* articles that are asked for at once */

struct creation {
    struct pv_redis *redis;
    const struct pv_commit_context *context;
    const struct pv_commit_time *time;
    const struct pv_visit_merge *merge;
    bool *done;
    uint32_t *sent; /* the sets that a SET is under way for, in its order */
    size_t sent_count;
};

static enum pv_status ask_page(const struct creation *creation, size_t first, size_t count,
                               struct pv_error *error)
{
    const char *arguments[2 + PAGE] = {"HMGET"};
    size_t lengths[2 + PAGE] = {strlen("HMGET")};
    char key[PV_KEY_SIZE];

    arguments[1] = key;
    lengths[1] = pv_key_views(creation->context->prefix, key);
    for (size_t i = 0; i < count; i++) {
        arguments[2 + i] = creation->merge->sets[first + i].article;
        lengths[2 + i] = creation->merge->sets[first + i].length;
    }
    return pv_redis_queue(creation->redis, (int)(2 + count), arguments, lengths, error);
}

static size_t page_length(const struct creation *creation, size_t first)
{
    size_t rest = creation->merge->set_count - first;

    return rest < PAGE ? rest : PAGE;
}

static enum pv_status take_page(struct creation *creation, size_t first, struct pv_error *error)
{
    const struct pv_merged_set *sets = creation->merge->sets;
    struct pv_redis_reply *reply;
    enum pv_status status = pv_redis_receive(creation->redis, &reply, error);

    if (status != PV_OK)
        return status;
    for (size_t i = 0; i < pv_redis_reply_count(reply); i++)
        creation->done[first + i] = sets[first + i].length > 0 &&
                                    pv_redis_reply_text(pv_redis_reply_at(reply, i), NULL) == NULL;
    pv_redis_reply_destroy(reply);
    return PV_OK;
}

static enum pv_status has_other(const struct creation *creation, bool *has, struct pv_error *error)
{
    char key[PV_KEY_SIZE];
    struct pv_redis_reply *reply;
    enum pv_status status;

    pv_key_views(creation->context->prefix, key);
    status = pv_redis_command_texts(creation->redis, &reply, error, "HGET", key, PV_ARTICLE_OTHER,
                                    (char *)NULL);
    if (status != PV_OK)
        return status;
    *has = pv_redis_reply_text(reply, NULL) != NULL;
    pv_redis_reply_destroy(reply);
    return PV_OK;
}

/* Articles beyond --max-new-articles-per-hour are counted together, and have no visitors. */
static enum pv_status leave_unknown_out(struct creation *creation, struct pv_error *error)
{
    size_t count = creation->merge->set_count;
    bool has;
    enum pv_status status = has_other(creation, &has, error);

    for (size_t first = 0; first < count && status == PV_OK && has; first += PAGE)
        status = ask_page(creation, first, page_length(creation, first), error);
    for (size_t first = 0; first < count && status == PV_OK && has; first += PAGE)
        status = take_page(creation, first, error);
    return status;
}

static size_t make_key(const struct creation *creation, const struct pv_merged_set *set,
                       char key[PV_KEY_SIZE + PV_ARTICLE_SIZE_MAX])
{
    const struct pv_commit_context *context = creation->context;
    const char *prefix = context->facts_prefix != NULL ? context->facts_prefix : context->prefix;
    int64_t time_ms = (int64_t)set->minute * PV_MINUTE_MS;
    size_t length;

    if (set->length == 0)
        return pv_key_site_visitors(prefix, time_ms, key);
    length = pv_key_visitors_stem(prefix, time_ms, key);
    memcpy(key + length, set->article, set->length);
    return length + set->length;
}

static enum pv_status send_set(const struct creation *creation, const struct pv_merged_set *set,
                               int64_t expires_ms, const struct pv_hll_place *places, size_t count,
                               struct pv_error *error)
{
    char key[PV_KEY_SIZE + PV_ARTICLE_SIZE_MAX], sketch[PV_HLL_SKETCH_MAX], expiry[24];
    size_t key_length = make_key(creation, set, key);
    size_t sketch_length = pv_hll_sketch_write(places, count, sketch);
    int expiry_length = snprintf(expiry, sizeof expiry, "%" PRId64,
                                 pv_commit_expiry_s(creation->context, creation->time, expires_ms));
    const char *arguments[] = {"SET", key, sketch, "NX", "EXAT", expiry};
    const size_t lengths[] = {3, key_length, sketch_length, 2, 4, (size_t)expiry_length};

    return pv_redis_queue(creation->redis, 6, arguments, lengths, error);
}

static enum pv_status send_all(struct creation *creation, struct pv_error *error)
{
    const struct pv_visit_merge *merge = creation->merge;
    enum pv_status status = PV_OK;

    for (size_t at = 0; at < merge->visit_count && status == PV_OK;) {
        struct pv_hll_place places[PV_HLL_REGISTERS];
        uint32_t index;
        size_t count = pv_visit_merge_next(merge, &at, &index, places);
        int64_t expires_ms =
            pv_visit_set_expires_ms(merge->sets[index].minute, merge->sets[index].length == 0);

        creation->done[index] = creation->done[index] || expires_ms <= creation->time->now_ms;
        if (creation->done[index])
            continue;
        creation->sent[creation->sent_count++] = index;
        status = send_set(creation, &merge->sets[index], expires_ms, places, count, error);
    }
    return status;
}

static enum pv_status receive_all(struct creation *creation, struct pv_error *error)
{
    for (size_t i = 0; i < creation->sent_count; i++) {
        struct pv_redis_reply *reply;
        enum pv_status status = pv_redis_receive(creation->redis, &reply, error);

        if (status != PV_OK)
            return status;
        creation->done[creation->sent[i]] = pv_redis_reply_text(reply, NULL) != NULL; /* or nil */
        pv_redis_reply_destroy(reply);
    }
    return PV_OK;
}

enum pv_status pv_visit_keys_create(struct pv_redis *redis, const struct pv_commit_context *context,
                                    const struct pv_commit_time *time,
                                    const struct pv_visit_merge *merge, bool *done,
                                    struct pv_error *error)
{
    struct creation creation = {redis, context, time, merge, done, NULL, 0};
    enum pv_status status;

    creation.sent = malloc((merge->set_count + 1) * sizeof *creation.sent);
    if (creation.sent == NULL)
        return pv_error_nomem(error, "visits");
    status = leave_unknown_out(&creation, error);
    if (status == PV_OK)
        status = send_all(&creation, error);
    if (status == PV_OK)
        status = receive_all(&creation, error);
    if (status != PV_OK)
        pv_redis_disconnect(redis); /* answers may be under way */
    free(creation.sent);
    return status;
}
