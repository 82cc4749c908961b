/* From a message to its taker: parsed, handed over, and counted whatever becomes of it. */
#ifndef PRODUCER_SYSLOG_DELIVERY_H
#define PRODUCER_SYSLOG_DELIVERY_H

#include <stdbool.h>
#include <stddef.h>

#include "producer/syslog/syslog_metrics.h"
#include "producer/take_line.h"

struct pv_syslog_delivery {
    pv_take_line take;
    void *context;
    struct pv_syslog_metrics *metrics;
    bool finishing; /* nothing waits for room any more */
};

/* False: there is no room, and the message is to be kept and given again. When it cannot wait, or
 * the end has come, it is refused instead. */
bool pv_syslog_deliver(struct pv_syslog_delivery *delivery, const char *data, size_t length,
                       bool can_wait);

/* Counts and logs something that came and is no message. */
void pv_syslog_note_bad(struct pv_syslog_delivery *delivery, enum pv_syslog_bad bad);

#endif
