#include "dashboard-export/article_ranks.h"

#include <stdlib.h>

#include "dashboard-export/bytes.h"
#include "dashboard-export/questions.h"
#include "pageview/keys.h"

/* The lists have 1,000 entries; what more there would be has no rank. */
#define LIST_LAST "999"

struct pv_article_rank {
    struct pv_text article;
    uint32_t list, rank;
};

static int by_article(const void *a, const void *b)
{
    const struct pv_article_rank *x = a, *y = b;

    return pv_bytes_compare(x->article.data, x->article.length, y->article.data, y->article.length);
}

void pv_article_ranks_clean_up(struct pv_article_ranks *ranks)
{
    for (size_t i = 0; i < PV_ARTICLE_LISTS; i++)
        pv_redis_reply_destroy(ranks->replies[i]);
    free(ranks->items);
    *ranks = (struct pv_article_ranks){0};
}

static enum pv_status send_question(struct pv_redis *redis, const char *prefix, const char *list,
                                    struct pv_error *error)
{
    char key[PV_KEY_SIZE];
    size_t key_length = pv_key_trending(prefix, list, NULL, key);
    const char *arguments[] = {"ZREVRANGE", key, "0", LIST_LAST};
    const size_t lengths[] = {9, key_length, 1, sizeof LIST_LAST - 1};

    return pv_redis_send(redis, 4, arguments, lengths, error);
}

static enum pv_status read_lists(struct pv_redis *redis, const char *prefix,
                                 struct pv_article_ranks *ranks, struct pv_error *error)
{
    struct pv_answers answers = {redis, PV_OK, error};
    enum pv_status status = PV_OK;

    for (size_t i = 0; i < PV_ARTICLE_LISTS && status == PV_OK; i++)
        status = send_question(redis, prefix, pv_article_lists[i], error);
    if (status != PV_OK)
        return status; /* the connection is closed */
    for (size_t i = 0; i < PV_ARTICLE_LISTS; i++)
        ranks->replies[i] = pv_answers_next(&answers);
    return answers.status;
}

static void add_list(struct pv_article_ranks *ranks, uint32_t list)
{
    const struct pv_redis_reply *reply = ranks->replies[list];

    for (size_t i = 0; i < pv_redis_reply_count(reply); i++) {
        struct pv_text article = {.length = 0};

        article.data = pv_redis_reply_text(pv_redis_reply_at(reply, i), &article.length);
        if (article.data != NULL)
            ranks->items[ranks->count++] = (struct pv_article_rank){article, list, (uint32_t)i + 1};
    }
}

static enum pv_status index_lists(struct pv_article_ranks *ranks, struct pv_error *error)
{
    size_t total = 1;

    for (size_t i = 0; i < PV_ARTICLE_LISTS; i++)
        total += pv_redis_reply_count(ranks->replies[i]);
    ranks->items = calloc(total, sizeof *ranks->items);
    if (ranks->items == NULL)
        return pv_error_nomem(error, "the trending lists");
    for (uint32_t list = 0; list < PV_ARTICLE_LISTS; list++)
        add_list(ranks, list);
    qsort(ranks->items, ranks->count, sizeof *ranks->items, by_article);
    return PV_OK;
}

enum pv_status pv_article_ranks_read(struct pv_redis *redis, const char *prefix,
                                     struct pv_article_ranks *ranks, struct pv_error *error)
{
    enum pv_status status;

    *ranks = (struct pv_article_ranks){0};
    status = read_lists(redis, prefix, ranks, error);
    if (status == PV_OK)
        status = index_lists(ranks, error);
    if (status != PV_OK)
        pv_article_ranks_clean_up(ranks);
    return status;
}

void pv_article_ranks_find(const struct pv_article_ranks *ranks, struct pv_text article,
                           uint32_t found[PV_ARTICLE_LISTS])
{
    const struct pv_article_rank wanted = {.article = article};
    size_t low = 0, high = ranks->count;

    for (size_t i = 0; i < PV_ARTICLE_LISTS; i++)
        found[i] = 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (by_article(&ranks->items[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < ranks->count && by_article(&ranks->items[low], &wanted) == 0; low++)
        found[ranks->items[low].list] = ranks->items[low].rank;
}
