/* For programs that serve pages: sends views to a spool on disk (docs/send.md), from where
 * pv-producer ships them.
 *
 *     cc app.c $(pkg-config --cflags --libs pageview-send)
 *
 * A send is a few system calls on a file of this machine: no network, no thread, no memory asked
 * for but once a segment. A sender may be used by any number of threads at once, and by processes
 * that were forked after it was opened. Nothing here prints, exits, or changes signal handlers.
 *
 * Texts end with a NUL; NULL and "" say nothing. A send needs 192 KiB of stack. */
#ifndef PAGEVIEW_SEND_H
#define PAGEVIEW_SEND_H

#include <stddef.h>
#include <stdint.h>

#include "pageview/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PV_SEND_API __attribute__((visibility("default")))

/* X(name, what it means to the sender) */
#define PV_SEND_RESULT_TABLE(X)                                                                    \
    X(PV_SEND_OK, "the spool has the view")                                                        \
    X(PV_SEND_FULL, "the spool or the disk is full: the view was refused, try again later")        \
    X(PV_SEND_CLOSED, "the sender is closed: the view was refused")                                \
    X(PV_SEND_BAD_VIEW, "the view breaks a rule of pageview/send.h: it was refused")               \
    X(PV_SEND_FAILED, "the spool cannot be written to: the view was refused; errno says why")

enum pv_send_result {
#define X(name, meaning) name,
    PV_SEND_RESULT_TABLE(X)
#undef X
};

/* When a view is on the disk, so that a crash of the machine does not lose it. A crash of the
 * program never does. */
enum pv_send_sync {
    PV_SEND_SYNC_100MS, /* the first send 100 ms after the last sync does it for all before it */
    PV_SEND_SYNC_EACH,  /* before the send returns; it takes as long as the disk does */
    PV_SEND_SYNC_OFF,   /* when the kernel does it, mostly within 30 s */
};

/* Whose view it is. A robot's is not counted as a view, but as filtered. */
enum pv_send_agent { PV_SEND_PERSON, PV_SEND_ROBOT };

struct pv_sender;

/* Zero or NULL is the default of each. */
struct pv_sender_options {
    int64_t max_bytes; /* bound of the spool, 64 KiB or more; 0: as it was opened before, or 1 GiB.
                          Another bound is kept for all who open the spool after it */
    enum pv_send_sync sync;
    const char *const *keep_params; /* names of query parameters that are part of an article's id,
                                       ends with NULL; as pv-producer's --keep-param */
};

/* Zero or NULL is the default of each but the URL. All texts are UTF-8. */
struct pv_view {
    const char *url; /* path or absolute URL, 1 to 65,536 bytes; the article's id is made of
                        it as pv-producer makes it (docs/policy.md) */
    int64_t ts_ms;   /* ms since the Unix epoch, UTC, below 10^14, and not more than 5 min
                        from now; 0: now */
    enum pv_send_agent agent;
    const char *visitor;  /* 64 bytes at most: the same for all views of one person, and never an
                             IP address or a name */
    const char *section;  /* 64 bytes at most, no control characters */
    const char *title;    /* cut at 300 bytes; left out if it has control characters or is not
                             UTF-8: a title never costs a view */
    const char *referrer; /* as the browser sent it, a URL, or a host; its host is kept, or
                             nothing if it has none */
};

/* Opens the spool in `directory`, which is made (mode 0700) when it is not there; pv-producer
 * --spool=`directory` is its other end. `options` (NULL: all defaults) is copied. `error` may be
 * NULL. PV_INVALID: the directory cannot be read and written, or an option is out of its bounds.
 * PV_NOMEM. */
PV_SEND_API enum pv_status pv_sender_open(const char *directory,
                                          const struct pv_sender_options *options,
                                          struct pv_sender **sender,
                                          struct pv_error *error) PV_MUST_CHECK;

/* Sends one view: after PV_SEND_OK it is in the spool, after anything else it is not, and may be
 * sent again. But PV_SEND_FAILED with errno EIO and PV_SEND_SYNC_EACH or _100MS: the disk failed to
 * sync, and nobody knows. Not to be called from a signal handler. */
PV_SEND_API enum pv_send_result pv_sender_send(struct pv_sender *sender,
                                               const struct pv_view *view) PV_MUST_CHECK;

/* Refuses all sends from now on, in this process; one that is under way is finished. Syncs what
 * PV_SEND_SYNC_100MS has not yet. Async-signal-safe. May be called again. */
PV_SEND_API void pv_sender_close(struct pv_sender *sender);

/* Closes and frees it; nobody may be using it. NULL is fine. */
PV_SEND_API void pv_sender_destroy(struct pv_sender *sender);

/* What a result means, as a text for a log; never NULL. */
PV_SEND_API const char *pv_send_result_text(enum pv_send_result result);

#ifdef __cplusplus
}
#endif

#endif
