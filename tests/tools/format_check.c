/* Says what a log format makes of each line: for tests that compare it with another parser.
 *
 *     pv-format-check FORMAT < lines > answers
 *
 * A line on stdin is its length (4 bytes, big-endian) and its bytes. The answer is one line:
 * "bad_line", or "TS STATUS NO_CONSENT METHOD TARGET REFERRER USER_AGENT ADDRESS SITE PURPOSE
 * TITLE SECTION" with the texts in hexadecimal, "-" where the line does not say and "=" where a
 * text is empty. Exits 2 with the error on stderr when there is no such format.
 *
 *     pv-format-check FORMAT --time=ROUNDS < lines
 *
 * prints the nanoseconds of CPU that a line takes, the best of so many rounds over all lines. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "producer/formats/log_format.h"

enum { HEADER_SIZE = 4, INPUT_MAX = 64 << 20 };

struct line {
    const char *data;
    size_t length;
};

static void put_text(struct pv_text text)
{
    putchar(' ');
    if (text.data == NULL || text.length == 0) {
        putchar(text.data == NULL ? '-' : '=');
        return;
    }
    for (size_t i = 0; i < text.length; i++)
        printf("%02x", (unsigned)(unsigned char)text.data[i]);
}

static void answer(struct pv_log_format *format, struct line line)
{
    struct pv_hit hit;

    if (!pv_log_format_parse(format, line.data, line.length, &hit)) {
        puts("bad_line");
        return;
    }
    printf("%" PRId64 " %d %d", hit.ts_ms, hit.status, hit.no_consent ? 1 : 0);
    put_text(hit.method);
    put_text(hit.target);
    put_text(hit.referrer);
    put_text(hit.user_agent);
    put_text(hit.address);
    put_text(hit.site);
    put_text(hit.purpose);
    put_text(hit.title);
    put_text(hit.section);
    putchar('\n');
}

/* The next line at `*at`, which moves behind it. */
static bool next_line(const char **at, const char *end, struct line *line)
{
    const unsigned char *header = (const unsigned char *)*at;

    if (end - *at < HEADER_SIZE)
        return false;
    line->length = (size_t)header[0] << 24 | (size_t)header[1] << 16 | (size_t)header[2] << 8 |
                   (size_t)header[3];
    line->data = *at + HEADER_SIZE;
    if ((size_t)(end - line->data) < line->length)
        return false;
    *at = line->data + line->length;
    return true;
}

static double now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void measure(struct pv_log_format *format, const char *input, const char *end, long rounds)
{
    double best = 0;
    size_t lines = 0, hits = 0;

    for (long round = 0; round < rounds; round++) {
        const char *at = input;
        double start = now_ns(), spent;
        struct line line;
        struct pv_hit hit;

        for (lines = hits = 0; next_line(&at, end, &line); lines++)
            hits += pv_log_format_parse(format, line.data, line.length, &hit) ? 1 : 0;
        spent = now_ns() - start;
        if (round == 0 || spent < best)
            best = spent;
    }
    printf("%zu lines, %zu hits, %.0f ns a line\n", lines, hits,
           lines == 0 ? 0 : best / (double)lines);
}

int main(int argc, char **argv)
{
    struct pv_log_format *format = NULL;
    struct pv_error error;
    char *input = malloc(INPUT_MAX);
    const char *at, *end;
    struct line line;
    bool timed = argc == 3 && strncmp(argv[2], "--time=", 7) == 0;
    int code = 2;

    if ((argc != 2 && !timed) || input == NULL)
        goto done;
    if (pv_log_format_new(argv[1], &format, &error) != PV_OK) {
        fprintf(stderr, "%s\n", error.text);
        code = pv_exit_code(error.status);
        goto done;
    }
    at = input;
    end = input + fread(input, 1, INPUT_MAX, stdin);
    if (timed)
        measure(format, input, end, strtol(argv[2] + 7, NULL, 10));
    else
        while (next_line(&at, end, &line))
            answer(format, line);
    code = timed || at == end ? 0 : 1;
done:
    pv_log_format_destroy(format);
    free(input);
    return code;
}
