/* What the files of the reader share. Internal to pageview/reader. */
#ifndef PAGEVIEW_READER_CONNECTION_H
#define PAGEVIEW_READER_CONNECTION_H

#include <locale.h>
#include <stdbool.h>

#include "pageview/reader.h"
#include "pageview/redis_client.h"

struct pv_reader {
    struct pv_redis_options options; /* its texts belong to the reader */
    struct pv_redis *redis;
    locale_t c_locale; /* scores have a decimal point, whatever the program's locale says */
};

/* One command and its answer, which the caller destroys. */
enum pv_status pv_reader_ask(struct pv_reader *reader, int count, const char **arguments,
                             struct pv_redis_reply **reply, struct pv_error *error) PV_MUST_CHECK;

/* The same for a command that takes nothing but a key. */
enum pv_status pv_reader_ask_key(struct pv_reader *reader, const char *command, const char *key,
                                 struct pv_redis_reply **reply,
                                 struct pv_error *error) PV_MUST_CHECK;

/* `count` commands of `width` arguments each, one behind the other in `arguments`, in one round
 * trip. On PV_OK `replies[i]` are destroyed by the caller; after a failure all of them are NULL. */
enum pv_status pv_reader_ask_many(struct pv_reader *reader, size_t count, int width,
                                  const char **arguments, struct pv_redis_reply **replies,
                                  struct pv_error *error) PV_MUST_CHECK;

/* The number of an answer, 0 when there is none. PV_REFUSED for one that is no count; `of` names
 * it. */
enum pv_status pv_reader_count_of(const struct pv_redis_reply *reply, const char *of,
                                  int64_t *count, struct pv_error *error) PV_MUST_CHECK;

/* PV_INVALID unless `time_ms` is a time. */
enum pv_status pv_reader_check_time(int64_t time_ms, struct pv_error *error) PV_MUST_CHECK;

/* PV_INVALID when `count` articles are too many. */
enum pv_status pv_reader_check_articles(size_t count, struct pv_error *error) PV_MUST_CHECK;

/* PV_REFUSED: an answer that Redis does not give to `command` on `key`. */
enum pv_status pv_reader_other_shape(const char *command, const char *key, struct pv_error *error);

#endif
