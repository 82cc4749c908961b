/* Who sent a request: the socket's other end, or whom a trusted proxy says it speaks for. */
#ifndef PRODUCER_HTTP_PEER_H
#define PRODUCER_HTTP_PEER_H

#include <stdbool.h>
#include <stddef.h>

#include "pageview/address.h"
#include "pageview/event.h"
#include "pageview/options.h"
#include "pageview/status.h"

/* "2001:db8:ffff:ffff:ffff:ffff:255.255.255.255" and a NUL. */
#define PV_IP_TEXT_SIZE 46

/* False when the text is no address. IPv6 may stand in brackets; a port behind it is left out. */
bool pv_ip_parse(struct pv_text text, struct pv_ip *ip);
/* IPv4 in its own form. */
void pv_ip_write(const struct pv_ip *ip, char text[PV_IP_TEXT_SIZE]);

struct pv_networks;

/* Reads "10.0.0.0/8", "2001:db8::/32" or a single address from each item of `list` (NULL or empty:
 * no networks). PV_INVALID names the item, after `option`. The caller destroys `*networks`. */
enum pv_status pv_networks_new(const char *option, const struct pv_list *list,
                               struct pv_networks **networks, struct pv_error *error) PV_MUST_CHECK;
/* NULL is fine. */
void pv_networks_destroy(struct pv_networks *networks);
bool pv_networks_have(const struct pv_networks *networks, const struct pv_ip *ip);

/* The client of a request that came from `peer` with `count` lines of X-Forwarded-For, in their
 * order. When the peer is trusted, it is the last address in them that is not; the one in front of
 * something that is no address is believed no more, as anyone could have written it. */
struct pv_ip pv_client_of(const struct pv_networks *trusted, const struct pv_ip *peer,
                          const struct pv_text *forwarded, size_t count);

#endif
