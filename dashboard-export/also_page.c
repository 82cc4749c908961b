#include "dashboard-export/also_page.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dashboard-export/bytes.h"
#include "pageview/keys.h"
#include "pageview/log.h"
#include "pageview/utf8.h"

#define READERS_LAST "9" /* PV_ALSO_ITEMS_MAX of them */

/* A command on a key that ends with an article's id. */
static enum pv_status send_of_article(struct pv_redis *redis, const char *command, const char *stem,
                                      struct pv_text article, const char *const more[3],
                                      struct pv_error *error)
{
    char key[PV_KEY_SIZE + PV_ARTICLE_SIZE_MAX];
    int id_length =
        article.length <= PV_ARTICLE_SIZE_MAX ? (int)article.length : PV_ARTICLE_SIZE_MAX;
    int length = snprintf(key, sizeof key, "%s%.*s", stem, id_length, article.data);
    const char *arguments[5] = {command, key};
    size_t lengths[5] = {strlen(command), (size_t)length};
    int count = 2;

    for (size_t i = 0; i < 3 && more[i] != NULL; i++) {
        arguments[count] = more[i];
        lengths[count++] = strlen(more[i]);
    }
    return pv_redis_queue(redis, count, arguments, lengths, error);
}

/* Takes the next answer. An error of one key alone, as of another type, is as if it were not there:
 * one article must not keep the others from being written. */
static enum pv_status receive_alone(struct pv_redis *redis, struct pv_redis_reply **reply,
                                    struct pv_error *error)
{
    enum pv_status status = pv_redis_receive(redis, reply, error);

    if (status != PV_REFUSED)
        return status;
    pv_log(PV_LOG_WARN, "also_read_unreadable", PV_TEXT("error", error->text));
    return PV_OK;
}

static enum pv_status read_readers(struct pv_redis *redis, const char *prefix,
                                   const struct pv_article_page *of, struct pv_also_page *page,
                                   struct pv_error *error)
{
    static const char *const more[3] = {"0", READERS_LAST, "WITHSCORES"};
    enum pv_status status = PV_OK;
    char stem[PV_KEY_SIZE];

    pv_key_also_stem(prefix, stem);
    for (size_t i = 0; i < of->count && status == PV_OK; i++)
        status = send_of_article(redis, "ZREVRANGE", stem, of->counts[i].article, more, error);
    if (status != PV_OK)
        return status; /* the connection is closed */
    for (size_t i = 0; i < of->count; i++) {
        struct pv_error why;
        enum pv_status of_this = receive_alone(redis, &page->readers[i], &why);

        if (of_this != PV_OK && status == PV_OK) {
            status = of_this;
            *error = why;
        }
    }
    return status;
}

static int by_id(const void *a, const void *b)
{
    const struct pv_also_article *x = a, *y = b;

    return pv_bytes_compare(x->article.data, x->article.length, y->article.data, y->article.length);
}

/* An article that may be linked to: a path in UTF-8, and not the counter of those over the limit.
 */
static bool is_fit(struct pv_text article)
{
    return article.length > 0 && article.length <= PV_ARTICLE_SIZE_MAX && article.data[0] == '/' &&
           pv_utf8_is_valid(article.data, article.length);
}

static bool is_same(struct pv_text a, struct pv_text b)
{
    return a.length == b.length && memcmp(a.data, b.data, a.length) == 0;
}

/* A list in the making: of ids alone. */
struct draft {
    struct pv_text articles[PV_ALSO_ITEMS_MAX];
    struct pv_also_items *list;
};

/* Adds from an answer of article, score, article, score … until the list has `max`. */
static void add_items(struct draft *draft, const struct pv_redis_reply *reply, bool by_readers,
                      size_t max)
{
    struct pv_also_items *list = draft->list;

    for (size_t i = 0; reply != NULL && i + 1 < pv_redis_reply_count(reply) && list->count < max;
         i += 2) {
        struct pv_text article = {.length = 0};
        const char *text = pv_redis_reply_text(pv_redis_reply_at(reply, i + 1), NULL);
        double score = text != NULL ? strtod(text, NULL) : NAN;
        bool is_there;

        article.data = pv_redis_reply_text(pv_redis_reply_at(reply, i), &article.length);
        if (article.data == NULL || !isfinite(score) || !is_fit(article)) /* JSON has no "inf" */
            continue;
        is_there = is_same(article, list->article);
        for (size_t at = 0; at < list->count && !is_there; at++)
            is_there = is_same(article, draft->articles[at]);
        if (is_there)
            continue;
        draft->articles[list->count] = article;
        list->items[list->count++] = (struct pv_also_item){NULL, by_readers, score};
    }
}

static enum pv_status draft_list(struct pv_also_hot *hot, struct pv_text section,
                                 const struct pv_redis_reply *readers, struct draft *draft,
                                 struct pv_error *error)
{
    const struct pv_text sections[] = {section, {"", 0}};
    enum pv_status status = PV_OK;

    add_items(draft, readers, true, PV_ALSO_ITEMS_MAX);
    for (size_t i = section.length > 0 ? 0 : 1; i < 2 && status == PV_OK; i++) {
        const struct pv_redis_reply *reply;

        if (draft->list->count >= PV_ALSO_ITEMS_MIN)
            break;
        status = pv_also_hot_read(hot, sections[i], &reply, error);
        if (status == PV_OK)
            add_items(draft, reply, false, PV_ALSO_ITEMS_MIN);
    }
    return status;
}

/* All ids that any draft has, each once, in order. */
static void gather(struct pv_also_page *page, const struct draft *drafts)
{
    size_t count = 0;

    for (size_t i = 0; i < page->count; i++)
        for (size_t at = 0; at < page->lists[i].count; at++)
            page->articles[page->article_count++] =
                (struct pv_also_article){.article = drafts[i].articles[at]};
    qsort(page->articles, page->article_count, sizeof page->articles[0], by_id);
    for (size_t i = 0; i < page->article_count; i++)
        if (count == 0 || by_id(&page->articles[count - 1], &page->articles[i]) != 0)
            page->articles[count++] = page->articles[i];
    page->article_count = count;
}

static void link_items(struct pv_also_page *page, const struct draft *drafts)
{
    for (size_t i = 0; i < page->count; i++)
        for (size_t at = 0; at < page->lists[i].count; at++) {
            const struct pv_also_article wanted = {.article = drafts[i].articles[at]};

            page->lists[i].items[at].article =
                bsearch(&wanted, page->articles, page->article_count, sizeof wanted, by_id);
        }
}

static enum pv_status make_lists(struct pv_also_hot *hot, const struct pv_article_page *of,
                                 struct pv_also_page *page, struct pv_error *error)
{
    struct draft drafts[PV_ARTICLE_PAGE];
    enum pv_status status = PV_OK;

    page->count = of->count;
    for (size_t i = 0; i < of->count && status == PV_OK; i++) {
        page->lists[i].article = of->counts[i].article;
        drafts[i].list = &page->lists[i];
        status = draft_list(hot, of->counts[i].section, page->readers[i], &drafts[i], error);
    }
    if (status != PV_OK)
        return status;
    gather(page, drafts);
    link_items(page, drafts);
    return PV_OK;
}

static enum pv_status send_offsets(struct pv_redis *redis, const char *prefix,
                                   struct pv_error *error)
{
    char key[PV_KEY_SIZE];
    const char *arguments[] = {"HGETALL", key};
    const size_t lengths[] = {7, pv_key_offsets(prefix, key)};

    return pv_redis_send(redis, 2, arguments, lengths, error);
}

static enum pv_status send_views(struct pv_redis *redis, const char *prefix,
                                 const struct pv_also_page *page, struct pv_error *error)
{
    const char *arguments[2 + PV_ALSO_ARTICLES_MAX];
    size_t lengths[2 + PV_ALSO_ARTICLES_MAX];
    char key[PV_KEY_SIZE];

    arguments[0] = "HMGET";
    lengths[0] = strlen("HMGET");
    arguments[1] = key;
    lengths[1] = pv_key_views(prefix, key);
    for (size_t i = 0; i < page->article_count; i++) {
        arguments[2 + i] = page->articles[i].article.data;
        lengths[2 + i] = page->articles[i].article.length;
    }
    return pv_redis_send(redis, (int)(2 + page->article_count), arguments, lengths, error);
}

static enum pv_status send_questions(struct pv_redis *redis, const char *prefix,
                                     const struct pv_also_page *page, struct pv_error *error)
{
    static const char *const more[3] = {"title", "section", NULL};
    enum pv_status status = send_offsets(redis, prefix, error);
    char stem[PV_KEY_SIZE];

    pv_key_article_stem(prefix, stem);
    if (status == PV_OK)
        status = send_views(redis, prefix, page, error);
    for (size_t i = 0; i < page->article_count && status == PV_OK; i++)
        status = send_of_article(redis, "HMGET", stem, page->articles[i].article, more, error);
    return status == PV_OK ? send_offsets(redis, prefix, error) : status;
}

/* What is no UTF-8 cannot be in JSON, and is as if unknown. */
static struct pv_text text_at(const struct pv_redis_reply *reply, size_t i)
{
    struct pv_text text = {"", 0};
    const char *found = i < pv_redis_reply_count(reply)
                            ? pv_redis_reply_text(pv_redis_reply_at(reply, i), &text.length)
                            : NULL;

    if (found == NULL || !pv_utf8_is_valid(found, text.length))
        return (struct pv_text){"", 0};
    text.data = found;
    return text;
}

/* All answers have to be received, also behind one that is an error: the first error is kept. */
struct answers {
    struct pv_redis *redis;
    enum pv_status status;
    struct pv_error *error;
};

static struct pv_redis_reply *receive(struct answers *answers, bool alone)
{
    struct pv_redis_reply *reply = NULL;
    struct pv_error why;
    enum pv_status status = alone ? receive_alone(answers->redis, &reply, &why)
                                  : pv_redis_receive(answers->redis, &reply, &why);

    if (status != PV_OK && answers->status == PV_OK) {
        answers->status = status;
        *answers->error = why;
    }
    return reply;
}

static void receive_offsets(struct answers *answers, struct pv_offsets *offsets)
{
    struct pv_redis_reply *reply = receive(answers, false);

    if (answers->status == PV_OK)
        answers->status = pv_offsets_from_reply(reply, offsets, answers->error);
    pv_redis_reply_destroy(reply);
}

static void receive_articles(struct answers *answers, struct pv_also_page *page)
{
    struct pv_redis_reply *views = receive(answers, false);

    for (size_t i = 0; i < page->article_count; i++) {
        struct pv_also_article *article = &page->articles[i];

        if (views != NULL && i < pv_redis_reply_count(views))
            article->views = pv_redis_reply_number(pv_redis_reply_at(views, i), 0);
        page->about[i] = receive(answers, true);
        if (page->about[i] == NULL)
            continue;
        article->title = text_at(page->about[i], 0);
        article->section = text_at(page->about[i], 1);
    }
    pv_redis_reply_destroy(views);
}

static enum pv_status read_articles(struct pv_redis *redis, const char *prefix,
                                    struct pv_also_page *page, struct pv_error *error)
{
    struct answers answers = {redis, PV_OK, error};
    struct pv_offsets after = {0};
    enum pv_status status;

    if (page->article_count == 0)
        return PV_OK; /* HMGET without a field is an error */
    status = send_questions(redis, prefix, page, error);
    if (status != PV_OK)
        return status;
    receive_offsets(&answers, &page->offsets);
    receive_articles(&answers, page);
    receive_offsets(&answers, &after);
    page->exact = pv_offsets_equal(&page->offsets, &after);
    pv_offsets_clean_up(&after);
    return answers.status;
}

enum pv_status pv_also_page_read(struct pv_redis *redis, const char *prefix,
                                 struct pv_also_hot *hot, const struct pv_article_page *of,
                                 struct pv_also_page *page, struct pv_error *error)
{
    enum pv_status status;

    memset(page, 0, sizeof *page);
    status = read_readers(redis, prefix, of, page, error);
    if (status == PV_OK)
        status = make_lists(hot, of, page, error);
    if (status == PV_OK)
        status = read_articles(redis, prefix, page, error);
    if (status != PV_OK)
        pv_also_page_clean_up(page);
    return status;
}

void pv_also_page_clean_up(struct pv_also_page *page)
{
    for (size_t i = 0; i < PV_ARTICLE_PAGE; i++)
        pv_redis_reply_destroy(page->readers[i]);
    for (size_t i = 0; i < page->article_count; i++)
        pv_redis_reply_destroy(page->about[i]);
    pv_offsets_clean_up(&page->offsets);
    memset(page, 0, sizeof *page);
}
