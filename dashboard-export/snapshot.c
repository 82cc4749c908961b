#include "dashboard-export/snapshot.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "pageview/event_json.h"

/* How a stamp looks: `#` is a digit, `~` a character of a padded number or null. */
static const char shape[] = "{\"generated_at\":\"####-##-##T##:##:##Z\",\"lag_seconds\":~~~~~~~~~~";

_Static_assert(sizeof shape - 1 == PV_SNAPSHOT_STAMP_SIZE, "a stamp has one size");

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool fits(char c, char wanted)
{
    switch (wanted) {
    case '#':
        return is_digit(c);
    case '~':
        return is_digit(c) || (c != '\0' && strchr(" nul", c) != NULL);
    default:
        return c == wanted;
    }
}

bool pv_snapshot_stamp_read(const char *text, size_t length, char time[PV_TIME_TEXT_SIZE])
{
    if (length < PV_SNAPSHOT_STAMP_SIZE)
        return false;
    for (size_t i = 0; i < PV_SNAPSHOT_STAMP_SIZE; i++)
        if (!fits(text[i], shape[i]))
            return false;
    memcpy(time, text + (strchr(shape, '#') - shape), PV_TIME_TEXT_SIZE - 1);
    time[PV_TIME_TEXT_SIZE - 1] = '\0';
    return true;
}

/* Seconds since the last commit, padded to a fixed width: JSON allows blanks before a value. */
static void write_lag(struct pv_buffer *buffer, const struct pv_snapshot_stamp *stamp)
{
    int64_t lag_s = (stamp->generated_ms - stamp->committed_ms) / 1000;

    if (stamp->committed_ms < 0)
        pv_buffer_add_text(buffer, "      null");
    else if (lag_s < 0) /* another machine's clock is ahead */
        pv_buffer_add_text(buffer, "         0");
    else
        pv_buffer_add_format(buffer, "%10" PRId64, lag_s <= INT32_MAX ? lag_s : INT32_MAX);
}

void pv_snapshot_write_stamp(struct pv_buffer *buffer, const struct pv_snapshot_stamp *stamp,
                             const char *schema)
{
    char time[PV_TIME_TEXT_SIZE];

    pv_time_text(stamp->generated_ms, time);
    pv_buffer_add_format(buffer, "{\"generated_at\":\"%s\",\"lag_seconds\":", time);
    write_lag(buffer, stamp);
    pv_buffer_add_format(buffer, ",\"schema\":\"pageviews/%s\"", schema);
}

void pv_snapshot_write_about(struct pv_buffer *buffer, const struct pv_snapshot_about *about,
                             const char *schema)
{
    pv_snapshot_write_stamp(buffer, &about->stamp, schema);
    pv_buffer_add_text(buffer, about->exact ? ",\"exact\":true" : ",\"exact\":false");
    pv_buffer_add_text(buffer, ",\"counted_to\":");
    pv_offsets_write(buffer, about->offsets);
}

void pv_snapshot_write_text(struct pv_buffer *buffer, const char *name, struct pv_text text)
{
    pv_buffer_add_format(buffer, ",\"%s\":", name);
    if (text.length > 0)
        pv_json_string_write(buffer, text.data, text.length);
    else
        pv_buffer_add_text(buffer, "null");
}
