/* One pipeline: the offsets, the counts of all articles hash by hash, what each is called and who
 * read it, and the offsets again. Equal offsets say that no counts were added in between. */
#include "dashboard-export/article_page.h"

#include <string.h>

#include "dashboard-export/questions.h"
#include "pageview/keys.h"

struct question {
    struct pv_redis *redis;
    const char *prefix;
    int64_t clock_ms;
    const struct pv_text *articles;
    size_t count;
};

/* The counts of all articles in one hash. */
static enum pv_status send_counts(const struct question *question, const char *key,
                                  struct pv_error *error)
{
    const char *arguments[2 + PV_ARTICLE_PAGE] = {"HMGET", key};
    size_t lengths[2 + PV_ARTICLE_PAGE] = {5, strlen(key)};

    for (size_t i = 0; i < question->count; i++) {
        arguments[2 + i] = question->articles[i].data;
        lengths[2 + i] = question->articles[i].length;
    }
    return pv_redis_queue(question->redis, (int)(2 + question->count), arguments, lengths, error);
}

/* The same of `buckets` buckets, the oldest first. */
static enum pv_status send_buckets(const struct question *question, enum pv_bucket_size size,
                                   int64_t buckets, struct pv_error *error)
{
    enum pv_status status = PV_OK;
    char key[PV_KEY_SIZE];

    for (int64_t ago = buckets - 1; ago >= 0 && status == PV_OK; ago--) {
        int64_t time_ms = question->clock_ms - ago * pv_bucket_length_ms(size);

        pv_key_views_bucket(question->prefix, size, time_ms > 0 ? time_ms : 0, key);
        status = send_counts(question, key, error);
    }
    return status;
}

static enum pv_status send_descriptions(const struct question *question, struct pv_error *error)
{
    static const char *const none[PV_ASK_MORE_MAX] = {NULL};
    struct pv_redis *redis = question->redis;
    char articles[PV_KEY_SIZE], visitors[PV_KEY_SIZE];
    enum pv_status status = PV_OK;

    pv_key_article_stem(question->prefix, articles);
    pv_key_visitors_stem(question->prefix, question->clock_ms, visitors);
    for (size_t i = 0; i < question->count && status == PV_OK; i++) {
        struct pv_text article = question->articles[i];

        status = pv_ask_description(redis, articles, article, error);
        if (status == PV_OK)
            status = pv_ask_of_article(redis, "PFCOUNT", visitors, article, none, error);
    }
    return status;
}

static enum pv_status send_all(const struct question *question, struct pv_error *error)
{
    enum pv_status status = pv_ask_offsets(question->redis, question->prefix, error);
    char key[PV_KEY_SIZE];

    pv_key_views(question->prefix, key);
    if (status == PV_OK)
        status = send_counts(question, key, error);
    if (status == PV_OK)
        status = send_buckets(question, PV_BUCKET_HOUR, PV_ARTICLE_HOURS, error);
    if (status == PV_OK)
        status = send_buckets(question, PV_BUCKET_DAY, PV_ARTICLE_DAYS, error);
    if (status == PV_OK)
        status = send_descriptions(question, error);
    return status == PV_OK ? pv_ask_offsets(question->redis, question->prefix, error) : status;
}

static int64_t count_at(const struct pv_redis_reply *reply, size_t i)
{
    int64_t count = pv_redis_reply_number(pv_redis_reply_at(reply, i), 0);

    return count > 0 ? count : 0;
}

static void receive_counts(struct pv_answers *answers, struct pv_article_page *page)
{
    struct pv_redis_reply *reply = pv_answers_next(answers);

    for (size_t i = 0; reply != NULL && i < page->count; i++)
        page->counts[i].total = count_at(reply, i);
    pv_redis_reply_destroy(reply);
    for (size_t hour = 0; hour < PV_ARTICLE_HOURS; hour++) {
        reply = pv_answers_next(answers);
        for (size_t i = 0; reply != NULL && i < page->count; i++)
            page->counts[i].hours[hour] = count_at(reply, i);
        pv_redis_reply_destroy(reply);
    }
    for (size_t day = 0; day < PV_ARTICLE_DAYS; day++) {
        reply = pv_answers_next(answers);
        for (size_t i = 0; reply != NULL && i < page->count; i++)
            page->counts[i].days[day] = count_at(reply, i);
        pv_redis_reply_destroy(reply);
    }
}

static void receive_descriptions(struct pv_answers *answers, struct pv_article_page *page)
{
    for (size_t i = 0; i < page->count; i++) {
        struct pv_article_counts *counts = &page->counts[i];
        struct pv_redis_reply *visitors;

        page->descriptions[i] =
            pv_answers_description(answers, counts->article, &counts->title, &counts->section);
        visitors = pv_answers_of_article(answers, counts->article);
        counts->visitors = visitors != NULL ? pv_redis_reply_number(visitors, -1) : -1;
        pv_redis_reply_destroy(visitors);
    }
}

enum pv_status pv_article_page_ask(struct pv_redis *redis, const char *prefix, int64_t clock_ms,
                                   const struct pv_text *articles, size_t count,
                                   struct pv_error *error)
{
    const struct question question = {redis, prefix, clock_ms, articles, count};

    return send_all(&question, error);
}

enum pv_status pv_article_page_receive(struct pv_redis *redis, const struct pv_text *articles,
                                       size_t count, struct pv_article_page *page,
                                       struct pv_error *error)
{
    struct pv_answers answers = {redis, PV_OK, error};

    memset(page, 0, sizeof *page);
    page->count = count;
    for (size_t i = 0; i < count; i++)
        page->counts[i].article = articles[i];
    pv_answers_offsets(&answers, &page->offsets);
    receive_counts(&answers, page);
    receive_descriptions(&answers, page);
    page->exact = pv_answers_same_offsets(&answers, &page->offsets);
    if (answers.status != PV_OK)
        pv_article_page_clean_up(page);
    return answers.status;
}

enum pv_status pv_article_page_read(struct pv_redis *redis, const char *prefix, int64_t clock_ms,
                                    const struct pv_text *articles, size_t count,
                                    struct pv_article_page *page, struct pv_error *error)
{
    enum pv_status status = pv_article_page_ask(redis, prefix, clock_ms, articles, count, error);

    return status == PV_OK ? pv_article_page_receive(redis, articles, count, page, error) : status;
}

void pv_article_page_clean_up(struct pv_article_page *page)
{
    for (size_t i = 0; i < page->count; i++)
        pv_redis_reply_destroy(page->descriptions[i]);
    pv_offsets_clean_up(&page->offsets);
    memset(page, 0, sizeof *page);
}
