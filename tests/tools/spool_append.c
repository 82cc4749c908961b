/* Appends to a spool as fast as it can, from several processes, and says how fast that was.
 *
 *     pv-spool-append DIRECTORY SYNC PROCESSES LINES MAX_BYTES
 *
 * SYNC is each, 100ms or off. Each process appends LINES views, "/PROCESS/NUMBER", one a call.
 * Prints "PROCESSES processes, LINES lines, SECONDS s, RATE/s, FULL full"; FULL is how often the
 * spool refused a line. Exit code 1: an append failed. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pageview/clock.h"
#include "pageview/spool.h"

enum { LINE_SIZE = 256 };

/* What the processes say, in memory that they share. */
struct outcome {
    atomic_long full;
};

static void append_lines(struct pv_spool *spool, int process, long lines, struct outcome *outcome)
{
    for (long i = 0; i < lines; i++) {
        char line[LINE_SIZE];
        int length =
            snprintf(line, sizeof line,
                     "{\"article\":\"/%d/%ld\",\"ts\":1795525507123,\"visitor\":"
                     "\"5f1d8c0a9b3e7d42\",\"section\":\"news\",\"referrer\":\"example.org\"}\n",
                     process, i);

        switch (pv_spool_append(spool, line, (size_t)length)) {
        case PV_SPOOL_OK:
            break;
        case PV_SPOOL_FULL:
            atomic_fetch_add(&outcome->full, 1);
            break;
        case PV_SPOOL_FAILED:
            fprintf(stderr, "append: %s\n", strerror(errno));
            _exit(1);
        }
    }
    _exit(0);
}

static int sync_of(const char *name)
{
    static const char *const names[] = {"each", "100ms", "off"};

    for (int i = 0; i < 3; i++)
        if (strcmp(name, names[i]) == 0)
            return i;
    return -1;
}

/* False when one of them failed. */
static int run_processes(struct pv_spool *spool, int processes, long lines, struct outcome *outcome)
{
    int good = 1, status;

    for (int process = 0; process < processes; process++) {
        pid_t child = fork();

        if (child == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            append_lines(spool, process, lines, outcome);
        }
        good = good && child > 0;
    }
    while (wait(&status) > 0)
        good = good && status == 0;
    return good;
}

int main(int argc, char **argv)
{
    struct outcome *outcome;
    struct pv_spool *spool;
    struct pv_error error;
    int64_t begin_ms, ms;
    int processes, good;
    long lines;

    if (argc != 6 || sync_of(argv[2]) < 0)
        return 2;
    processes = (int)strtol(argv[3], NULL, 10);
    lines = strtol(argv[4], NULL, 10);
    outcome =
        mmap(NULL, sizeof *outcome, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (outcome == MAP_FAILED)
        return 1;
    if (pv_spool_open(argv[1], strtoll(argv[5], NULL, 10), (enum pv_spool_sync)sync_of(argv[2]),
                      &spool, &error) != PV_OK) {
        fprintf(stderr, "%s\n", error.text);
        return pv_exit_code(error.status);
    }
    begin_ms = pv_monotonic_ms();
    good = run_processes(spool, processes, lines, outcome);
    ms = pv_monotonic_ms() - begin_ms;
    pv_spool_close(spool);
    printf("%d processes, %ld lines, %.3f s, %.0f/s, %ld full\n", processes, processes * lines,
           (double)ms / 1000, (double)(processes * lines) * 1000 / (double)(ms > 0 ? ms : 1),
           atomic_load(&outcome->full));
    return good ? 0 : 1;
}
