#include "aggregator/commit_call.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aggregator/commit_facts.h"
#include "aggregator/msgpack.h"
#include "pageview/bucket.h"
#include "pageview/keys.h"

/* A piece of `bytes`, which moves while it grows. */
struct span {
    size_t at, length;
};

struct spans {
    struct span *items;
    size_t count, capacity;
};

struct pv_commit_call {
    const struct pv_batch *batch;
    const char *prefix;
    struct pv_buffer bytes;
    struct spans keys, args;
    /* Cells in the order of their minutes, as minute << 32 | cell. */
    uint64_t *by_minute;
    /* Views of each article in the group at hand, and the articles that have any. */
    uint64_t *sums;
    uint32_t *touched;
    const char **arguments;
    size_t *lengths;
    size_t argument_capacity;
};

enum pv_status pv_commit_call_new(size_t max_cells, struct pv_commit_call **call,
                                  struct pv_error *error)
{
    struct pv_commit_call *made = calloc(1, sizeof *made);

    if (made == NULL)
        return pv_error_nomem(error, "a commit");
    made->by_minute = malloc(max_cells * sizeof *made->by_minute);
    made->sums = calloc(max_cells, sizeof *made->sums);
    made->touched = malloc(max_cells * sizeof *made->touched);
    if (made->by_minute == NULL || made->sums == NULL || made->touched == NULL) {
        pv_commit_call_destroy(made);
        return pv_error_nomem(error, "a commit");
    }
    *call = made;
    return PV_OK;
}

void pv_commit_call_destroy(struct pv_commit_call *call)
{
    if (call == NULL)
        return;
    pv_buffer_clean_up(&call->bytes);
    free(call->keys.items);
    free(call->args.items);
    free(call->by_minute);
    free(call->sums);
    free(call->touched);
    free(call->arguments);
    free(call->lengths);
    free(call);
}

/* Ends the piece that began at `at` and adds it to the list. */
static void end_span(struct pv_commit_call *call, struct spans *spans, size_t at)
{
    if (spans->count == spans->capacity) {
        size_t capacity = spans->capacity == 0 ? 64 : 2 * spans->capacity;
        struct span *items = realloc(spans->items, capacity * sizeof *items);

        if (items == NULL) {
            call->bytes.failed = true;
            return;
        }
        spans->items = items;
        spans->capacity = capacity;
    }
    spans->items[spans->count++] = (struct span){at, call->bytes.length - at};
}

static void add_span(struct pv_commit_call *call, struct spans *spans, const char *text,
                     size_t length)
{
    size_t at = call->bytes.length;

    pv_buffer_add(&call->bytes, text, length);
    end_span(call, spans, at);
}

static void add_number_arg(struct pv_commit_call *call, int64_t number)
{
    char digits[24];

    add_span(call, &call->args, digits,
             (size_t)snprintf(digits, sizeof digits, "%" PRId64, number));
}

static void add_offset_arg(struct pv_commit_call *call, int64_t offset)
{
    if (offset == PV_OFFSET_NONE)
        add_span(call, &call->args, "", 0);
    else
        add_number_arg(call, offset);
}

/* A group is a key and three arguments: when it expires (empty: never), its fields, its counts.
 * This begins one; the caller adds the fields and the counts. */
static void begin_group(struct pv_commit_call *call, const char *key, size_t key_length,
                        int64_t expire_at_ms)
{
    add_span(call, &call->keys, key, key_length);
    if (expire_at_ms == 0)
        add_span(call, &call->args, "", 0);
    else
        add_number_arg(call, expire_at_ms / 1000);
}

static void add_articles(struct pv_commit_call *call)
{
    const struct pv_batch *batch = call->batch;
    size_t at = call->bytes.length;

    pv_msgpack_array(&call->bytes, (uint32_t)batch->article_count);
    for (size_t i = 0; i < batch->article_count; i++)
        pv_msgpack_text(&call->bytes, batch->texts.data + batch->articles[i].text_at,
                        (uint16_t)batch->articles[i].length);
    end_span(call, &call->args, at);
}

/* Adds the fields and counts of the articles in `sums`, and empties it. All articles of the
 * batch are an empty list of fields, some are a list of indexes from 1. */
static void add_sums(struct pv_commit_call *call, size_t touched)
{
    size_t article_count = call->batch->article_count;
    size_t at = call->bytes.length;

    if (touched < article_count) {
        pv_msgpack_array(&call->bytes, (uint32_t)touched);
        for (size_t i = 0; i < touched; i++)
            pv_msgpack_number(&call->bytes, (uint64_t)call->touched[i] + 1);
    }
    end_span(call, &call->args, at);
    at = call->bytes.length;
    pv_msgpack_array(&call->bytes, (uint32_t)touched);
    for (size_t i = 0; i < touched; i++) {
        uint32_t article = touched < article_count ? call->touched[i] : (uint32_t)i;

        pv_msgpack_number(&call->bytes, call->sums[article]);
        call->sums[article] = 0;
    }
    end_span(call, &call->args, at);
}

/* Adds cells [first, end) of `by_minute` into `sums`; returns how many articles they touch. */
static size_t sum_cells(struct pv_commit_call *call, size_t first, size_t end)
{
    size_t touched = 0;

    for (size_t i = first; i < end; i++) {
        const struct pv_batch_cell *cell = &call->batch->cells[(uint32_t)call->by_minute[i]];

        if (call->sums[cell->article] == 0)
            call->touched[touched++] = cell->article;
        call->sums[cell->article] += cell->count;
    }
    return touched;
}

static int64_t cell_time_ms(const struct pv_commit_call *call, size_t i)
{
    return (int64_t)(call->by_minute[i] >> 32) * PV_MINUTE_MS;
}

/* First cell behind `first` that lies in another bucket. */
static size_t bucket_end(const struct pv_commit_call *call, size_t first, enum pv_bucket_size size)
{
    int64_t start_ms = pv_bucket_start_ms(size, cell_time_ms(call, first));
    size_t end = first + 1;

    while (end < call->batch->cell_count &&
           pv_bucket_start_ms(size, cell_time_ms(call, end)) == start_ms)
        end++;
    return end;
}

static int64_t expires_ms(enum pv_bucket_size size, int64_t time_ms, int64_t keep_ms)
{
    return pv_bucket_start_ms(size, time_ms) + pv_bucket_length_ms(size) + keep_ms;
}

static void add_buckets(struct pv_commit_call *call, enum pv_bucket_size size, int64_t keep_ms,
                        int64_t now_ms)
{
    for (size_t first = 0, end; first < call->batch->cell_count; first = end) {
        int64_t time_ms = cell_time_ms(call, first);
        int64_t expire_at_ms = expires_ms(size, time_ms, keep_ms);
        char key[PV_KEY_SIZE];

        end = bucket_end(call, first, size);
        if (expire_at_ms <= now_ms)
            continue;
        begin_group(call, key, pv_key_views_bucket(call->prefix, size, time_ms, key), expire_at_ms);
        add_sums(call, sum_cells(call, first, end));
    }
}

static uint64_t views_of_cells(const struct pv_commit_call *call, size_t first, size_t end)
{
    uint64_t views = 0;

    for (size_t i = first; i < end; i++)
        views += call->batch->cells[(uint32_t)call->by_minute[i]].count;
    return views;
}

/* Fields are "13:05", the minutes of one day. */
static void add_site_day(struct pv_commit_call *call, size_t first, size_t end)
{
    uint32_t minutes = 0;
    size_t at = call->bytes.length;

    for (size_t i = first; i < end; i = bucket_end(call, i, PV_BUCKET_MINUTE))
        minutes++;
    pv_msgpack_array(&call->bytes, minutes);
    for (size_t i = first; i < end; i = bucket_end(call, i, PV_BUCKET_MINUTE)) {
        char name[PV_BUCKET_NAME_SIZE];

        pv_bucket_name(PV_BUCKET_MINUTE, cell_time_ms(call, i), name);
        pv_msgpack_text(&call->bytes, name + strlen("2026-11-24T"), 5);
    }
    end_span(call, &call->args, at);
    at = call->bytes.length;
    pv_msgpack_array(&call->bytes, minutes);
    for (size_t i = first, next; i < end; i = next) {
        next = bucket_end(call, i, PV_BUCKET_MINUTE);
        pv_msgpack_number(&call->bytes, views_of_cells(call, i, next));
    }
    end_span(call, &call->args, at);
}

static void add_site(struct pv_commit_call *call, int64_t keep_ms, int64_t now_ms)
{
    for (size_t first = 0, end; first < call->batch->cell_count; first = end) {
        int64_t time_ms = cell_time_ms(call, first);
        int64_t expire_at_ms = expires_ms(PV_BUCKET_DAY, time_ms, keep_ms);
        char key[PV_KEY_SIZE];

        end = bucket_end(call, first, PV_BUCKET_DAY);
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
    size_t at = call->bytes.length;

    pv_msgpack_array(&call->bytes, count);
    for (uint32_t i = 0; i < count; i++)
        pv_msgpack_text(&call->bytes, rows[i].name, (uint16_t)strlen(rows[i].name));
    end_span(call, &call->args, at);
    at = call->bytes.length;
    pv_msgpack_array(&call->bytes, count);
    for (uint32_t i = 0; i < count; i++)
        pv_msgpack_number(&call->bytes, rows[i].count);
    end_span(call, &call->args, at);
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
    add_sums(call, sum_cells(call, 0, call->batch->cell_count));
}

static int compare_minutes(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

    return (left > right) - (left < right);
}

static void sort_cells(struct pv_commit_call *call)
{
    const struct pv_batch *batch = call->batch;
    bool sorted = true;

    for (uint32_t i = 0; i < batch->cell_count; i++) {
        call->by_minute[i] = (uint64_t)batch->cells[i].minute << 32 | i;
        sorted = sorted && (i == 0 || call->by_minute[i - 1] < call->by_minute[i]);
    }
    if (!sorted)
        qsort(call->by_minute, batch->cell_count, sizeof *call->by_minute, compare_minutes);
}

/* Adds what one of commit_facts.h's functions writes. */
static void add_facts(struct pv_commit_call *call, const struct pv_commit_context *context,
                      const struct pv_commit_time *time,
                      void (*write)(struct pv_buffer *bytes, const struct pv_batch *batch,
                                    const struct pv_commit_context *context,
                                    const struct pv_commit_time *time))
{
    size_t at = call->bytes.length;

    write(&call->bytes, call->batch, context, time);
    end_span(call, &call->args, at);
}

static void add_fixed(struct pv_commit_call *call, const struct pv_commit_context *context,
                      const struct pv_commit_time *time)
{
    const struct pv_batch *batch = call->batch;
    char key[PV_KEY_SIZE], field[PV_OFFSET_FIELD_SIZE];

    add_span(call, &call->keys, key, pv_key_offsets(call->prefix, key));
    add_span(call, &call->keys, key, pv_key_meta(call->prefix, key));
    add_span(call, &call->args, field, pv_offset_field(context->topic, batch->partition, field));
    add_offset_arg(call, batch->from);
    add_offset_arg(call, batch->to);
    add_number_arg(call, time->wall_ms);
    add_articles(call);
    add_facts(call, context, time, pv_commit_write_notes);
    add_facts(call, context, time, pv_commit_write_descriptions);
    add_facts(call, context, time, pv_commit_write_visits);
}

/* FCALL pv_commit <number of keys> <keys> <args> */
static enum pv_status collect_arguments(struct pv_commit_call *call, int *count,
                                        struct pv_error *error)
{
    size_t needed = 3 + call->keys.count + call->args.count;
    struct spans *lists[] = {&call->keys, &call->args};
    size_t numkeys_at = call->bytes.length;
    size_t at = 3;

    pv_buffer_add_format(&call->bytes, "%zu", call->keys.count);
    if (call->argument_capacity < needed) {
        free(call->arguments);
        free(call->lengths);
        call->arguments = malloc(needed * sizeof *call->arguments);
        call->lengths = malloc(needed * sizeof *call->lengths);
        call->argument_capacity = call->arguments != NULL && call->lengths != NULL ? needed : 0;
    }
    if (call->bytes.failed || call->argument_capacity == 0)
        return pv_error_nomem(error, "a commit");
    call->arguments[0] = "FCALL";
    call->arguments[1] = "pv_commit";
    call->arguments[2] = call->bytes.data + numkeys_at;
    call->lengths[0] = strlen("FCALL");
    call->lengths[1] = strlen("pv_commit");
    call->lengths[2] = call->bytes.length - numkeys_at;
    for (size_t list = 0; list < 2; list++) {
        for (size_t i = 0; i < lists[list]->count; i++, at++) {
            call->arguments[at] = call->bytes.data + lists[list]->items[i].at;
            call->lengths[at] = lists[list]->items[i].length;
        }
    }
    *count = (int)needed;
    return PV_OK;
}

enum pv_status pv_commit_call_build(struct pv_commit_call *call, const struct pv_batch *batch,
                                    const struct pv_commit_context *context, int64_t now_ms,
                                    int64_t wall_ms, const char ***arguments,
                                    const size_t **lengths, int *count, struct pv_error *error)
{
    const struct pv_retention *retention = context->retention;
    struct pv_commit_time time = {now_ms, wall_ms};
    enum pv_status status;

    pv_buffer_reset(&call->bytes);
    call->keys.count = call->args.count = 0;
    call->batch = batch;
    call->prefix = context->prefix;
    sort_cells(call);
    add_fixed(call, context, &time);
    add_totals(call);
    add_views(call);
    add_buckets(call, PV_BUCKET_DAY, retention->days_ms, now_ms);
    add_buckets(call, PV_BUCKET_HOUR, retention->hours_ms, now_ms);
    add_buckets(call, PV_BUCKET_MINUTE, retention->minutes_ms, now_ms);
    add_site(call, retention->days_ms, now_ms);
    add_filtered(call, retention->days_ms, now_ms);
    status = collect_arguments(call, count, error);
    *arguments = call->arguments;
    *lengths = call->lengths;
    return status;
}
