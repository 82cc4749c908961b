#include "dashboard-export/offsets.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "dashboard-export/bytes.h"
#include "pageview/event_json.h"
#include "pageview/utf8.h"

enum { PARTITION_DIGITS_MAX = 10 };

/* Reads "<topic>/<partition>"; false when it is something else. */
static bool parse_field(const char *field, size_t length, struct pv_offset *offset)
{
    const char *slash = strrchr(field, '/');
    size_t digits = slash != NULL ? strlen(slash + 1) : 0;

    if (digits == 0 || digits > PARTITION_DIGITS_MAX || strlen(field) != length ||
        strspn(slash + 1, "0123456789") != digits || !pv_utf8_is_valid(field, length))
        return false;
    offset->topic_length = (size_t)(slash - field);
    offset->partition = strtoll(slash + 1, NULL, 10);
    return true;
}

static int compare_offsets(const void *left, const void *right)
{
    const struct pv_offset *a = left, *b = right;
    int order = pv_bytes_compare(a->field, a->topic_length, b->field, b->topic_length);

    return order != 0 ? order : (a->partition > b->partition) - (a->partition < b->partition);
}

enum pv_status pv_offsets_from_reply(const struct pv_redis_reply *reply, struct pv_offsets *offsets,
                                     struct pv_error *error)
{
    size_t pairs = pv_redis_reply_count(reply) / 2;

    *offsets = (struct pv_offsets){0};
    if (pairs == 0)
        return PV_OK;
    offsets->items = calloc(pairs, sizeof *offsets->items);
    if (offsets->items == NULL)
        return pv_error_nomem(error, "the offsets");
    for (size_t i = 0; i < pairs; i++) {
        struct pv_offset *offset = &offsets->items[offsets->count];
        size_t length = 0;
        const char *field = pv_redis_reply_text(pv_redis_reply_at(reply, 2 * i), &length);

        offset->next = pv_redis_reply_number(pv_redis_reply_at(reply, 2 * i + 1), -1);
        if (field == NULL || offset->next < 0 || !parse_field(field, length, offset))
            continue;
        offset->field = strdup(field);
        if (offset->field == NULL) {
            pv_offsets_clean_up(offsets);
            return pv_error_nomem(error, "the offsets");
        }
        offsets->count++;
    }
    qsort(offsets->items, offsets->count, sizeof *offsets->items, compare_offsets);
    return PV_OK;
}

void pv_offsets_clean_up(struct pv_offsets *offsets)
{
    for (size_t i = 0; i < offsets->count; i++)
        free(offsets->items[i].field);
    free(offsets->items);
    *offsets = (struct pv_offsets){0};
}

bool pv_offsets_equal(const struct pv_offsets *a, const struct pv_offsets *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->items[i].field, b->items[i].field) != 0 ||
            a->items[i].next != b->items[i].next)
            return false;
    return true;
}

void pv_offsets_write(struct pv_buffer *buffer, const struct pv_offsets *offsets)
{
    pv_buffer_add_char(buffer, '{');
    for (size_t i = 0; i < offsets->count; i++) {
        if (i > 0)
            pv_buffer_add_char(buffer, ',');
        pv_json_string_write(buffer, offsets->items[i].field, strlen(offsets->items[i].field));
        pv_buffer_add_format(buffer, ":%" PRId64, offsets->items[i].next);
    }
    pv_buffer_add_char(buffer, '}');
}
