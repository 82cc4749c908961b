/* --state-dir: a second copy of each log's position, for when Kafka has forgotten it (a group's
 * offsets expire a week after its last commit). One small file a log, replaced by rename. */
#ifndef PRODUCER_STATE_DIR_H
#define PRODUCER_STATE_DIR_H

#include <stddef.h>

#include "pageview/status.h"

/* Makes the directory of this instance if needed. PV_INVALID when it cannot be written to. */
enum pv_status pv_state_dir_prepare(const char *state_dir, const char *instance,
                                    struct pv_error *error) PV_MUST_CHECK;

/* The text saved for the log, "" when there is none. */
void pv_state_dir_load(const char *state_dir, const char *instance, const char *log_path,
                       char *text, size_t size);

/* Saves it. A failure is logged: Kafka has the position that counts. */
void pv_state_dir_save(const char *state_dir, const char *instance, const char *log_path,
                       const char *text);

#endif
