/* Who saw a page, without saying who: a hash that is the same for all views of one person on one
 * site on one UTC day, and that means nothing on the next (docs/policy.md). */
#ifndef PRODUCER_VISITOR_H
#define PRODUCER_VISITOR_H

#include <stdbool.h>

#include "pageview/status.h"
#include "producer/hit.h"
#include "producer/salts.h"

/* Hexadecimal digits of a visitor. */
#define PV_VISITOR_LENGTH 16

/* What is hashed of each, in bytes; the rest of a longer one is not looked at. */
#define PV_VISITOR_ADDRESS_MAX    ((size_t)64)
#define PV_VISITOR_USER_AGENT_MAX ((size_t)512)
#define PV_VISITOR_SITE_MAX       ((size_t)255)

/* The hash: the first 8 of 16 bytes of BLAKE2b, keyed with the salt, over address, user agent and
 * site in lower case (ASCII's), each behind its length as 4 bytes, lowest first, so that no two
 * triples are the same bytes. Absent texts count as empty. */
void pv_visitor_hash(const unsigned char salt[PV_SALT_SIZE], struct pv_text address,
                     struct pv_text user_agent, struct pv_text site,
                     char visitor[PV_VISITOR_LENGTH]);

/* The same, and remembers those of late: a reader looks at several pages. */
struct pv_visitors;

/* `salts` have to outlive it. The caller destroys `*visitors`. About 1.1 MiB. For one thread at a
 * time; any number of them share the salts. */
enum pv_status pv_visitors_new(struct pv_salts *salts, struct pv_visitors **visitors,
                               struct pv_error *error) PV_MUST_CHECK;

/* NULL is fine. */
void pv_visitors_destroy(struct pv_visitors *visitors);

/* Writes the visitor of the hit, 16 digits without a NUL, by the salt of the day of its time. False
 * when there is none: the hit has no address or no user agent (NULL, empty, "-", or for an address
 * "unix:", which nginx writes for every client of a Unix socket), or its day has no salt. */
bool pv_visitors_write(struct pv_visitors *visitors, const struct pv_hit *hit,
                       char visitor[PV_VISITOR_LENGTH]);

#endif
