/* Receives syslog over UDP and TCP and gives the text of each message to a taker.
 *
 * One thread reads all sockets. Nothing that a sender does holds another up: a connection is read
 * in turns, and one whose message finds no room is not read until it does (its sender then waits,
 * for TCP makes it). UDP cannot wait: a datagram that finds no room is lost and counted.
 *
 * Memory: PV_SYSLOG_CONNECTIONS_MAX connections with at most PV_FRAMING_BUFFER_MAX bytes each
 * (16 MiB together, of which idle ones use at most 4), one datagram, and in the kernel up to twice
 * PV_SYSLOG_UDP_BUFFER for each address. */
#ifndef PRODUCER_SYSLOG_RECEIVER_H
#define PRODUCER_SYSLOG_RECEIVER_H

#include <stdint.h>

#include "pageview/status.h"
#include "producer/syslog/syslog_metrics.h"
#include "producer/take_line.h"

/* TCP connections at one time; one more is closed as soon as it comes. */
#define PV_SYSLOG_CONNECTIONS_MAX 256
/* A connection that was silent for so long is closed, unless it is changed. */
#define PV_SYSLOG_IDLE_MS INT64_C(600000)
/* How long ending may take: for what has arrived and is not read yet. */
#define PV_SYSLOG_FINISH_MS 1000

struct pv_syslog;

/* Listens at `address`, "ADDR:PORT", and starts the thread that calls `take` with `context`; both
 * and `metrics` must outlive it. PV_INVALID: not an address, or not free. */
enum pv_status pv_syslog_new(const char *address, pv_take_line take, void *context,
                             struct pv_syslog_metrics *metrics, struct pv_syslog **syslog,
                             struct pv_error *error) PV_MUST_CHECK;

/* Closes connections silent for `idle_ms` (at least 1) from now on. From any thread. */
void pv_syslog_set_idle_ms(struct pv_syslog *syslog, int64_t idle_ms);

/* Takes what has arrived, for PV_SYSLOG_FINISH_MS at most, and closes everything; what finds no
 * room now is counted as refused, half a message as cut_off. NULL is fine. */
void pv_syslog_destroy(struct pv_syslog *syslog);

#endif
