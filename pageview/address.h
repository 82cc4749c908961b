/* "HOST:PORT"; an IPv6 host stands in brackets: "[::1]:6379". And IP addresses as bytes. */
#ifndef PAGEVIEW_ADDRESS_H
#define PAGEVIEW_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/* An IPv4 address stands in its IPv6 form, ::ffff:192.0.2.1. */
struct pv_ip {
    uint8_t bytes[16];
};

/* From four bytes, in the order of networks. */
void pv_ip_set_ipv4(struct pv_ip *ip, const void *bytes);
bool pv_ip_is_ipv4(const struct pv_ip *ip);
/* 127.0.0.1 or ::1: behind them is a proxy. */
bool pv_ip_is_local(const struct pv_ip *ip);

/* False when it is no IP socket's. */
struct sockaddr;
bool pv_ip_of_socket(const struct sockaddr *address, struct pv_ip *ip);

#endif
