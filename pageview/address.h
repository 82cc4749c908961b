/* "HOST:PORT"; an IPv6 host stands in brackets: "[::1]:6379". */
#ifndef PAGEVIEW_ADDRESS_H
#define PAGEVIEW_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#define PV_HOST_SIZE 256

struct pv_address {
    char host[PV_HOST_SIZE]; /* without brackets */
    int port;                /* 1–65535 */
};

/* True when the `length` bytes at `text` are an address; otherwise `*address` is left as it was. */
bool pv_address_parse(const char *text, size_t length, struct pv_address *address);

#endif
