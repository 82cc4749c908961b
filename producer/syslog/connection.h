/* One TCP connection of a syslog receiver: reads what has come, hands whole messages over. */
#ifndef PRODUCER_SYSLOG_CONNECTION_H
#define PRODUCER_SYSLOG_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "producer/syslog/delivery.h"
#include "producer/syslog/framing.h"

struct pv_syslog_connection {
    int fd; /* non-blocking */
    struct pv_framing framing;
    int64_t heard_ms; /* when something last came, monotonic */
};

enum pv_syslog_turn {
    PV_SYSLOG_TURN_DRY,   /* all that has come is handed over */
    PV_SYSLOG_TURN_OVER,  /* it is another's turn; there may be more */
    PV_SYSLOG_TURN_WAITS, /* a message found no room: try pv_syslog_connection_deliver again */
    PV_SYSLOG_TURN_ENDED, /* by the peer, or an error: end it */
};

/* Reads a few times, 256 KiB at the most, and hands over. */
enum pv_syslog_turn pv_syslog_connection_serve(struct pv_syslog_connection *connection,
                                               struct pv_syslog_delivery *delivery);

/* Hands over the whole messages that were read. False when one has to wait. */
bool pv_syslog_connection_deliver(struct pv_syslog_connection *connection,
                                  struct pv_syslog_delivery *delivery);

/* Closes it; half a message is counted as cut off. */
void pv_syslog_connection_end(struct pv_syslog_connection *connection,
                              struct pv_syslog_delivery *delivery);

#endif
