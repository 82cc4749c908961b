/* The terminal that the live table is shown in. */
#ifndef DASHBOARD_EXPORT_LIVE_TOP_SCREEN_H
#define DASHBOARD_EXPORT_LIVE_TOP_SCREEN_H

#include <stdbool.h>
#include <stdint.h>
#include <termios.h>

#include "pageview/buffer.h"

struct pv_live_screen {
    bool reads_keys; /* stdin is a terminal */
    struct termios before;
    size_t columns, rows;
};

enum pv_live_event { PV_LIVE_ELAPSED, PV_LIVE_RESIZED, PV_LIVE_END };

/* Takes the terminal at stdout: another screen, and keys as they are typed. */
enum pv_status pv_live_screen_begin(struct pv_live_screen *screen,
                                    struct pv_error *error) PV_MUST_CHECK;
/* Gives it back as it was. */
void pv_live_screen_end(struct pv_live_screen *screen);

/* Replaces what is shown by the lines of `text`. */
enum pv_status pv_live_screen_draw(const struct pv_buffer *text,
                                   struct pv_error *error) PV_MUST_CHECK;

/* Waits for `ms`, another size of the window (which is then in `screen`), or the end: q, Ctrl-C, a
 * closed terminal, or pv_stop_requested. */
enum pv_live_event pv_live_screen_wait(struct pv_live_screen *screen, int64_t ms);

/* Writes all of `text` to stdout as it is. A reader that went away is no failure. */
enum pv_status pv_live_write(const struct pv_buffer *text, struct pv_error *error) PV_MUST_CHECK;

#endif
