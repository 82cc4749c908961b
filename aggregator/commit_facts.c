#include "aggregator/commit_facts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "aggregator/msgpack.h"
#include "aggregator/visit_sets.h"
#include "aggregator/waiting_visits.h"
#include "pageview/bucket.h"
#include "pageview/keys.h"

enum { NOTES_MAX = 12, NOTE_SIZE = 24 };

/* Names and values that pv_commit knows. */
struct notes {
    const char *names[NOTES_MAX];
    char values[NOTES_MAX][NOTE_SIZE];
    uint32_t count;
};

static void note_text(struct notes *notes, const char *name, const char *value, int length)
{
    notes->names[notes->count] = name;
    snprintf(notes->values[notes->count++], NOTE_SIZE, "%.*s", length, value);
}

static void note_number(struct notes *notes, const char *name, int64_t value)
{
    notes->names[notes->count] = name;
    snprintf(notes->values[notes->count++], NOTE_SIZE, "%" PRId64, value);
}

static int64_t oldest_minute_ms(const struct pv_batch *batch)
{
    uint32_t oldest = UINT32_MAX;

    for (size_t i = 0; i < batch->cell_count; i++)
        if (batch->cells[i].minute < oldest)
            oldest = batch->cells[i].minute;
    return (int64_t)oldest * PV_MINUTE_MS;
}

static int64_t newest_minute_ms(const struct pv_batch *batch)
{
    uint32_t newest = 0;

    for (size_t i = 0; i < batch->cell_count; i++)
        if (batch->cells[i].minute > newest)
            newest = batch->cells[i].minute;
    return (int64_t)newest * PV_MINUTE_MS;
}

/* New articles are counted in the hour of the batch's newest view: by the time of the events, so
 * that counting an old log again is not taken for a flood. */
static void note_new_articles(struct notes *notes, const struct pv_batch *batch,
                              const struct pv_commit_context *context,
                              const struct pv_commit_time *time)
{
    int64_t newest_ms = newest_minute_ms(batch);
    int64_t expires_ms = pv_bucket_start_ms(PV_BUCKET_DAY, newest_ms) + 2 * PV_DAY_MS;
    char hour[PV_BUCKET_NAME_SIZE];

    if (expires_ms <= time->now_ms)
        expires_ms = time->now_ms + PV_DAY_MS;
    pv_bucket_name(PV_BUCKET_HOUR, newest_ms, hour);
    note_number(notes, "new_max", context->max_new_articles);
    note_text(notes, "new_day", hour, (int)strlen("2026-11-24"));
    note_text(notes, "new_hour", hour + strlen("2026-11-24T"), 2);
    note_number(notes, "new_expires", expires_ms / 1000);
}

void pv_commit_write_notes(struct pv_buffer *bytes, const struct pv_batch *batch,
                           const struct pv_commit_context *context,
                           const struct pv_commit_time *time)
{
    struct notes notes = {.count = 0};

    if (context->by_events)
        note_text(&notes, "clock", "event", NOTE_SIZE);
    if (batch->caught_up_ms > 0)
        note_number(&notes, "caught_up", batch->caught_up_ms);
    if (context->by_events || batch->caught_up_ms > 0)
        note_number(&notes, "partitions", context->partitions);
    if (batch->idle)
        note_text(&notes, "idle", "1", NOTE_SIZE);
    if (batch->watermark_ms >= 0)
        note_number(&notes, "watermark", batch->watermark_ms);
    if (batch->origin != PV_OFFSET_NONE)
        note_number(&notes, "origin", batch->origin);
    if (batch->repeats_from != PV_OFFSET_NONE)
        note_number(&notes, "repeats_from", batch->repeats_from);
    if (batch->visits_wait)
        note_text(&notes, "visits", "wait", NOTE_SIZE);
    if (batch->cell_count > 0) {
        note_number(&notes, "oldest", oldest_minute_ms(batch));
        if (context->max_new_articles > 0)
            note_new_articles(&notes, batch, context, time);
    }
    pv_msgpack_array(bytes, 2 * notes.count);
    for (uint32_t i = 0; i < notes.count; i++) {
        pv_msgpack_text(bytes, notes.names[i], (uint16_t)strlen(notes.names[i]));
        pv_msgpack_text(bytes, notes.values[i], (uint16_t)strlen(notes.values[i]));
    }
}

int64_t pv_commit_expiry_s(const struct pv_commit_context *context,
                           const struct pv_commit_time *time, int64_t expires_ms)
{
    int64_t ahead_ms = context->by_events ? time->wall_ms - time->now_ms : 0;
    int64_t expiry_ms = expires_ms + ahead_ms;

    return expiry_ms > 0 ? expiry_ms / 1000 : 0;
}

/* Numbers that pv_commit only passes on travel as text: Lua is slow at formatting them. */
static void write_digits(struct pv_buffer *bytes, int64_t number)
{
    char digits[NOTE_SIZE];

    pv_msgpack_text(bytes, digits, (uint16_t)snprintf(digits, sizeof digits, "%" PRId64, number));
}

static void write_said(struct pv_buffer *bytes, const struct pv_batch *batch,
                       const struct pv_said_text *said)
{
    char at[2 * NOTE_SIZE];

    pv_msgpack_text(bytes, batch->facts.texts.data + said->text_at, (uint16_t)said->length);
    pv_msgpack_text(
        bytes, at,
        (uint16_t)snprintf(at, sizeof at, "%" PRId64 "/%" PRId64, said->hour_ms, said->offset));
}

void pv_commit_write_descriptions(struct pv_buffer *bytes, const struct pv_batch *batch,
                                  const struct pv_commit_context *context,
                                  const struct pv_commit_time *time)
{
    const struct pv_batch_facts *facts = &batch->facts;
    const char *prefix = context->facts_prefix != NULL ? context->facts_prefix : context->prefix;
    char stem[PV_KEY_SIZE];

    if (facts->description_count == 0)
        return;
    pv_msgpack_array(bytes, 1 + 8 * (uint32_t)facts->description_count);
    pv_msgpack_text(bytes, stem, (uint16_t)pv_key_article_stem(prefix, stem));
    for (size_t i = 0; i < facts->description_count; i++) {
        const struct pv_description *description = &facts->descriptions[i];

        pv_msgpack_number(bytes, (uint64_t)description->article + 1);
        write_digits(bytes, description->first_seen_ms);
        write_digits(bytes, description->last_seen_ms);
        write_digits(bytes,
                     pv_commit_expiry_s(context, time,
                                        description->last_seen_ms + context->retention->days_ms));
        write_said(bytes, batch, &description->title);
        write_said(bytes, batch, &description->section);
    }
}

static bool is_same_set(const struct pv_visit *a, const struct pv_visit *b)
{
    return a->article == b->article && a->minute == b->minute;
}

/* First visit behind `first` that is to another HyperLogLog. */
static size_t set_end(const struct pv_batch_facts *facts, size_t first)
{
    size_t end = first + 1;

    while (end < facts->visit_count && is_same_set(&facts->visits[first], &facts->visits[end]))
        end++;
    return end;
}

/* The places of the visits [first, end), of which the highest rank of a register counts. Returns
 * how many; `set` becomes what they are visits to. */
static size_t collect_places(const struct pv_batch_facts *facts, size_t first, size_t end,
                             struct pv_hll_place places[PV_HLL_REGISTERS], struct pv_visit_set *set)
{
    const struct pv_visit *visit = &facts->visits[first];
    size_t count = 0;

    *set = (struct pv_visit_set){
        .article = visit->article == PV_VISIT_OF_SITE ? 0 : (uint64_t)visit->article + 1,
        .minute = visit->minute};
    for (size_t i = first; i < end; i++) {
        struct pv_hll_place place = facts->visits[i].place;

        set->is_new = set->is_new || facts->visits[i].first;
        if (count == 0 || places[count - 1].index != place.index)
            places[count++] = place;
    }
    return count;
}

void pv_commit_write_visits(struct pv_buffer *bytes, const struct pv_batch *batch,
                            const struct pv_commit_context *context,
                            const struct pv_commit_time *time)
{
    const struct pv_batch_facts *facts = &batch->facts;
    const char *prefix = context->facts_prefix != NULL ? context->facts_prefix : context->prefix;
    size_t at = bytes->length;
    uint32_t items = 0;

    if (facts->visit_count == 0)
        return;
    if (batch->visits_wait) {
        pv_waiting_visits_write(bytes, batch);
        return;
    }
    pv_msgpack_array(bytes, 0); /* how many is known at the end */
    for (size_t first = 0, end; first < facts->visit_count; first = end) {
        struct pv_hll_place places[PV_HLL_REGISTERS];
        struct pv_visit_set set;
        size_t count;
        int64_t expires_ms;

        end = set_end(facts, first);
        count = collect_places(facts, first, end, places, &set);
        expires_ms = pv_visit_set_expires_ms(set.minute, set.article == 0);
        if (expires_ms > time->now_ms)
            items += pv_visit_set_write(
                bytes, prefix, &set, pv_commit_expiry_s(context, time, expires_ms), places, count);
    }
    if (bytes->failed)
        return;
    if (items == 0)
        bytes->length = at;
    else
        pv_msgpack_set_array(bytes, at, items);
}
