/* A syslog message, as RFC 3164 and RFC 5424 describe it:
 *
 *     <190>Nov 24 13:05:07 web1 nginx: TEXT                      RFC 3164; the host may be missing
 *     <190>2026-11-24T13:05:07.123+01:00 web1 nginx[7]: TEXT     the same with rsyslog's time
 *     <190>1 2026-11-24T13:05:07.123Z web1 nginx 7 - [sd] TEXT   RFC 5424
 *
 * Of all that only the text is wanted: a line of an access log has its own time. The rest is read
 * to find where the text begins, and to tell syslog from noise. */
#ifndef PRODUCER_SYSLOG_MESSAGE_H
#define PRODUCER_SYSLOG_MESSAGE_H

#include <stddef.h>

/* X(name, help): why something that came is no message. The last three are the receiver's. */
#define PV_SYSLOG_BAD_TABLE(X)                                                                     \
    X(bad_priority, "does not begin with a priority, <0> to <191>")                                \
    X(bad_version, "RFC 5424, but of another version than 1")                                      \
    X(bad_time, "no time of RFC 3164 or RFC 3339 where it should be")                              \
    X(bad_tag, "RFC 3164 without a tag and a colon before the text")                               \
    X(bad_header, "RFC 5424 without its host, program, process and message id")                    \
    X(bad_data, "structured data of RFC 5424 that does not end well")                              \
    X(no_text, "a message without a text")                                                         \
    X(too_long, "over 64 KiB")                                                                     \
    X(cut_off, "the connection ended in the middle of a message")

enum pv_syslog_bad {
    PV_SYSLOG_GOOD,
#define X(name, help) PV_SYSLOG_##name,
    PV_SYSLOG_BAD_TABLE(X)
#undef X
        PV_SYSLOG_BAD_COUNT
};

struct pv_syslog_message {
    const char *text; /* in the bytes that were parsed; without spaces and a byte order mark in
                       * front, and CR, LF and NUL behind */
    size_t length;    /* at least 1 */
    int facility;     /* 0–23 */
    int severity;     /* 0 (emergency) to 7 (debug) */
};

/* Finds the text of the `length` bytes at `data`. PV_SYSLOG_GOOD fills `*message`; otherwise it is
 * left as it was. */
enum pv_syslog_bad pv_syslog_parse(const char *data, size_t length,
                                   struct pv_syslog_message *message);

/* "bad_priority" …; "none" for PV_SYSLOG_GOOD. Static storage. */
const char *pv_syslog_bad_name(enum pv_syslog_bad bad);
/* One line of help. Static storage. */
const char *pv_syslog_bad_help(enum pv_syslog_bad bad);

#endif
