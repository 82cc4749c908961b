#include "producer/sources/log_source.h"

#include "producer/sources/log_follow.h"

static bool is_position(const char *text)
{
    struct pv_log_position position;

    return pv_log_position_parse(text, &position);
}

static enum pv_status start(void *self, const char *text, bool from_end, struct pv_error *error)
{
    struct pv_log_position position;

    if (text == NULL || !pv_log_position_parse(text, &position))
        return pv_log_start(self, NULL, from_end, error);
    return pv_log_start(self, &position, from_end, error);
}

static enum pv_status next(void *self, struct pv_line *line, bool *found, struct pv_error *error)
{
    return pv_log_next(self, line, found, error);
}

static void tell_position(const void *self, char text[PV_POSITION_TEXT_SIZE], int64_t *offset)
{
    struct pv_log_position position;

    pv_log_position(self, &position);
    pv_log_position_format(&position, text);
    *offset = pv_log_position_offset(&position);
}

/* Logs belong to the web server, which rotates them. */
static void on_committed(void *self, const char *position)
{
    (void)self;
    (void)position;
}

static int64_t lost(const void *self)
{
    return pv_log_lost_segments(self);
}

static int64_t unread(const void *self)
{
    return pv_log_unread_bytes(self);
}

static void destroy(void *self)
{
    pv_log_destroy(self);
}

enum pv_status pv_log_source_new(const char *path, int64_t rotate_wait_ms,
                                 const struct pv_clock *clock, struct pv_line_source *source,
                                 struct pv_error *error)
{
    static const struct pv_line_source_kind kind = {
        is_position, start, next, tell_position, on_committed, lost, unread, destroy,
    };
    struct pv_log *log;
    enum pv_status status = pv_log_new(path, rotate_wait_ms, clock, &log, error);

    if (status == PV_OK)
        *source = (struct pv_line_source){&kind, log};
    return status;
}
