/* One pipeline: the offsets, the counts of all articles hash by hash, what each is called and who
 * read it, and the offsets again. Equal offsets say that no counts were added in between. */
#include "dashboard-export/article_page.h"

#include <stdio.h>
#include <string.h>

#include "pageview/keys.h"
#include "pageview/log.h"
#include "pageview/utf8.h"

struct question {
    struct pv_redis *redis;
    const char *prefix;
    int64_t clock_ms;
    const struct pv_text *articles;
    size_t count;
};

static enum pv_status send_offsets(const struct question *question, struct pv_error *error)
{
    char key[PV_KEY_SIZE];
    const char *arguments[] = {"HGETALL", key};
    const size_t lengths[] = {7, pv_key_offsets(question->prefix, key)};

    return pv_redis_send(question->redis, 2, arguments, lengths, error);
}

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

/* A command on a key that ends with the article's id. */
static enum pv_status send_of_article(const struct question *question, const char *command,
                                      const char *stem, struct pv_text article, bool with_fields,
                                      struct pv_error *error)
{
    char key[PV_KEY_SIZE + PV_ARTICLE_SIZE_MAX];
    int id_length =
        article.length <= PV_ARTICLE_SIZE_MAX ? (int)article.length : PV_ARTICLE_SIZE_MAX;
    int length = snprintf(key, sizeof key, "%s%.*s", stem, id_length, article.data);
    const char *arguments[] = {command, key, "title", "section"};
    const size_t lengths[] = {strlen(command), (size_t)length, 5, 7};

    return pv_redis_queue(question->redis, with_fields ? 4 : 2, arguments, lengths, error);
}

static enum pv_status send_descriptions(const struct question *question, struct pv_error *error)
{
    char articles[PV_KEY_SIZE], visitors[PV_KEY_SIZE];
    enum pv_status status = PV_OK;

    pv_key_article_stem(question->prefix, articles);
    pv_key_visitors_stem(question->prefix, question->clock_ms, visitors);
    for (size_t i = 0; i < question->count && status == PV_OK; i++) {
        status = send_of_article(question, "HMGET", articles, question->articles[i], true, error);
        if (status == PV_OK)
            status =
                send_of_article(question, "PFCOUNT", visitors, question->articles[i], false, error);
    }
    return status;
}

static enum pv_status send_all(const struct question *question, struct pv_error *error)
{
    enum pv_status status = send_offsets(question, error);
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
    return status == PV_OK ? send_offsets(question, error) : status;
}

/* All answers have to be received, also behind one that is an error: the first error is kept. */
struct answers {
    struct pv_redis *redis;
    enum pv_status status;
    struct pv_error *error;
};

/* NULL when there is none. */
static struct pv_redis_reply *receive(struct answers *answers)
{
    struct pv_redis_reply *reply = NULL;
    bool failed = answers->status != PV_OK;
    enum pv_status status =
        pv_redis_receive(answers->redis, &reply, failed ? NULL : answers->error);

    if (!failed)
        answers->status = status;
    return reply;
}

static void receive_offsets(struct answers *answers, struct pv_offsets *offsets)
{
    struct pv_redis_reply *reply = receive(answers);

    if (answers->status == PV_OK)
        answers->status = pv_offsets_from_reply(reply, offsets, answers->error);
    pv_redis_reply_destroy(reply);
}

static int64_t count_at(const struct pv_redis_reply *reply, size_t i)
{
    int64_t count = pv_redis_reply_number(pv_redis_reply_at(reply, i), 0);

    return count > 0 ? count : 0;
}

static void receive_counts(struct answers *answers, struct pv_article_page *page)
{
    struct pv_redis_reply *reply = receive(answers);

    for (size_t i = 0; reply != NULL && i < page->count; i++)
        page->counts[i].total = count_at(reply, i);
    pv_redis_reply_destroy(reply);
    for (size_t hour = 0; hour < PV_ARTICLE_HOURS; hour++) {
        reply = receive(answers);
        for (size_t i = 0; reply != NULL && i < page->count; i++)
            page->counts[i].hours[hour] = count_at(reply, i);
        pv_redis_reply_destroy(reply);
    }
    for (size_t day = 0; day < PV_ARTICLE_DAYS; day++) {
        reply = receive(answers);
        for (size_t i = 0; reply != NULL && i < page->count; i++)
            page->counts[i].days[day] = count_at(reply, i);
        pv_redis_reply_destroy(reply);
    }
}

static void say_unreadable(struct pv_text article, const struct pv_error *error)
{
    char name[PV_ARTICLE_SIZE_MAX + 1];

    snprintf(name, sizeof name, "%.*s", (int)article.length, article.data);
    pv_log(PV_LOG_WARN, "article_unreadable", PV_TEXT("article", name),
           PV_TEXT("error", error->text));
}

/* An answer about one article alone. When it is an error, as of a key of another type, it is as if
 * unknown: one article must not keep the others from being written. */
static struct pv_redis_reply *receive_of_article(struct answers *answers, struct pv_text article)
{
    struct pv_error error;
    struct answers alone = {answers->redis, PV_OK, &error};
    struct pv_redis_reply *reply = receive(&alone);

    if (alone.status == PV_REFUSED) {
        say_unreadable(article, &error);
    } else if (alone.status != PV_OK && answers->status == PV_OK) {
        answers->status = alone.status;
        *answers->error = error;
    }
    return reply;
}

/* What is no UTF-8 cannot be in JSON, and is as if unknown. */
static struct pv_text text_at(const struct pv_redis_reply *reply, size_t i)
{
    struct pv_text text = {.length = 0};

    text.data = pv_redis_reply_text(pv_redis_reply_at(reply, i), &text.length);
    if (text.data == NULL || !pv_utf8_is_valid(text.data, text.length))
        return (struct pv_text){"", 0};
    return text;
}

static void receive_descriptions(struct answers *answers, struct pv_article_page *page)
{
    for (size_t i = 0; i < page->count; i++) {
        struct pv_article_counts *counts = &page->counts[i];
        struct pv_redis_reply *visitors;

        page->descriptions[i] = receive_of_article(answers, counts->article);
        if (page->descriptions[i] != NULL) {
            counts->title = text_at(page->descriptions[i], 0);
            counts->section = text_at(page->descriptions[i], 1);
        }
        visitors = receive_of_article(answers, counts->article);
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
    struct answers answers = {redis, PV_OK, error};
    struct pv_offsets after = {0};

    memset(page, 0, sizeof *page);
    page->count = count;
    for (size_t i = 0; i < count; i++)
        page->counts[i].article = articles[i];
    receive_offsets(&answers, &page->offsets);
    receive_counts(&answers, page);
    receive_descriptions(&answers, page);
    receive_offsets(&answers, &after);
    page->exact = pv_offsets_equal(&page->offsets, &after);
    pv_offsets_clean_up(&after);
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
