#include "producer/syslog/framing.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 16384 };

/* What a message begins with. */
enum count { COUNT_NONE, COUNT_UNKNOWN, COUNT_FOUND };

void pv_framing_clean_up(struct pv_framing *framing)
{
    free(framing->data);
    *framing = (struct pv_framing){.lines_only = framing->lines_only};
}

/* Moves what is there to the front; gives memory back that a long message has needed. */
static void compact(struct pv_framing *framing)
{
    size_t length = framing->end - framing->start;

    if (length == 0 && framing->capacity > FIRST_CAPACITY) {
        free(framing->data);
        framing->data = NULL;
        framing->capacity = 0;
    } else if (framing->start > 0 && length > 0) {
        memmove(framing->data, framing->data + framing->start, length);
    }
    framing->start = 0;
    framing->end = length;
}

char *pv_framing_room(struct pv_framing *framing, size_t *room)
{
    compact(framing);
    if (framing->end == framing->capacity) {
        size_t capacity = framing->capacity == 0 ? FIRST_CAPACITY : framing->capacity * 2;
        char *data;

        if (capacity > PV_FRAMING_BUFFER_MAX)
            capacity = PV_FRAMING_BUFFER_MAX;
        data = realloc(framing->data, capacity);
        if (data == NULL)
            return NULL;
        framing->data = data;
        framing->capacity = capacity;
    }
    *room = framing->capacity - framing->end;
    return framing->data + framing->end;
}

void pv_framing_added(struct pv_framing *framing, size_t count)
{
    framing->end += count;
}

static void drop(struct pv_framing *framing, size_t count)
{
    framing->start += count;
    framing->seen = 0;
}

/* The line feed that ends what is there, or NULL. Bytes that were looked at are not again. */
static const char *find_line_feed(struct pv_framing *framing)
{
    size_t length = framing->end - framing->start;
    const char *data = framing->data + framing->start;
    const char *found = NULL;

    if (length > framing->seen)
        found = memchr(data + framing->seen, '\n', length - framing->seen);
    framing->seen = found == NULL ? length : (size_t)(found - data);
    return found;
}

/* Goes past bytes of a message that is skipped. False while more of it is to come. */
static bool skip(struct pv_framing *framing)
{
    size_t length = framing->end - framing->start;
    size_t counted = framing->skip_bytes < length ? framing->skip_bytes : length;

    framing->skip_bytes -= counted;
    if (counted > 0)
        drop(framing, counted);
    if (framing->skip_line) {
        const char *line_feed = find_line_feed(framing);

        framing->skip_line = line_feed == NULL;
        drop(framing, line_feed == NULL ? length : framing->seen + 1);
    }
    return framing->skip_bytes == 0 && !framing->skip_line;
}

static void skip_empty_lines(struct pv_framing *framing)
{
    while (framing->start < framing->end && framing->data[framing->start] == '\n')
        drop(framing, 1);
}

/* "123 <": the count, and the length of its digits and the space. */
static enum count read_count(const char *data, size_t length, size_t *count, size_t *header)
{
    size_t digits = 0, value = 0;

    while (digits < length && digits < PV_FRAMING_COUNT_DIGITS && data[digits] >= '0' &&
           data[digits] <= '9') {
        value = value * 10 + (size_t)(data[digits] - '0');
        digits++;
    }
    if (digits == 0 || data[0] == '0')
        return COUNT_NONE;
    for (size_t i = 0; i < 2; i++) {
        if (digits + i == length)
            return COUNT_UNKNOWN;
        if (data[digits + i] != " <"[i])
            return COUNT_NONE;
    }
    *count = value;
    *header = digits + 1;
    return COUNT_FOUND;
}

static enum pv_frame next_counted(struct pv_framing *framing, size_t count, size_t header,
                                  const char **message, size_t *length)
{
    if (count > PV_TAKE_LINE_MAX) {
        drop(framing, header);
        framing->skip_bytes = count;
        return PV_FRAME_TOO_LONG;
    }
    if (framing->end - framing->start < header + count)
        return PV_FRAME_NONE;
    framing->taking = header + count;
    *message = framing->data + framing->start + header;
    *length = count;
    return PV_FRAME_MESSAGE;
}

static enum pv_frame next_line(struct pv_framing *framing, const char **message, size_t *length)
{
    const char *line_feed = find_line_feed(framing);

    if (framing->seen > PV_TAKE_LINE_MAX) {
        framing->skip_line = true;
        return PV_FRAME_TOO_LONG;
    }
    if (line_feed == NULL)
        return PV_FRAME_NONE;
    framing->taking = framing->seen + 1;
    *message = framing->data + framing->start;
    *length = framing->seen;
    return PV_FRAME_MESSAGE;
}

enum pv_frame pv_framing_next(struct pv_framing *framing, const char **message, size_t *length)
{
    enum count kind = COUNT_NONE;
    size_t count = 0, header = 0;

    if (!skip(framing))
        return PV_FRAME_NONE;
    skip_empty_lines(framing);
    if (framing->start == framing->end)
        return PV_FRAME_NONE;
    if (!framing->lines_only)
        kind = read_count(framing->data + framing->start, framing->end - framing->start, &count,
                          &header);
    if (kind == COUNT_UNKNOWN)
        return PV_FRAME_NONE;
    if (kind == COUNT_FOUND)
        return next_counted(framing, count, header, message, length);
    return next_line(framing, message, length);
}

void pv_framing_take(struct pv_framing *framing)
{
    drop(framing, framing->taking);
    framing->taking = 0;
}

bool pv_framing_has_rest(const struct pv_framing *framing, const char **message, size_t *length)
{
    if (framing->start == framing->end)
        return false;
    if (message != NULL)
        *message = framing->data + framing->start;
    if (length != NULL)
        *length = framing->end - framing->start;
    return true;
}
