#include "dashboard-export/also_page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dashboard-export/bytes.h"
#include "dashboard-export/questions.h"
#include "pageview/keys.h"
#include "pageview/utf8.h"

#define READERS_LAST "9" /* PV_ALSO_ITEMS_MAX of them */

enum { PART = 1000 };

static enum pv_status read_readers(struct pv_redis *redis, const char *prefix,
                                   struct pv_article_pages *of, struct pv_also_page *page,
                                   struct pv_error *error)
{
    static const char *const more[PV_ASK_MORE_MAX] = {"0", READERS_LAST, "WITHSCORES"};
    struct pv_answers answers = {redis, PV_OK, error};
    enum pv_status status = PV_OK;
    char stem[PV_KEY_SIZE];

    pv_key_also_stem(prefix, stem);
    for (size_t i = 0; i < of->count && status == PV_OK; i++)
        status = pv_ask_of_article(redis, "ZREVRANGE", stem, pv_article_pages_at(of, i)->article,
                                   more, error);
    if (status != PV_OK)
        return status; /* the connection is closed */
    for (size_t i = 0; i < of->count; i++)
        page->readers[i] = pv_answers_of_article(&answers, pv_article_pages_at(of, i)->article);
    return answers.status;
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
    struct pv_text *articles; /* PV_ALSO_ITEMS_MAX of the page's */
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
static void gather(struct pv_also_page *page)
{
    size_t count = 0;

    for (size_t i = 0; i < page->count; i++)
        for (size_t at = 0; at < page->lists[i].count; at++)
            page->articles[page->article_count++] =
                (struct pv_also_article){.article = page->drafts[i][at]};
    qsort(page->articles, page->article_count, sizeof page->articles[0], by_id);
    for (size_t i = 0; i < page->article_count; i++)
        if (count == 0 || by_id(&page->articles[count - 1], &page->articles[i]) != 0)
            page->articles[count++] = page->articles[i];
    page->article_count = count;
}

static void link_items(struct pv_also_page *page)
{
    for (size_t i = 0; i < page->count; i++)
        for (size_t at = 0; at < page->lists[i].count; at++) {
            const struct pv_also_article wanted = {.article = page->drafts[i][at]};

            page->lists[i].items[at].article =
                bsearch(&wanted, page->articles, page->article_count, sizeof wanted, by_id);
        }
}

static enum pv_status make_lists(struct pv_also_hot *hot, struct pv_article_pages *of,
                                 struct pv_also_page *page, struct pv_error *error)
{
    enum pv_status status = PV_OK;

    page->count = of->count;
    for (size_t i = 0; i < of->count && status == PV_OK; i++) {
        const struct pv_article_counts *counts = pv_article_pages_at(of, i);
        struct draft draft = {page->drafts[i], &page->lists[i]};

        draft.list->article = counts->article;
        status = draft_list(hot, counts->section, page->readers[i], &draft, error);
    }
    if (status != PV_OK)
        return status;
    gather(page);
    link_items(page);
    return PV_OK;
}

/* Articles in the part of a page that begins with article `first`: the views of so many are asked
 * for at once, so that Redis is not held for long. */
static size_t part_size(const struct pv_also_page *page, size_t first)
{
    return page->article_count - first < PART ? page->article_count - first : PART;
}

static enum pv_status send_views(struct pv_redis *redis, const char *prefix,
                                 const struct pv_also_page *page, size_t first,
                                 struct pv_error *error)
{
    const char *arguments[2 + PART] = {"HMGET"};
    size_t lengths[2 + PART] = {strlen("HMGET")}, count = part_size(page, first);
    char key[PV_KEY_SIZE];

    arguments[1] = key;
    lengths[1] = pv_key_views(prefix, key);
    for (size_t i = 0; i < count; i++) {
        arguments[2 + i] = page->articles[first + i].article.data;
        lengths[2 + i] = page->articles[first + i].article.length;
    }
    return pv_redis_queue(redis, (int)(2 + count), arguments, lengths, error);
}

/* Counts are between the offsets, and what articles are called is behind them. */
static enum pv_status send_questions(struct pv_redis *redis, const char *prefix,
                                     const struct pv_also_page *page, struct pv_error *error)
{
    enum pv_status status = pv_ask_offsets(redis, prefix, error);
    char stem[PV_KEY_SIZE];

    pv_key_article_stem(prefix, stem);
    for (size_t first = 0; first < page->article_count && status == PV_OK; first += PART)
        status = send_views(redis, prefix, page, first, error);
    if (status == PV_OK)
        status = pv_ask_offsets(redis, prefix, error);
    for (size_t i = 0; i < page->article_count && status == PV_OK; i++)
        status = pv_ask_description(redis, stem, page->articles[i].article, error);
    return status;
}

static void receive_views(struct pv_answers *answers, struct pv_also_page *page, size_t first)
{
    struct pv_redis_reply *views = pv_answers_next(answers);

    for (size_t i = 0; views != NULL && i < part_size(page, first); i++)
        if (i < pv_redis_reply_count(views))
            page->articles[first + i].views = pv_redis_reply_number(pv_redis_reply_at(views, i), 0);
    pv_redis_reply_destroy(views);
}

static void receive_descriptions(struct pv_answers *answers, struct pv_also_page *page)
{
    for (size_t i = 0; i < page->article_count; i++) {
        struct pv_also_article *article = &page->articles[i];

        page->about[i] =
            pv_answers_description(answers, article->article, &article->title, &article->section);
    }
}

static enum pv_status read_articles(struct pv_redis *redis, const char *prefix,
                                    struct pv_also_page *page, struct pv_error *error)
{
    struct pv_answers answers = {redis, PV_OK, error};
    enum pv_status status;

    if (page->article_count == 0)
        return PV_OK; /* HMGET without a field is an error */
    status = send_questions(redis, prefix, page, error);
    if (status != PV_OK)
        return status;
    pv_answers_offsets(&answers, &page->offsets);
    for (size_t first = 0; first < page->article_count; first += PART)
        receive_views(&answers, page, first);
    page->exact = pv_answers_same_offsets(&answers, &page->offsets);
    receive_descriptions(&answers, page);
    return answers.status;
}

enum pv_status pv_also_page_read(struct pv_redis *redis, const char *prefix,
                                 struct pv_also_hot *hot, struct pv_article_pages *of,
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
    for (size_t i = 0; i < PV_ARTICLE_PAGES_MAX; i++)
        pv_redis_reply_destroy(page->readers[i]);
    for (size_t i = 0; i < page->article_count; i++)
        pv_redis_reply_destroy(page->about[i]);
    pv_offsets_clean_up(&page->offsets);
    memset(page, 0, sizeof *page);
}
