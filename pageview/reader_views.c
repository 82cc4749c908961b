#include <stdlib.h>

#include "pageview/keys.h"
#include "pageview/reader_connection.h"

static enum pv_status take_counts(const struct pv_redis_reply *reply, const char *key,
                                  const char *const *articles, size_t count, int64_t *views,
                                  struct pv_error *error)
{
    enum pv_status status = PV_OK;

    if (pv_redis_reply_count(reply) != count)
        return pv_reader_other_shape("HMGET", key, error);
    for (size_t i = 0; i < count && status == PV_OK; i++)
        status = pv_reader_count_of(pv_redis_reply_at(reply, i), articles[i], &views[i], error);
    return status;
}

/* One HMGET, so that all counts are of one moment. */
static enum pv_status read_counts(struct pv_reader *reader, const char *key,
                                  const char *const *articles, size_t count, int64_t *views,
                                  struct pv_error *error)
{
    struct pv_redis_reply *reply = NULL;
    const char **arguments;
    enum pv_status status = pv_reader_check_articles(count, error);

    if (status != PV_OK || count == 0)
        return status;
    arguments = malloc((count + 2) * sizeof *arguments);
    if (arguments == NULL)
        return pv_error_nomem(error, "a question about articles");
    arguments[0] = "HMGET";
    arguments[1] = key;
    for (size_t i = 0; i < count; i++)
        arguments[i + 2] = articles[i];
    status = pv_reader_ask(reader, (int)count + 2, arguments, &reply, error);
    free(arguments);
    if (status == PV_OK)
        status = take_counts(reply, key, articles, count, views, error);
    pv_redis_reply_destroy(reply);
    return status;
}

enum pv_status pv_reader_views_many(struct pv_reader *reader, const char *const *articles,
                                    size_t count, int64_t *views, struct pv_error *error)
{
    char key[PV_KEY_SIZE];

    pv_key_views(reader->options.prefix, key);
    return read_counts(reader, key, articles, count, views, error);
}

enum pv_status pv_reader_views(struct pv_reader *reader, const char *article, int64_t *views,
                               struct pv_error *error)
{
    return pv_reader_views_many(reader, &article, 1, views, error);
}

enum pv_status pv_reader_views_in(struct pv_reader *reader, enum pv_reader_span span,
                                  int64_t time_ms, const char *const *articles, size_t count,
                                  int64_t *views, struct pv_error *error)
{
    static const enum pv_bucket_size sizes[] = {
        [PV_READER_MINUTE] = PV_BUCKET_MINUTE,
        [PV_READER_HOUR] = PV_BUCKET_HOUR,
        [PV_READER_DAY] = PV_BUCKET_DAY,
    };
    enum pv_status status = pv_reader_check_time(time_ms, error);
    char key[PV_KEY_SIZE];

    if (status != PV_OK)
        return status;
    if ((int)span < 0 || (size_t)span >= sizeof sizes / sizeof sizes[0])
        return pv_error_set(error, PV_INVALID, "span %d: takes a minute, an hour or a day",
                            (int)span);
    pv_key_views_bucket(reader->options.prefix, sizes[span], time_ms, key);
    return read_counts(reader, key, articles, count, views, error);
}
