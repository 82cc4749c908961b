#include "dashboard-export/live_top_screen.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "pageview/clock.h"
#include "pageview/stop.h"

/* Control sequences of ECMA-48, and of xterm where they have a "?". */
#define OTHER_SCREEN "\033[?1049h"
#define FIRST_SCREEN "\033[?1049l"
#define HIDE_CURSOR  "\033[?25l"
#define SHOW_CURSOR  "\033[?25h"
#define CUT_LINES    "\033[?7l" /* too long ones are cut, not wrapped */
#define WRAP_LINES   "\033[?7h"
#define TO_START     "\033[H"
#define CLEAR_LINE   "\033[K" /* from the cursor to its end */
#define CLEAR_BELOW  "\033[J"

/* A signal may come to another thread and interrupt nothing here, so it is looked for this often.
 */
enum { LOOK_MS = 100, COLUMNS_DEFAULT = 80, ROWS_DEFAULT = 24, CTRL_C = 3 };

static void read_size(size_t *columns, size_t *rows)
{
    struct winsize size = {0};
    bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;

    *columns = known && size.ws_col > 0 ? size.ws_col : COLUMNS_DEFAULT;
    *rows = known && size.ws_row > 0 ? size.ws_row : ROWS_DEFAULT;
}

enum pv_status pv_live_write(const struct pv_buffer *text, struct pv_error *error)
{
    size_t at = 0;

    if (text->failed)
        return pv_error_nomem(error, "the live table");
    while (at < text->length) {
        ssize_t written = write(STDOUT_FILENO, text->data + at, text->length - at);

        if (written >= 0)
            at += (size_t)written;
        else if (errno == EPIPE)
            return PV_OK;
        else if (errno != EINTR)
            return pv_error_set(error, PV_IO, "stdout: %s", strerror(errno));
    }
    return PV_OK;
}

static enum pv_status write_text(const char *text, struct pv_error *error)
{
    struct pv_buffer buffer = {0};
    enum pv_status status;

    pv_buffer_add_text(&buffer, text);
    status = pv_live_write(&buffer, error);
    pv_buffer_clean_up(&buffer);
    return status;
}

enum pv_status pv_live_screen_begin(struct pv_live_screen *screen, struct pv_error *error)
{
    *screen = (struct pv_live_screen){0};
    screen->reads_keys = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &screen->before) == 0;
    if (screen->reads_keys) {
        struct termios keys = screen->before;

        /* Ctrl-C is a key as q is: a second one while Redis is slow must not end the program
         * before the terminal is given back. */
        keys.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
        keys.c_cc[VMIN] = 0;
        keys.c_cc[VTIME] = 0;
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &keys);
    }
    read_size(&screen->columns, &screen->rows);
    return write_text(OTHER_SCREEN HIDE_CURSOR CUT_LINES, error);
}

void pv_live_screen_end(struct pv_live_screen *screen)
{
    struct pv_error ignored;

    (void)write_text(WRAP_LINES SHOW_CURSOR FIRST_SCREEN, &ignored);
    if (screen->reads_keys)
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &screen->before);
}

enum pv_status pv_live_screen_draw(const struct pv_buffer *text, struct pv_error *error)
{
    struct pv_buffer frame = {.failed = text->failed};
    enum pv_status status;

    pv_buffer_add_text(&frame, TO_START);
    for (size_t at = 0; at < text->length;) {
        const char *line = text->data + at;
        const char *newline = memchr(line, '\n', text->length - at);
        size_t length = newline != NULL ? (size_t)(newline - line) : text->length - at;

        if (at > 0) /* none behind the last line: it would move the others up */
            pv_buffer_add_text(&frame, "\r\n");
        pv_buffer_add(&frame, line, length);
        pv_buffer_add_text(&frame, CLEAR_LINE);
        at += length + 1;
    }
    pv_buffer_add_text(&frame, CLEAR_BELOW);
    status = pv_live_write(&frame, error);
    pv_buffer_clean_up(&frame);
    return status;
}

/* True when a key asks for the end, or no more keys can come. */
static bool key_ends(void)
{
    struct pollfd readable = {STDIN_FILENO, POLLIN, 0};
    char keys[64];
    ssize_t count = read(STDIN_FILENO, keys, sizeof keys);

    for (ssize_t i = 0; i < count; i++)
        if (keys[i] == 'q' || keys[i] == 'Q' || keys[i] == CTRL_C)
            return true;
    return (count < 0 && errno != EINTR && errno != EAGAIN) ||
           (count == 0 && poll(&readable, 1, 0) > 0 && (readable.revents & POLLHUP) != 0);
}

enum pv_live_event pv_live_screen_wait(struct pv_live_screen *screen, int64_t ms)
{
    int64_t end_ms = pv_monotonic_ms() + ms, left_ms = ms;

    for (;;) {
        struct pollfd readable = {screen->reads_keys ? STDIN_FILENO : -1, POLLIN, 0};
        size_t columns, rows;

        if (pv_stop_requested())
            return PV_LIVE_END;
        if (left_ms <= 0)
            return PV_LIVE_ELAPSED;
        if (poll(&readable, 1, left_ms < LOOK_MS ? (int)left_ms : LOOK_MS) > 0 && key_ends())
            return PV_LIVE_END;
        read_size(&columns, &rows);
        if (columns != screen->columns || rows != screen->rows) {
            screen->columns = columns;
            screen->rows = rows;
            return PV_LIVE_RESIZED;
        }
        left_ms = end_ms - pv_monotonic_ms();
    }
}
