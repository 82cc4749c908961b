#include "aggregator/ranker/redis_source.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "aggregator/ranker/stopwatch.h"
#include "pageview/keys.h"

/* Sends a command, and notes when. Nothing else may be under way: what is called before a page uses
 * the connection, too. */
static enum pv_status send(struct pv_redis_source *source, int count, const char **arguments,
                           const size_t *lengths, struct pv_error *error)
{
    enum pv_status status =
        source->before_page != NULL ? source->before_page(source->context, error) : PV_OK;

    source->sent_us = pv_stopwatch_us();
    return status == PV_OK ? pv_redis_send(source->redis, count, arguments, lengths, error)
                           : status;
}

static enum pv_status receive(struct pv_redis_source *source, struct pv_redis_reply **reply,
                              struct pv_error *error)
{
    enum pv_status status = pv_redis_receive(source->redis, reply, error);

    source->waited_us += pv_stopwatch_us() - source->sent_us;
    return status;
}

static enum pv_status ask(struct pv_redis_source *source, int count, const char **arguments,
                          const size_t *lengths, struct pv_redis_reply **reply,
                          struct pv_error *error)
{
    enum pv_status status = send(source, count, arguments, lengths, error);

    return status == PV_OK ? receive(source, reply, error) : status;
}

static void take_page(const struct pv_redis_reply *page, pv_take_count *take, void *take_context)
{
    for (size_t i = 0; i + 1 < pv_redis_reply_count(page); i += 2) {
        struct pv_text article;

        article.data = pv_redis_reply_text(pv_redis_reply_at(page, i), &article.length);
        if (article.data != NULL)
            take(take_context, article, pv_redis_reply_number(pv_redis_reply_at(page, i + 1), 0));
    }
}

static enum pv_status ask_for_page(struct pv_redis_source *source, const char *key,
                                   const char *cursor, struct pv_error *error)
{
    char page[16];
    const char *arguments[] = {"HSCAN", key, cursor, "COUNT", page};
    size_t lengths[5];

    snprintf(page, sizeof page, "%d", PV_SOURCE_PAGE);
    for (size_t i = 0; i < 5; i++)
        lengths[i] = strlen(arguments[i]);
    return send(source, 5, arguments, lengths, error);
}

/* Where the page says that the next one begins; NULL when it is no page. */
static const char *next_cursor(const struct pv_redis_reply *page)
{
    return pv_redis_reply_count(page) == 2 ? pv_redis_reply_text(pv_redis_reply_at(page, 0), NULL)
                                           : NULL;
}

/* Takes the page that was asked for, while Redis works on the next one. */
static enum pv_status read_page(struct pv_redis_source *source, const char *key, bool *more,
                                pv_take_count *take, void *take_context, struct pv_error *error)
{
    struct pv_redis_reply *page;
    const char *cursor;
    enum pv_status status = receive(source, &page, error);

    if (status != PV_OK)
        return status;
    cursor = next_cursor(page);
    *more = cursor != NULL && strcmp(cursor, "0") != 0;
    if (cursor == NULL)
        status = pv_error_set(error, PV_REFUSED, "Redis: HSCAN of %s gave no page", key);
    else if (*more)
        status = ask_for_page(source, key, cursor, error);
    if (status == PV_OK)
        take_page(pv_redis_reply_at(page, 1), take, take_context);
    pv_redis_reply_destroy(page);
    return status;
}

static enum pv_status read_bucket(void *context, enum pv_bucket_size size, int64_t start_ms,
                                  pv_take_count *take, void *take_context, struct pv_error *error)
{
    struct pv_redis_source *source = context;
    char key[PV_KEY_SIZE];
    bool more = true;
    enum pv_status status;

    pv_key_views_bucket(source->prefix, size, start_ms, key);
    status = ask_for_page(source, key, "0", error);
    while (status == PV_OK && more)
        status = read_page(source, key, &more, take, take_context, error);
    return status;
}

static enum pv_status read_sections_page(struct pv_redis_source *source,
                                         const struct pv_text *articles, size_t first, size_t count,
                                         pv_take_section *take, void *take_context,
                                         struct pv_error *error)
{
    const char *arguments[2 + PV_SOURCE_PAGE] = {"HMGET"};
    size_t lengths[2 + PV_SOURCE_PAGE] = {strlen("HMGET")};
    char key[PV_KEY_SIZE];
    struct pv_redis_reply *reply;
    enum pv_status status;

    arguments[1] = key;
    lengths[1] = pv_key_sections(source->prefix, key);
    for (size_t i = 0; i < count; i++) {
        arguments[2 + i] = articles[first + i].data;
        lengths[2 + i] = articles[first + i].length;
    }
    status = ask(source, (int)(2 + count), arguments, lengths, &reply, error);
    if (status != PV_OK)
        return status;
    for (size_t i = 0; i < count; i++) {
        struct pv_text section = {NULL, 0};

        if (i < pv_redis_reply_count(reply))
            section.data = pv_redis_reply_text(pv_redis_reply_at(reply, i), &section.length);
        take(take_context, first + i, section);
    }
    pv_redis_reply_destroy(reply);
    return PV_OK;
}

static enum pv_status read_sections(void *context, const struct pv_text *articles, size_t count,
                                    pv_take_section *take, void *take_context,
                                    struct pv_error *error)
{
    enum pv_status status = PV_OK;

    for (size_t first = 0; first < count && status == PV_OK; first += PV_SOURCE_PAGE) {
        size_t rest = count - first;

        status = read_sections_page(context, articles, first,
                                    rest < PV_SOURCE_PAGE ? rest : PV_SOURCE_PAGE, take,
                                    take_context, error);
    }
    return status;
}

static enum pv_status announce(void *context, int64_t open_from_ms, struct pv_commit_marks *marks,
                               struct pv_error *error)
{
    struct pv_redis_source *source = context;
    char key[PV_KEY_SIZE], minute[24];
    const char *arguments[] = {"FCALL", "pv_announce", "1", key, minute};
    size_t lengths[] = {strlen("FCALL"), strlen("pv_announce"), 1, 0, 0};
    struct pv_redis_reply *reply;
    enum pv_status status;

    lengths[3] = pv_key_meta(source->prefix, key);
    lengths[4] = (size_t)snprintf(minute, sizeof minute, "%" PRId64, open_from_ms);
    status = ask(source, 5, arguments, lengths, &reply, error);
    if (status != PV_OK)
        return status;
    if (pv_redis_reply_count(reply) == 3) {
        marks->commits = pv_redis_reply_number(pv_redis_reply_at(reply, 0), 0);
        marks->late = pv_redis_reply_number(pv_redis_reply_at(reply, 1), 0);
        marks->looks = pv_redis_reply_number(pv_redis_reply_at(reply, 2), 0);
    } else {
        status =
            pv_error_set(error, PV_REFUSED, "Redis: pv_announce gave an answer of another version");
    }
    pv_redis_reply_destroy(reply);
    return status;
}

struct pv_count_source pv_redis_count_source(struct pv_redis_source *source)
{
    return (struct pv_count_source){read_bucket, read_sections, announce, source};
}
