#include <stdlib.h>
#include <string.h>

#include "pageview/keys.h"
#include "pageview/reader_connection.h"

enum { PARTITION_DIGITS_MAX = 10 };

static int compare(const void *left, const void *right)
{
    const struct pv_reader_offset *a = left, *b = right;
    int order = strcmp(a->topic, b->topic);

    return order != 0 ? order : (a->partition > b->partition) - (a->partition < b->partition);
}

/* Splits "<topic>/<partition>" in place; false when it is something else. */
static bool split(char *field, struct pv_reader_offset *offset)
{
    char *slash = strrchr(field, '/');
    size_t digits = slash != NULL ? strlen(slash + 1) : 0;
    long long partition;

    if (digits == 0 || digits > PARTITION_DIGITS_MAX || strspn(slash + 1, "0123456789") != digits)
        return false;
    partition = strtoll(slash + 1, NULL, 10);
    if (partition > INT32_MAX)
        return false;
    *slash = '\0';
    offset->topic = field;
    offset->partition = (int32_t)partition;
    return true;
}

/* Offsets and their texts in one piece of memory. Fields of another form are not ours and are left
 * out. */
static enum pv_status take(const struct pv_redis_reply *reply, struct pv_reader_offset **offsets,
                           size_t *count, struct pv_error *error)
{
    size_t pairs = pv_redis_reply_count(reply) / 2, bytes = pairs * sizeof **offsets;
    char *text;

    for (size_t i = 0; i < pairs; i++) {
        size_t length = 0;

        (void)pv_redis_reply_text(pv_redis_reply_at(reply, 2 * i), &length);
        bytes += length + 1;
    }
    if (pairs == 0)
        return PV_OK;
    *offsets = malloc(bytes);
    if (*offsets == NULL)
        return pv_error_nomem(error, "the offsets");
    text = (char *)(*offsets + pairs);
    for (size_t i = 0; i < pairs; i++) {
        struct pv_reader_offset *offset = &(*offsets)[*count];
        size_t length = 0;
        const char *field = pv_redis_reply_text(pv_redis_reply_at(reply, 2 * i), &length);

        offset->next = pv_redis_reply_number(pv_redis_reply_at(reply, 2 * i + 1), -1);
        if (field == NULL || offset->next < 0)
            continue;
        memcpy(text, field, length + 1);
        if (strlen(text) == length && split(text, offset))
            (*count)++;
        text += length + 1;
    }
    if (*count > 0) {
        qsort(*offsets, *count, sizeof **offsets, compare);
    } else {
        free(*offsets);
        *offsets = NULL;
    }
    return PV_OK;
}

enum pv_status pv_reader_offsets(struct pv_reader *reader, struct pv_reader_offset **offsets,
                                 size_t *count, struct pv_error *error)
{
    struct pv_redis_reply *reply = NULL;
    char key[PV_KEY_SIZE];
    enum pv_status status;

    *offsets = NULL;
    *count = 0;
    pv_key_offsets(reader->options.prefix, key);
    status = pv_reader_ask_key(reader, "HGETALL", key, &reply, error);
    if (status == PV_OK)
        status = take(reply, offsets, count, error);
    pv_redis_reply_destroy(reply);
    return status;
}

void pv_reader_offsets_destroy(struct pv_reader_offset *offsets)
{
    free(offsets);
}
