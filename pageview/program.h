/* What every main() does: options, --help and its kin, signals, exit codes. */
#ifndef PAGEVIEW_PROGRAM_H
#define PAGEVIEW_PROGRAM_H

#include "pageview/options.h"

/* Parses the options into `options` (zeroed, `program->options_size` bytes), `check`s them, and
 * runs `start` unless only help, the version or a check was asked for. `check` makes no
 * connection. Returns the exit code. */
int pv_program_main(const struct pv_program *program, int argc, char **argv, void *options,
                    enum pv_status (*check)(void *options, struct pv_error *error),
                    enum pv_status (*start)(void *options, struct pv_error *error));

#endif
