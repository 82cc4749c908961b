#include "pageview/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "pageview/log.h"

enum { BACKOFF_FIRST_MS = 100, BACKOFF_MAX_MS = 5000, SECOND_SIGNAL_EXIT = 1 };

/* A pipe that becomes readable for good when a stop is asked for: waiting is one poll(2). */
static int stop_pipe[2] = {-1, -1};
static atomic_bool requested;
static atomic_bool signalled;

void pv_stop_request(void)
{
    if (!atomic_exchange(&requested, true) && stop_pipe[1] >= 0) {
        ssize_t written = write(stop_pipe[1], "", 1);
        (void)written; /* the pipe holds nothing else, so one byte always fits */
    }
}

static void on_signal(int signal_number)
{
    int saved_errno = errno;

    (void)signal_number;
    /* A stop that the program itself asked for is no first signal. */
    if (atomic_exchange(&signalled, true))
        _exit(SECOND_SIGNAL_EXIT);
    pv_stop_request();
    errno = saved_errno;
}

void pv_stop_install(void)
{
    struct sigaction action;

    if (pipe(stop_pipe) == 0) {
        fcntl(stop_pipe[0], F_SETFD, FD_CLOEXEC);
        fcntl(stop_pipe[1], F_SETFD, FD_CLOEXEC);
    }
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
}

static void *enforce_deadline(void *context)
{
    const struct timespec deadline = {PV_STOP_DEADLINE_MS / 1000, 0};
    struct pollfd readable = {stop_pipe[0], POLLIN, 0};

    (void)context;
    while (poll(&readable, 1, -1) < 0 && errno == EINTR)
        continue;
    while (nanosleep(&deadline, NULL) != 0)
        continue;
    pv_log(PV_LOG_WARN, "stop_deadline",
           PV_TEXT("why", "a service does not answer: what is not committed is read again at the "
                          "next start"));
    _exit(atomic_load(&signalled) ? 0 : 1);
}

void pv_stop_start_deadline(void)
{
    pthread_attr_t detached;
    pthread_t thread;

    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    if (pthread_create(&thread, &detached, enforce_deadline, NULL) != 0)
        pv_log(PV_LOG_WARN, "no_stop_deadline", PV_TEXT("error", "no thread"));
    pthread_attr_destroy(&detached);
}

bool pv_stop_requested(void)
{
    return atomic_load(&requested);
}

void pv_stop_wait_ms(int64_t ms)
{
    struct pollfd readable = {stop_pipe[0], POLLIN, 0};

    if (ms > 0) /* poll takes a negative time as for ever */
        poll(&readable, 1, ms < INT_MAX ? (int)ms : INT_MAX);
}

int pv_stop_fd(void)
{
    return stop_pipe[0];
}

int64_t pv_backoff_next_ms(struct pv_backoff *backoff)
{
    backoff->last_ms = backoff->last_ms == 0 ? BACKOFF_FIRST_MS : backoff->last_ms * 2;
    if (backoff->last_ms > BACKOFF_MAX_MS)
        backoff->last_ms = BACKOFF_MAX_MS;
    return backoff->last_ms;
}
