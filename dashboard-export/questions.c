#include "dashboard-export/questions.h"

#include <stdio.h>
#include <string.h>

#include "pageview/keys.h"
#include "pageview/log.h"
#include "pageview/utf8.h"

enum pv_status pv_ask_offsets(struct pv_redis *redis, const char *prefix, struct pv_error *error)
{
    char key[PV_KEY_SIZE];
    const char *arguments[] = {"HGETALL", key};

    pv_key_offsets(prefix, key);
    return pv_redis_send(redis, 2, arguments, NULL, error);
}

enum pv_status pv_ask_of_article(struct pv_redis *redis, const char *command, const char *stem,
                                 struct pv_text article, const char *const more[PV_ASK_MORE_MAX],
                                 struct pv_error *error)
{
    char key[PV_KEY_SIZE + PV_ARTICLE_SIZE_MAX];
    char *id = stpcpy(key, stem);
    size_t id_length = article.length < PV_ARTICLE_SIZE_MAX ? article.length : PV_ARTICLE_SIZE_MAX;
    const char *arguments[2 + PV_ASK_MORE_MAX] = {command, key};
    size_t lengths[2 + PV_ASK_MORE_MAX] = {strlen(command), (size_t)(id - key) + id_length};
    int count = 2;

    memcpy(id, article.data, id_length);
    for (size_t i = 0; i < PV_ASK_MORE_MAX && more[i] != NULL; i++) {
        arguments[count] = more[i];
        lengths[count++] = strlen(more[i]);
    }
    return pv_redis_queue(redis, count, arguments, lengths, error);
}

enum pv_status pv_ask_description(struct pv_redis *redis, const char *stem, struct pv_text article,
                                  struct pv_error *error)
{
    static const char *const fields[PV_ASK_MORE_MAX] = {"title", "section"};

    return pv_ask_of_article(redis, "HMGET", stem, article, fields, error);
}

struct pv_redis_reply *pv_answers_next(struct pv_answers *answers)
{
    struct pv_redis_reply *reply = NULL;
    bool failed = answers->status != PV_OK;
    enum pv_status status =
        pv_redis_receive(answers->redis, &reply, failed ? NULL : answers->error);

    if (!failed)
        answers->status = status;
    return reply;
}

static void say_unreadable(struct pv_text article, const struct pv_error *error)
{
    char name[PV_ARTICLE_SIZE_MAX + 1];

    snprintf(name, sizeof name, "%.*s", (int)article.length, article.data);
    pv_log(PV_LOG_WARN, "article_unreadable", PV_TEXT("article", name),
           PV_TEXT("error", error->text));
}

struct pv_redis_reply *pv_answers_of_article(struct pv_answers *answers, struct pv_text article)
{
    struct pv_error error;
    struct pv_answers alone = {answers->redis, PV_OK, &error};
    struct pv_redis_reply *reply = pv_answers_next(&alone);

    if (alone.status == PV_REFUSED) {
        say_unreadable(article, &error);
    } else if (alone.status != PV_OK && answers->status == PV_OK) {
        answers->status = alone.status;
        if (answers->error != NULL)
            *answers->error = error;
    }
    return reply;
}

static struct pv_text text_at(const struct pv_redis_reply *reply, size_t i)
{
    struct pv_text text = {.length = 0};

    if (reply != NULL && i < pv_redis_reply_count(reply))
        text.data = pv_redis_reply_text(pv_redis_reply_at(reply, i), &text.length);
    if (text.data == NULL || !pv_utf8_is_valid(text.data, text.length))
        return (struct pv_text){"", 0};
    return text;
}

struct pv_redis_reply *pv_answers_description(struct pv_answers *answers, struct pv_text article,
                                              struct pv_text *title, struct pv_text *section)
{
    struct pv_redis_reply *reply = pv_answers_of_article(answers, article);

    *title = text_at(reply, 0);
    *section = text_at(reply, 1);
    return reply;
}

void pv_answers_offsets(struct pv_answers *answers, struct pv_offsets *offsets)
{
    struct pv_redis_reply *reply = pv_answers_next(answers);

    if (answers->status == PV_OK)
        answers->status = pv_offsets_from_reply(reply, offsets, answers->error);
    pv_redis_reply_destroy(reply);
}

bool pv_answers_same_offsets(struct pv_answers *answers, const struct pv_offsets *before)
{
    struct pv_offsets after = {0};
    bool same;

    pv_answers_offsets(answers, &after);
    same = pv_offsets_equal(before, &after);
    pv_offsets_clean_up(&after);
    return same;
}
