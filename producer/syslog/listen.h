/* The sockets of a syslog receiver: for each address that ADDR:PORT stands for, one UDP socket and
 * one that listens for TCP. All are non-blocking. */
#ifndef PRODUCER_SYSLOG_LISTEN_H
#define PRODUCER_SYSLOG_LISTEN_H

#include <stddef.h>

#include "pageview/status.h"

/* "localhost" is two addresses. */
#define PV_SYSLOG_ADDRESSES_MAX 4

/* Bytes that the kernel is asked to keep of datagrams not yet read; without privileges it gives
 * no more than net.core.rmem_max, and the log says so. */
#define PV_SYSLOG_UDP_BUFFER (4 << 20)

struct pv_syslog_sockets {
    int udp[PV_SYSLOG_ADDRESSES_MAX], tcp[PV_SYSLOG_ADDRESSES_MAX];
    size_t count; /* of each */
};

/* Opens them; `[::]` takes IPv4 as well. PV_INVALID: `address` is no ADDR:PORT, or not free. */
enum pv_status pv_syslog_listen(const char *address, struct pv_syslog_sockets *sockets,
                                struct pv_error *error) PV_MUST_CHECK;
void pv_syslog_sockets_close(struct pv_syslog_sockets *sockets);

#endif
