/* "HOST:PORT"; an IPv6 host stands in brackets: "[::1]:6379". */
#ifndef PAGEVIEW_ADDRESS_H
#define PAGEVIEW_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "pageview/status.h"

#define PV_HOST_SIZE 256

struct pv_address {
    char host[PV_HOST_SIZE]; /* without brackets */
    int port;                /* 1–65535 */
};

/* True when the `length` bytes at `text` are an address; otherwise `*address` is left as it was. */
bool pv_address_parse(const char *text, size_t length, struct pv_address *address);

/* Where to listen for "ADDR:PORT": PV_INVALID names `option` when that is no address, or none that
 * is known. The caller frees `*found` with freeaddrinfo. */
struct addrinfo;
enum pv_status pv_address_resolve(const char *option, const char *text, struct addrinfo **found,
                                  struct pv_error *error) PV_MUST_CHECK;

#endif
