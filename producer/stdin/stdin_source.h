/* Reads lines from standard input, or any other descriptor, and gives each to a taker: for a web
 * server's piped log.
 *
 * A line that finds no room waits, and with it the pipe: once that is full (64 KiB on Linux), the
 * web server waits as well. That is the bargain of a piped log: no line is lost while there is no
 * room, but requests stand still.
 *
 * One thread reads. Memory: PV_FRAMING_BUFFER_MAX bytes at most. */
#ifndef PRODUCER_STDIN_STDIN_SOURCE_H
#define PRODUCER_STDIN_STDIN_SOURCE_H

#include <stdbool.h>

#include "pageview/metrics.h"
#include "pageview/status.h"
#include "producer/take_line.h"

/* How long the writer is given to end the stream when the program is to stop: less than
 * PV_STOP_DEADLINE_MS. A web server that restarts gracefully ends it with its longest request. */
#define PV_STDIN_DRAIN_MS 8000

/* lines that came = lines + too_long + cut_off + lost. */
struct pv_stdin_metrics {
    pv_metric_value lines, bytes; /* taken; without line feeds */
    pv_metric_value too_long;     /* over PV_TAKE_LINE_MAX, skipped */
    pv_metric_value cut_off;      /* half a line when reading was stopped before the end */
    pv_metric_value lost;         /* read, but there was no room for them until the end */
    pv_metric_value waits;        /* times that a line began to wait for room */
};

#define PV_STDIN_METRIC_ROWS 6
size_t pv_stdin_metrics_table(const struct pv_stdin_metrics *metrics,
                              struct pv_metric rows[PV_STDIN_METRIC_ROWS]);

struct pv_stdin;

/* Starts the thread that reads `fd`, which stays the caller's, and calls `take` with `context`.
 * Empty lines are left out; half a line at the end of the stream is a line. `take`, `context` and
 * `metrics` must outlive it. PV_INVALID: `fd` cannot be read. */
enum pv_status pv_stdin_new(int fd, pv_take_line take, void *context,
                            struct pv_stdin_metrics *metrics, struct pv_stdin **source,
                            struct pv_error *error) PV_MUST_CHECK;

/* True once the stream has ended and its last line is taken. From any thread. */
bool pv_stdin_at_end(const struct pv_stdin *source);

/* For SIGTERM, before pv_stdin_destroy. A web server that restarts or stops closes its end of the
 * pipe and sends its piped loggers SIGTERM at once, with lines still in the pipe. This reads on to
 * the end of the stream and returns when all is taken, or after PV_STDIN_DRAIN_MS. */
void pv_stdin_drain(struct pv_stdin *source);

/* Stops reading. Lines that were read are taken first; one that finds no room is tried until
 * PV_STDIN_DRAIN_MS have passed since pv_stdin_drain or, without it, since this call; the rest is
 * counted as lost. NULL is fine. */
void pv_stdin_destroy(struct pv_stdin *source);

#endif
