#include "aggregator/commit_facts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "aggregator/hll_sketch.h"
#include "aggregator/msgpack.h"
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

/* When Redis is to let a key go that is kept until `expires_ms` by the clock of the counts. */
static int64_t redis_expiry_s(const struct pv_commit_context *context,
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
        write_digits(
            bytes,
            redis_expiry_s(context, time, description->last_seen_ms + context->retention->days_ms));
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

static int64_t visits_expire_ms(const struct pv_visit *visit)
{
    int64_t start_ms = (int64_t)visit->minute * PV_MINUTE_MS;

    return visit->article == PV_VISIT_OF_SITE ? start_ms + PV_MINUTE_MS + PV_KEEP_MINUTE_VISITORS_MS
                                              : start_ms + PV_DAY_MS + PV_KEEP_DAY_VISITORS_MS;
}

/* A sketch costs Redis the same however many places it has, an element a microsecond. Where there
 * is no key yet the sketch becomes its value; elsewhere it has to be merged, which is dearer. */
enum { SKETCH_FROM_NEW = 3, SKETCH_FROM = 256 };

/* The places of the visits [first, end), of which the highest rank of a register counts. Returns
 * how many; `*is_new` says that the key may not be there yet. */
static size_t collect_places(const struct pv_batch_facts *facts, size_t first, size_t end,
                             struct pv_hll_place places[PV_HLL_REGISTERS], bool *is_new)
{
    size_t count = 0;

    *is_new = false;
    for (size_t i = first; i < end; i++) {
        struct pv_hll_place place = facts->visits[i].place;

        *is_new = *is_new || facts->visits[i].first;
        if (count == 0 || places[count - 1].index != place.index)
            places[count++] = place;
    }
    return count;
}

static void write_places(struct pv_buffer *bytes, const struct pv_hll_place *places, size_t count,
                         bool is_new)
{
    if (count >= (is_new ? SKETCH_FROM_NEW : SKETCH_FROM)) {
        char sketch[PV_HLL_SKETCH_MAX];

        pv_msgpack_number(bytes, 0);
        pv_msgpack_text(bytes, sketch, (uint16_t)pv_hll_sketch_write(places, count, sketch));
        return;
    }
    pv_msgpack_number(bytes, count);
    for (size_t i = 0; i < count; i++) {
        unsigned char element[PV_HLL_ELEMENT_SIZE];

        pv_hll_element_of(places[i], element);
        pv_msgpack_text(bytes, (const char *)element, sizeof element);
    }
}

/* Returns how many values it wrote. */
static uint32_t write_set(struct pv_buffer *bytes, const struct pv_batch *batch, const char *prefix,
                          size_t first, size_t end, int64_t expiry_s)
{
    const struct pv_visit *visit = &batch->facts.visits[first];
    int64_t time_ms = (int64_t)visit->minute * PV_MINUTE_MS;
    bool of_site = visit->article == PV_VISIT_OF_SITE, is_new;
    struct pv_hll_place places[PV_HLL_REGISTERS];
    size_t count = collect_places(&batch->facts, first, end, places, &is_new);
    char stem[PV_KEY_SIZE];
    size_t length = of_site ? pv_key_site_visitors(prefix, time_ms, stem)
                            : pv_key_visitors_stem(prefix, time_ms, stem);

    pv_msgpack_text(bytes, stem, (uint16_t)length);
    pv_msgpack_number(bytes, of_site ? 0 : (uint64_t)visit->article + 1);
    if (is_new)
        write_digits(bytes, expiry_s);
    else
        pv_msgpack_text(bytes, "", 0);
    write_places(bytes, places, count, is_new);
    return 4 + (count >= (is_new ? SKETCH_FROM_NEW : SKETCH_FROM) ? 1 : (uint32_t)count);
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
    pv_msgpack_array(bytes, 0); /* how many is known at the end */
    for (size_t first = 0, end; first < facts->visit_count; first = end) {
        int64_t expires_ms = visits_expire_ms(&facts->visits[first]);

        end = set_end(facts, first);
        if (expires_ms > time->now_ms)
            items += write_set(bytes, batch, prefix, first, end,
                               redis_expiry_s(context, time, expires_ms));
    }
    if (bytes->failed)
        return;
    if (items == 0)
        bytes->length = at;
    else
        pv_msgpack_set_array(bytes, at, items);
}
