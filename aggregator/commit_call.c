#include "aggregator/commit_call.h"

#include <stdlib.h>
#include <string.h>

#include "aggregator/commit_arguments.h"
#include "aggregator/commit_cells.h"
#include "aggregator/commit_facts.h"
#include "aggregator/msgpack.h"
#include "pageview/bucket.h"
#include "pageview/keys.h"

struct pv_commit_call {
    const struct pv_batch *batch;
    const char *prefix;
    struct pv_commit_arguments arguments;
    struct pv_commit_cells cells;
};

enum pv_status pv_commit_call_new(size_t max_cells, struct pv_commit_call **call,
                                  struct pv_error *error)
{
    struct pv_commit_call *made = calloc(1, sizeof *made);
    enum pv_status status;

    if (made == NULL)
        return pv_error_nomem(error, "a commit");
    status = pv_commit_cells_init(&made->cells, max_cells, error);
    if (status != PV_OK) {
        pv_commit_call_destroy(made);
        return status;
    }
    *call = made;
    return PV_OK;
}

void pv_commit_call_destroy(struct pv_commit_call *call)
{
    if (call == NULL)
        return;
    pv_commit_arguments_clean_up(&call->arguments);
    pv_commit_cells_clean_up(&call->cells);
    free(call);
}

static void add_offset(struct pv_commit_call *call, int64_t offset)
{
    if (offset == PV_OFFSET_NONE)
        pv_commit_add_text(&call->arguments, "", 0);
    else
        pv_commit_add_number(&call->arguments, offset);
}

/* A group is a key and three arguments: when it expires (empty: never), its fields, its counts.
 * This begins one; the caller adds the fields and the counts. */
static void begin_group(struct pv_commit_call *call, const char *key, size_t key_length,
                        int64_t expire_at_ms)
{
    pv_commit_add_key(&call->arguments, key, key_length);
    if (expire_at_ms == 0)
        pv_commit_add_text(&call->arguments, "", 0);
    else
        pv_commit_add_number(&call->arguments, expire_at_ms / 1000);
}

static void add_articles(struct pv_commit_call *call)
{
    const struct pv_batch *batch = call->batch;
    struct pv_buffer *bytes = &call->arguments.bytes;
    size_t at = bytes->length;

    pv_msgpack_array(bytes, (uint32_t)batch->article_count);
    for (size_t i = 0; i < batch->article_count; i++)
        pv_msgpack_text(bytes, batch->texts.data + batch->articles[i].text_at,
                        (uint16_t)batch->articles[i].length);
    pv_commit_end_argument(&call->arguments, at);
}

/* Adds the fields and counts of the articles in `sums`, and empties it. All articles of the
 * batch are an empty list of fields, some are a list of indexes from 1. */
static void add_sums(struct pv_commit_call *call, size_t touched)
{
    size_t article_count = call->batch->article_count;
    struct pv_buffer *bytes = &call->arguments.bytes;
    size_t at = bytes->length;

    if (touched < article_count) {
        pv_msgpack_array(bytes, (uint32_t)touched);
        for (size_t i = 0; i < touched; i++)
            pv_msgpack_number(bytes, (uint64_t)call->cells.touched[i] + 1);
    }
    pv_commit_end_argument(&call->arguments, at);
    at = bytes->length;
    pv_msgpack_array(bytes, (uint32_t)touched);
    for (size_t i = 0; i < touched; i++) {
        uint32_t article = touched < article_count ? call->cells.touched[i] : (uint32_t)i;

        pv_msgpack_number(bytes, call->cells.sums[article]);
        call->cells.sums[article] = 0;
    }
    pv_commit_end_argument(&call->arguments, at);
}

static int64_t expires_ms(enum pv_bucket_size size, int64_t time_ms, int64_t keep_ms)
{
    return pv_bucket_start_ms(size, time_ms) + pv_bucket_length_ms(size) + keep_ms;
}

static void add_buckets(struct pv_commit_call *call, enum pv_bucket_size size, int64_t keep_ms,
                        int64_t now_ms)
{
    for (size_t first = 0, end; first < call->batch->cell_count; first = end) {
        int64_t time_ms = pv_commit_cells_time_ms(&call->cells, first);
        int64_t expire_at_ms = expires_ms(size, time_ms, keep_ms);
        char key[PV_KEY_SIZE];

        end = pv_commit_cells_bucket_end(&call->cells, first, size);
        if (expire_at_ms <= now_ms)
            continue;
        begin_group(call, key, pv_key_views_bucket(call->prefix, size, time_ms, key), expire_at_ms);
        add_sums(call, pv_commit_cells_sum(&call->cells, first, end));
    }
}

/* Fields are "13:05", the minutes of one day. */
static void add_site_day(struct pv_commit_call *call, size_t first, size_t end)
{
    uint32_t minutes = 0;
    struct pv_buffer *bytes = &call->arguments.bytes;
    size_t at = bytes->length;

    for (size_t i = first; i < end;
         i = pv_commit_cells_bucket_end(&call->cells, i, PV_BUCKET_MINUTE))
        minutes++;
    pv_msgpack_array(bytes, minutes);
    for (size_t i = first; i < end;
         i = pv_commit_cells_bucket_end(&call->cells, i, PV_BUCKET_MINUTE)) {
        char name[PV_BUCKET_NAME_SIZE];

        pv_bucket_name(PV_BUCKET_MINUTE, pv_commit_cells_time_ms(&call->cells, i), name);
        pv_msgpack_text(bytes, name + strlen("2026-11-24T"), 5);
    }
    pv_commit_end_argument(&call->arguments, at);
    at = bytes->length;
    pv_msgpack_array(bytes, minutes);
    for (size_t i = first, next; i < end; i = next) {
        next = pv_commit_cells_bucket_end(&call->cells, i, PV_BUCKET_MINUTE);
        pv_msgpack_number(bytes, pv_commit_cells_views(&call->cells, i, next));
    }
    pv_commit_end_argument(&call->arguments, at);
}

static void add_site(struct pv_commit_call *call, int64_t keep_ms, int64_t now_ms)
{
    for (size_t first = 0, end; first < call->batch->cell_count; first = end) {
        int64_t time_ms = pv_commit_cells_time_ms(&call->cells, first);
        int64_t expire_at_ms = expires_ms(PV_BUCKET_DAY, time_ms, keep_ms);
        char key[PV_KEY_SIZE];

        end = pv_commit_cells_bucket_end(&call->cells, first, PV_BUCKET_DAY);
        if (expire_at_ms <= now_ms)
            continue;
        begin_group(call, key, pv_key_site(call->prefix, time_ms, key), expire_at_ms);
        add_site_day(call, first, end);
    }
}

/* One field and its count for each row in `rows`. */
struct named_count {
    const char *name;
    uint64_t count;
};

static void add_named_counts(struct pv_commit_call *call, const struct named_count *rows,
                             uint32_t count)
{
    struct pv_buffer *bytes = &call->arguments.bytes;
    size_t at = bytes->length;

    pv_msgpack_array(bytes, count);
    for (uint32_t i = 0; i < count; i++)
        pv_msgpack_text(bytes, rows[i].name, (uint16_t)strlen(rows[i].name));
    pv_commit_end_argument(&call->arguments, at);
    at = bytes->length;
    pv_msgpack_array(bytes, count);
    for (uint32_t i = 0; i < count; i++)
        pv_msgpack_number(bytes, rows[i].count);
    pv_commit_end_argument(&call->arguments, at);
}

static void add_filtered_day(struct pv_commit_call *call, int64_t day_ms)
{
    struct named_count rows[PV_REASON_COUNT];
    uint32_t count = 0;

    for (size_t i = 0; i < call->batch->filtered_count; i++)
        if (call->batch->filtered[i].day_ms == day_ms)
            rows[count++] = (struct named_count){pv_reason_name(call->batch->filtered[i].reason),
                                                 (uint64_t)call->batch->filtered[i].count};
    add_named_counts(call, rows, count);
}

static void add_filtered(struct pv_commit_call *call, int64_t keep_ms, int64_t now_ms)
{
    const struct pv_batch *batch = call->batch;

    for (size_t i = 0; i < batch->filtered_count; i++) {
        int64_t day_ms = batch->filtered[i].day_ms;
        int64_t expire_at_ms = expires_ms(PV_BUCKET_DAY, day_ms, keep_ms);
        bool seen = expire_at_ms <= now_ms;
        char key[PV_KEY_SIZE];

        for (size_t before = 0; before < i; before++)
            seen = seen || batch->filtered[before].day_ms == day_ms;
        if (seen)
            continue;
        begin_group(call, key, pv_key_filtered(call->prefix, day_ms, key), expire_at_ms);
        add_filtered_day(call, day_ms);
    }
}

static void add_totals(struct pv_commit_call *call)
{
    const struct pv_batch *batch = call->batch;
    uint64_t by_reason[PV_REASON_COUNT] = {0};
    struct named_count rows[PV_REASON_COUNT];
    uint32_t count = 0;
    char key[PV_KEY_SIZE];

    if (batch->events == 0)
        return;
    for (size_t i = 0; i < batch->filtered_count; i++)
        by_reason[batch->filtered[i].reason] += (uint64_t)batch->filtered[i].count;
    if (batch->views > 0)
        rows[count++] = (struct named_count){PV_TOTALS_VIEWS, (uint64_t)batch->views};
    for (int reason = 0; reason < PV_REASON_COUNT; reason++)
        if (by_reason[reason] > 0)
            rows[count++] =
                (struct named_count){pv_reason_name((enum pv_reason)reason), by_reason[reason]};
    begin_group(call, key, pv_key_totals(call->prefix, key), 0);
    add_named_counts(call, rows, count);
}

static void add_views(struct pv_commit_call *call)
{
    char key[PV_KEY_SIZE];

    if (call->batch->cell_count == 0)
        return;
    begin_group(call, key, pv_key_views(call->prefix, key), 0);
    add_sums(call, pv_commit_cells_sum(&call->cells, 0, call->batch->cell_count));
}

/* Adds what one of commit_facts.h's functions writes. */
static void add_facts(struct pv_commit_call *call, const struct pv_commit_context *context,
                      const struct pv_commit_time *time,
                      void (*write)(struct pv_buffer *bytes, const struct pv_batch *batch,
                                    const struct pv_commit_context *context,
                                    const struct pv_commit_time *time))
{
    struct pv_buffer *bytes = &call->arguments.bytes;
    size_t at = bytes->length;

    write(bytes, call->batch, context, time);
    pv_commit_end_argument(&call->arguments, at);
}

static void add_fixed(struct pv_commit_call *call, const struct pv_commit_context *context,
                      const struct pv_commit_time *time)
{
    const struct pv_batch *batch = call->batch;
    char key[PV_KEY_SIZE], field[PV_OFFSET_FIELD_SIZE];

    pv_commit_add_key(&call->arguments, key, pv_key_offsets(call->prefix, key));
    pv_commit_add_key(&call->arguments, key, pv_key_meta(call->prefix, key));
    pv_commit_add_text(&call->arguments, field,
                       pv_offset_field(context->topic, batch->partition, field));
    add_offset(call, batch->from);
    add_offset(call, batch->to);
    pv_commit_add_number(&call->arguments, time->wall_ms);
    add_articles(call);
    add_facts(call, context, time, pv_commit_write_notes);
    add_facts(call, context, time, pv_commit_write_descriptions);
    add_facts(call, context, time, pv_commit_write_visits);
}

enum pv_status pv_commit_call_build(struct pv_commit_call *call, const struct pv_batch *batch,
                                    const struct pv_commit_context *context, int64_t now_ms,
                                    int64_t wall_ms, const char ***arguments,
                                    const size_t **lengths, int *count, struct pv_error *error)
{
    const struct pv_retention *retention = context->retention;
    struct pv_commit_time time = {now_ms, wall_ms};
    enum pv_status status;

    pv_commit_arguments_reset(&call->arguments);
    call->batch = batch;
    call->prefix = context->prefix;
    pv_commit_cells_sort(&call->cells, batch);
    add_fixed(call, context, &time);
    add_totals(call);
    add_views(call);
    add_buckets(call, PV_BUCKET_DAY, retention->days_ms, now_ms);
    add_buckets(call, PV_BUCKET_HOUR, retention->hours_ms, now_ms);
    add_buckets(call, PV_BUCKET_MINUTE, retention->minutes_ms, now_ms);
    add_site(call, retention->days_ms, now_ms);
    add_filtered(call, retention->days_ms, now_ms);
    status = pv_commit_arguments_collect(&call->arguments, "pv_commit", count, error);
    *arguments = call->arguments.texts;
    *lengths = call->arguments.lengths;
    return status;
}
