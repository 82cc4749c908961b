#include "pageview/log.h"

#include "pageview/bucket.h"
#include "pageview/clock.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    LINE_SIZE = 4096,
    EVENTS = 64, /* different events that are limited one by one; more share the last place */
    LINES_PER_PERIOD = 10,
    PERIOD_MS = 10000,
};

static const char *const level_names[] = {"debug", "info", "warn", "error"};

static struct {
    pthread_mutex_t lock;
    enum pv_log_level level;
    size_t used;
    struct {
        const char *event;
        int64_t period_start_ms;
        unsigned written;
        unsigned suppressed;
    } events[EVENTS];
} logger = {.lock = PTHREAD_MUTEX_INITIALIZER, .level = PV_LOG_INFO};

void pv_log_set_level(enum pv_log_level level)
{
    pthread_mutex_lock(&logger.lock);
    logger.level = level;
    pthread_mutex_unlock(&logger.lock);
}

/* True when a line of `event` may be written now; `*suppressed` is how many before it were not. */
static bool admit(const char *event, unsigned *suppressed)
{
    int64_t now_ms = pv_monotonic_ms();
    size_t at = 0;

    while (at < logger.used && strcmp(logger.events[at].event, event) != 0)
        at++;
    if (at == EVENTS)
        at = EVENTS - 1;
    if (at == logger.used) {
        logger.used++;
        logger.events[at].event = event;
        logger.events[at].period_start_ms = now_ms;
    }
    if (now_ms - logger.events[at].period_start_ms >= PERIOD_MS) {
        logger.events[at].period_start_ms = now_ms;
        logger.events[at].written = 0;
    }
    if (logger.events[at].written == LINES_PER_PERIOD) {
        logger.events[at].suppressed++;
        return false;
    }
    logger.events[at].written++;
    *suppressed = logger.events[at].suppressed;
    logger.events[at].suppressed = 0;
    return true;
}

struct line {
    char text[LINE_SIZE];
    size_t length;
};

static void put_char(struct line *line, char c)
{
    if (line->length < LINE_SIZE - 1) /* room for the newline */
        line->text[line->length++] = c;
}

static void put_text(struct line *line, const char *text)
{
    while (*text != '\0')
        put_char(line, *text++);
}

static void put_number(struct line *line, int64_t number)
{
    char digits[24];

    snprintf(digits, sizeof digits, "%" PRId64, number);
    put_text(line, digits);
}

static bool is_control(char c)
{
    return (unsigned char)c < ' ' || c == 0x7f;
}

/* A value is quoted when it has anything but plain visible characters. */
static void put_value(struct line *line, const char *value)
{
    bool quote = value[0] == '\0';

    for (const char *c = value; *c != '\0'; c++)
        quote = quote || is_control(*c) || *c == ' ' || *c == '"' || *c == '\\' || *c == '=';
    if (!quote) {
        put_text(line, value);
        return;
    }
    put_char(line, '"');
    for (const char *c = value; *c != '\0'; c++) {
        char shown = *c;

        if (is_control(shown))
            shown = ' ';
        if (shown == '"' || shown == '\\')
            put_char(line, '\\');
        put_char(line, shown);
    }
    put_char(line, '"');
}

static void put_time(struct line *line)
{
    char text[PV_TIME_TEXT_SIZE], millis[8];
    int64_t now_ms = pv_clock_now_ms(&pv_wall_clock);

    pv_time_text(now_ms, text);
    text[PV_TIME_TEXT_SIZE - 2] = '\0';
    snprintf(millis, sizeof millis, ".%03dZ", (int)(now_ms % 1000));
    put_text(line, text);
    put_text(line, millis);
}

static void write_line(const char *text, size_t length)
{
    while (length > 0) {
        ssize_t written = write(STDERR_FILENO, text, length);
        if (written <= 0)
            return; /* nowhere left to say it */
        text += written;
        length -= (size_t)written;
    }
}

void pv_log_fields(enum pv_log_level level, const char *event, const struct pv_log_field *fields)
{
    struct line line = {.length = 0};
    unsigned suppressed = 0;

    pthread_mutex_lock(&logger.lock);
    if (level < logger.level || !admit(event, &suppressed)) {
        pthread_mutex_unlock(&logger.lock);
        return;
    }
    put_time(&line);
    put_char(&line, ' ');
    put_text(&line, level_names[level]);
    put_text(&line, " event=");
    put_text(&line, event);
    for (; fields->key != NULL; fields++) {
        put_char(&line, ' ');
        put_text(&line, fields->key);
        put_char(&line, '=');
        if (fields->text != NULL)
            put_value(&line, fields->text);
        else
            put_number(&line, fields->number);
    }
    if (suppressed > 0) {
        put_text(&line, " suppressed=");
        put_number(&line, suppressed);
    }
    line.text[line.length++] = '\n';
    write_line(line.text, line.length);
    pthread_mutex_unlock(&logger.lock);
}
