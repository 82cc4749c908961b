/* The salts of the visitors' hashes: 32 random bytes for each UTC day, kept in the state directory
 * so that a restart does not count people twice, and thrown away two days later so that nobody,
 * we included, can find out afterwards whose hash it was.
 *
 * A salt is a file of its own, DIR/visitor-salt-2026-11-24, mode 0600, made when it is first asked
 * for. All programs that share a state directory share the salts: a file appears whole, by rename,
 * and under a lock (DIR/visitor-salt.lock), so that there is one salt a day. A file that is not
 * whole, or has nothing but zeros, is replaced.
 *
 * Memory: three salts. */
#ifndef PRODUCER_SALTS_H
#define PRODUCER_SALTS_H

#include <stdbool.h>
#include <stdint.h>

#include "pageview/clock.h"
#include "pageview/status.h"

#define PV_SALT_SIZE 32

struct pv_salts;

/* Makes `state_dir` (not its parents) if needed, destroys the salts there that are older than
 * yesterday's, and makes today's if it is not there. `clock` stays the caller's, and in place.
 * PV_INVALID: the directory or a file in it cannot be read or written. The caller destroys
 * `*salts`. */
enum pv_status pv_salts_open(const char *state_dir, const struct pv_clock *clock,
                             struct pv_salts **salts, struct pv_error *error) PV_MUST_CHECK;

/* NULL is fine. The files stay. */
void pv_salts_destroy(struct pv_salts *salts);

/* The salt of a day (days since 1970-01-01, UTC). False when there is none: the day is older than
 * yesterday, as in an old log, or begins more than PV_FUTURE_MS from now.
 *
 * When a new day's file cannot be written, the day has a salt in memory alone, and a warning says
 * so: visitors are right until the program ends, and may be counted twice after that.
 *
 * Also does what pv_salts_expire does. Safe to call from any thread. */
bool pv_salts_of_day(struct pv_salts *salts, int64_t day, unsigned char salt[PV_SALT_SIZE]);

/* Destroys the salts, in memory and on disk, that are older than yesterday's. Costs nothing but a
 * look at the clock while the day is the same: for a loop to call now and then, so that salts go
 * on time where no hits come. NULL is fine. Safe to call from any thread. */
void pv_salts_expire(struct pv_salts *salts);

#endif
