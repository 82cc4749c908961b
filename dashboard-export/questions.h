/* Questions to Redis that are sent one behind the other, and their answers, which come in that
 * order. All of them have to be received, also behind one that is an error, or they would be taken
 * for answers to what is asked next. */
#ifndef DASHBOARD_EXPORT_QUESTIONS_H
#define DASHBOARD_EXPORT_QUESTIONS_H

#include "dashboard-export/offsets.h"
#include "pageview/event.h"
#include "pageview/redis_client.h"

/* Texts that may follow the key of a question. */
enum { PV_ASK_MORE_MAX = 3 };

/* HGETALL of the offsets. It is sent at once, with what is queued. */
enum pv_status pv_ask_offsets(struct pv_redis *redis, const char *prefix,
                              struct pv_error *error) PV_MUST_CHECK;

/* Queues a command on the key that is `stem` (of PV_KEY_SIZE) and the article's id, with the texts
 * of `more` up to its first NULL. */
enum pv_status pv_ask_of_article(struct pv_redis *redis, const char *command, const char *stem,
                                 struct pv_text article, const char *const more[PV_ASK_MORE_MAX],
                                 struct pv_error *error) PV_MUST_CHECK;

/* The same for title and section; `stem` is that of pv_key_article_stem. */
enum pv_status pv_ask_description(struct pv_redis *redis, const char *stem, struct pv_text article,
                                  struct pv_error *error) PV_MUST_CHECK;

/* Begins as {redis, PV_OK, error}; then `status` and `error`, which may be NULL, are of the first
 * error. */
struct pv_answers {
    struct pv_redis *redis;
    enum pv_status status;
    struct pv_error *error;
};

/* The next answer, which the caller frees; NULL when it is an error. */
struct pv_redis_reply *pv_answers_next(struct pv_answers *answers);

/* The same about one article alone. A refusal, as of a key of another type, is logged, and leaves
 * `status`: one article must not keep the others from being written. */
struct pv_redis_reply *pv_answers_of_article(struct pv_answers *answers, struct pv_text article);

/* The same of pv_ask_description. The texts belong to the answer; what is unknown, or no UTF-8,
 * which cannot be in JSON, is empty. */
struct pv_redis_reply *pv_answers_description(struct pv_answers *answers, struct pv_text article,
                                              struct pv_text *title, struct pv_text *section);

/* Of pv_ask_offsets. The caller cleans up `*offsets`, which are empty after an error. */
void pv_answers_offsets(struct pv_answers *answers, struct pv_offsets *offsets);
/* Whether they are still the same, so that no counts were added in between. */
bool pv_answers_same_offsets(struct pv_answers *answers, const struct pv_offsets *before);

#endif
