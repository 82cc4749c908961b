/* Runs a receiver of lines and appends those that it takes to a file, for tests.
 *
 *     pv-line-receiver OUT syslog ADDR:PORT METRICS_ADDR:PORT [IDLE_MS]
 *     pv-line-receiver OUT stdin -          METRICS_ADDR:PORT
 *
 * While the file OUT.full exists there is no room for lines; while OUT.busy exists, taking one does
 * not return. Ends at SIGTERM, or when standard input does. */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "pageview/log.h"
#include "pageview/stop.h"
#include "producer/stdin/stdin_source.h"
#include "producer/syslog/receiver.h"

enum { PATH_SIZE = 4096, POLL_MS = 20 };

struct sink {
    int file;
    char full[PATH_SIZE], busy[PATH_SIZE];
};

static struct pv_syslog_metrics syslog_metrics;
static struct pv_stdin_metrics stdin_metrics;

static enum pv_take take(void *context, const char *line, size_t length)
{
    struct sink *sink = context;
    struct iovec parts[2] = {{(void *)line, length}, {(void *)"\n", 1}};

    if (access(sink->busy, F_OK) == 0)
        pv_log(PV_LOG_INFO, "busy", PV_NUMBER("bytes", length));
    while (access(sink->busy, F_OK) == 0)
        poll(NULL, 0, POLL_MS);
    if (access(sink->full, F_OK) == 0)
        return PV_TAKE_FULL;
    if (writev(sink->file, parts, 2) != (ssize_t)length + 1)
        abort();
    return PV_TAKE_DONE;
}

static bool is_ready(void *context)
{
    (void)context;
    return true;
}

static enum pv_status run_syslog(struct sink *sink, const char *address, const char *idle_ms,
                                 struct pv_error *error)
{
    struct pv_syslog *syslog;
    enum pv_status status = pv_syslog_new(address, take, sink, &syslog_metrics, &syslog, error);

    if (status != PV_OK)
        return status;
    if (idle_ms != NULL)
        pv_syslog_set_idle_ms(syslog, strtoll(idle_ms, NULL, 10));
    pv_log(PV_LOG_INFO, "ready", PV_TEXT("at", address));
    while (!pv_stop_requested())
        pv_stop_wait_ms(POLL_MS);
    pv_syslog_destroy(syslog);
    pv_syslog_metrics_log(&syslog_metrics);
    return PV_OK;
}

static enum pv_status run_stdin(struct sink *sink, struct pv_error *error)
{
    struct pv_stdin *source;
    enum pv_status status = pv_stdin_new(STDIN_FILENO, take, sink, &stdin_metrics, &source, error);

    if (status != PV_OK)
        return status;
    pv_log(PV_LOG_INFO, "ready", PV_TEXT("at", "stdin"));
    while (!pv_stop_requested() && !pv_stdin_at_end(source))
        pv_stop_wait_ms(POLL_MS);
    pv_log(PV_LOG_INFO, "draining", PV_NUMBER("at_end", pv_stdin_at_end(source)));
    pv_stdin_drain(source);
    pv_log(PV_LOG_INFO, "closing", PV_NUMBER("at_end", pv_stdin_at_end(source)),
           PV_NUMBER("lines", pv_metric_get(&stdin_metrics.lines)),
           PV_NUMBER("lost", pv_metric_get(&stdin_metrics.lost)),
           PV_NUMBER("cut_off", pv_metric_get(&stdin_metrics.cut_off)));
    pv_stdin_destroy(source);
    return PV_OK;
}

static enum pv_status run(int argc, char **argv, struct pv_error *error)
{
    struct pv_metric rows[PV_SYSLOG_METRIC_ROWS + PV_STDIN_METRIC_ROWS];
    struct pv_metrics_source source = {rows, 0, is_ready, NULL};
    struct pv_metrics_server *server;
    struct sink sink;
    enum pv_status status;

    source.count = pv_syslog_metrics_table(&syslog_metrics, rows);
    source.count += pv_stdin_metrics_table(&stdin_metrics, rows + source.count);
    snprintf(sink.full, sizeof sink.full, "%s.full", argv[1]);
    snprintf(sink.busy, sizeof sink.busy, "%s.busy", argv[1]);
    sink.file = open(argv[1], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (sink.file < 0)
        return pv_error_set(error, PV_INVALID, "%s: cannot be opened", argv[1]);
    status = pv_metrics_server_new(argv[4], &source, &server, error);
    if (status != PV_OK)
        return status;
    if (strcmp(argv[2], "stdin") == 0)
        status = run_stdin(&sink, error);
    else
        status = run_syslog(&sink, argv[3], argc > 5 ? argv[5] : NULL, error);
    pv_metrics_server_destroy(server);
    close(sink.file);
    return status;
}

int main(int argc, char **argv)
{
    struct pv_error error;

    if (argc < 5)
        return 2;
    pv_stop_install();
    if (run(argc, argv, &error) == PV_OK)
        return 0;
    fprintf(stderr, "%s\n", error.text);
    return pv_exit_code(error.status);
}
