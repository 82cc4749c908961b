/* How functions report failure.
 *
 * A function that can fail returns an `enum pv_status`, which must be looked at,
 * and fills a caller-owned `struct pv_error` with one line that says what went
 * wrong, where, and what to do about it. */
#ifndef PAGEVIEW_STATUS_H
#define PAGEVIEW_STATUS_H

#define PV_MUST_CHECK                 __attribute__((warn_unused_result))
#define PV_PRINTF(format_at, args_at) __attribute__((format(__printf__, format_at, args_at)))

/* X(name, what it means to the caller) */
#define PV_STATUS_TABLE(X)                                                                         \
    X(PV_OK, "done")                                                                               \
    X(PV_INVALID, "usage or configuration: somebody has to change something")                      \
    X(PV_UNAVAILABLE, "a service is away or busy: try again later")                                \
    X(PV_REFUSED, "a service answered with an error that a retry does not cure")                   \
    X(PV_LOST, "this program's role was taken by another, or its data is gone")                    \
    X(PV_IO, "a file or socket of this machine failed")                                            \
    X(PV_NOMEM, "out of memory")

enum pv_status {
#define X(name, meaning) name,
    PV_STATUS_TABLE(X)
#undef X
};

struct pv_error {
    enum pv_status status;
    char text[1024];
};

/* Fills `error` (which may be NULL) and returns `status`. Text too long is cut. */
enum pv_status pv_error_set(struct pv_error *error, enum pv_status status, const char *format, ...)
    PV_PRINTF(3, 4);

/* Puts "context: " in front of the text that `error` has, and returns its status. */
enum pv_status pv_error_prefix(struct pv_error *error, const char *format, ...) PV_PRINTF(2, 3);

/* The out-of-memory error. */
enum pv_status pv_error_nomem(struct pv_error *error, const char *what);

/* The program's exit code for an error that ended it: 2 for PV_INVALID, 1 otherwise. */
int pv_exit_code(enum pv_status status);

#endif
