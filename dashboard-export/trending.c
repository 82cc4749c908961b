#include "dashboard-export/trending.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dashboard-export/transaction.h"
#include "pageview/event.h"
#include "pageview/keys.h"
#include "pageview/utf8.h"

_Static_assert(PV_TRENDING_MAX <= PV_READ_MORE_MAX, "a list fits one HMGET");

/* What is asked of each article follows what is asked once. */
enum answer { OFFSETS, VIEWS, FIRST_ARTICLE };

static const char *const facts[] = {"title", "section"};

#define FACTS            (sizeof facts / sizeof facts[0])
#define ARTICLE_KEY_SIZE (PV_KEY_SIZE + PV_ARTICLE_SIZE_MAX + 1)

struct question {
    char offsets_key[PV_KEY_SIZE], views_key[PV_KEY_SIZE];
    const char *articles[PV_TRENDING_MAX];
    char article_keys[PV_TRENDING_MAX][ARTICLE_KEY_SIZE];
    struct pv_read_command commands[FIRST_ARTICLE + PV_TRENDING_MAX];
};

/* JSON knows no infinity. */
static bool is_json_number(const char *text)
{
    return text[0] != '\0' && text[strspn(text, "0123456789+-.e")] == '\0';
}

static enum pv_status take_list(struct pv_trending *trending, const char *key,
                                struct pv_error *error)
{
    size_t elements = pv_redis_reply_count(trending->list);

    trending->items = calloc(elements / 2 + 1, sizeof *trending->items);
    if (trending->items == NULL)
        return pv_error_nomem(error, "a trending list");
    for (size_t i = 0; i + 1 < elements && trending->count < PV_TRENDING_MAX; i += 2) {
        struct pv_trending_item *item = &trending->items[trending->count];

        item->article = pv_redis_reply_text(pv_redis_reply_at(trending->list, i), &item->length);
        item->score = pv_redis_reply_text(pv_redis_reply_at(trending->list, i + 1), NULL);
        if (item->article == NULL || item->score == NULL || !is_json_number(item->score))
            return pv_error_set(error, PV_REFUSED,
                                "Redis: ZREVRANGE %s: an answer of another shape", key);
        if (item->length <= PV_ARTICLE_SIZE_MAX && strlen(item->article) == item->length &&
            pv_utf8_is_valid(item->article, item->length))
            trending->count++;
    }
    return PV_OK;
}

static enum pv_status read_list(struct pv_redis *redis, const char *key, size_t limit,
                                struct pv_trending *trending, struct pv_error *error)
{
    char last[24];
    enum pv_status status;

    snprintf(last, sizeof last, "%zu", limit - 1);
    status = pv_redis_command_texts(redis, &trending->list, error, "ZREVRANGE", key, "0", last,
                                    "WITHSCORES", NULL);
    return status == PV_OK ? take_list(trending, key, error) : status;
}

/* Returns the number of commands. */
static size_t make_question(const char *prefix, const struct pv_trending *trending,
                            struct question *question)
{
    char stem[PV_KEY_SIZE];

    pv_key_offsets(prefix, question->offsets_key);
    pv_key_views(prefix, question->views_key);
    pv_key_article_stem(prefix, stem);
    question->commands[OFFSETS] =
        (struct pv_read_command){.name = "HGETALL", .key = question->offsets_key};
    question->commands[VIEWS] =
        (struct pv_read_command){"HMGET", question->views_key, question->articles, trending->count};
    for (size_t i = 0; i < trending->count; i++) {
        question->articles[i] = trending->items[i].article;
        snprintf(question->article_keys[i], ARTICLE_KEY_SIZE, "%s%s", stem,
                 trending->items[i].article);
        question->commands[FIRST_ARTICLE + i] =
            (struct pv_read_command){"HMGET", question->article_keys[i], facts, FACTS};
    }
    /* HMGET without a field is an error. */
    return trending->count > 0 ? FIRST_ARTICLE + trending->count : VIEWS;
}

static const char *text_of(const struct pv_redis_reply *reply)
{
    size_t length = 0;
    const char *text = pv_redis_reply_text(reply, &length);

    return text != NULL && strlen(text) == length && pv_utf8_is_valid(text, length) ? text : NULL;
}

static enum pv_status take_facts(struct pv_trending *trending, struct pv_error *error)
{
    const struct pv_redis_reply *about = trending->about;

    for (size_t i = 0; i < trending->count; i++) {
        struct pv_trending_item *item = &trending->items[i];
        const struct pv_redis_reply *told = pv_redis_reply_at(about, FIRST_ARTICLE + i);
        const struct pv_redis_reply *views = pv_redis_reply_at(about, VIEWS);

        if (pv_redis_reply_count(told) != FACTS || pv_redis_reply_count(views) != trending->count)
            return pv_error_set(error, PV_REFUSED, "Redis: HMGET: an answer of another shape");
        item->views = pv_redis_reply_number(pv_redis_reply_at(views, i), 0);
        item->title = text_of(pv_redis_reply_at(told, 0));
        item->section = text_of(pv_redis_reply_at(told, 1));
    }
    return pv_offsets_from_reply(pv_redis_reply_at(about, OFFSETS), &trending->offsets, error);
}

static enum pv_status read_facts(struct pv_redis *redis, const char *prefix,
                                 struct pv_trending *trending, struct pv_error *error)
{
    struct question *question = malloc(sizeof *question);
    enum pv_status status;

    if (question == NULL)
        return pv_error_nomem(error, "a trending list");
    status =
        pv_transaction_read(redis, question->commands, make_question(prefix, trending, question),
                            &trending->about, error);
    free(question);
    return status == PV_OK ? take_facts(trending, error) : status;
}

enum pv_status pv_trending_read(struct pv_redis *redis, const char *prefix, const char *list,
                                const char *section, size_t limit, struct pv_trending *trending,
                                struct pv_error *error)
{
    char key[PV_KEY_SIZE];
    enum pv_status status;

    *trending = (struct pv_trending){0};
    pv_key_trending(prefix, list, section, key);
    status = read_list(redis, key, limit, trending, error);
    if (status == PV_OK)
        status = read_facts(redis, prefix, trending, error);
    if (status != PV_OK)
        pv_trending_clean_up(trending);
    return status;
}

void pv_trending_clean_up(struct pv_trending *trending)
{
    pv_offsets_clean_up(&trending->offsets);
    free(trending->items);
    pv_redis_reply_destroy(trending->list);
    pv_redis_reply_destroy(trending->about);
    *trending = (struct pv_trending){0};
}
