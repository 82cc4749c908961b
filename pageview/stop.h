/* Stopping: SIGTERM and SIGINT ask for a clean end, a second one ends at once. */
#ifndef PAGEVIEW_STOP_H
#define PAGEVIEW_STOP_H

#include <stdbool.h>
#include <stdint.h>

/* Installs the handlers, and ignores SIGPIPE. Call it before any thread starts. */
void pv_stop_install(void);

/* Starts a thread that ends the program PV_STOP_DEADLINE_MS after it was asked to stop, if it is
 * still there: a service that does not answer must not hold it. Exit code 0 after a signal, since
 * what is not committed is read again at the next start; 1 when the program itself asked. */
#define PV_STOP_DEADLINE_MS 9000
void pv_stop_start_deadline(void);

/* True once a signal came or pv_stop_request was called. */
bool pv_stop_requested(void);

/* Asks the program to end, from any thread. */
void pv_stop_request(void);

/* Waits `ms`, or until a stop is asked for. */
void pv_stop_wait_ms(int64_t ms);

/* A descriptor that becomes readable when a stop is asked for, for poll(2); -1 before
 * pv_stop_install. Not to be read from. */
int pv_stop_fd(void);

/* Back-off between tries: doubles from 100 ms to 5 s. Zero is a fresh one. */
struct pv_backoff {
    int64_t last_ms;
};
/* The next pause in ms. */
int64_t pv_backoff_next_ms(struct pv_backoff *backoff);

#endif
