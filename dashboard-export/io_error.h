/* What is said when a file below --out cannot be written. */
#ifndef DASHBOARD_EXPORT_IO_ERROR_H
#define DASHBOARD_EXPORT_IO_ERROR_H

#include "dashboard-export/directory.h"

/* Of an errno, what an operator does about it, with a colon in front; "" when it says that itself.
 */
const char *pv_io_advice(int why);

/* Sets PV_IO from errno: "/srv/out/totals.json: cannot write it: No space left on device: make room
 * there, …". `path` is relative, `doing` one of create, write, replace. Returns PV_IO. */
enum pv_status pv_io_failed(const struct pv_directory *directory, const char *path,
                            const char *doing, struct pv_error *error);

#endif
