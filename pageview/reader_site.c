#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pageview/event.h"
#include "pageview/keys.h"
#include "pageview/reader_connection.h"

/* "13:05" → 785; -1 for anything else. */
static int minute_of(const char *field)
{
    int hour, minute;

    if (field == NULL || strlen(field) != 5 || strspn(field, "0123456789") != 2 ||
        field[2] != ':' || strspn(field + 3, "0123456789") != 2)
        return -1;
    hour = (field[0] - '0') * 10 + field[1] - '0';
    minute = (field[3] - '0') * 10 + field[4] - '0';
    return hour < 24 && minute < 60 ? hour * 60 + minute : -1;
}

enum pv_status pv_reader_site(struct pv_reader *reader, int64_t day_ms,
                              int64_t minutes[PV_READER_DAY_MINUTES], struct pv_error *error)
{
    struct pv_redis_reply *reply = NULL;
    enum pv_status status = pv_reader_check_time(day_ms, error);
    char key[PV_KEY_SIZE];

    memset(minutes, 0, PV_READER_DAY_MINUTES * sizeof minutes[0]);
    if (status != PV_OK)
        return status;
    pv_key_site(reader->options.prefix, day_ms, key);
    status = pv_reader_ask_key(reader, "HGETALL", key, &reply, error);
    if (status != PV_OK)
        return status;
    for (size_t i = 0; i + 1 < pv_redis_reply_count(reply) && status == PV_OK; i += 2) {
        int minute = minute_of(pv_redis_reply_text(pv_redis_reply_at(reply, i), NULL));

        if (minute < 0)
            status = pv_error_set(error, PV_REFUSED, "Redis: %s: a field that is no minute", key);
        else
            status =
                pv_reader_count_of(pv_redis_reply_at(reply, i + 1), key, &minutes[minute], error);
    }
    pv_redis_reply_destroy(reply);
    return status;
}

/* PFCOUNT of `keys`, the union when there are several. */
static enum pv_status count_people(struct pv_reader *reader, int count, const char *const *keys,
                                   int64_t *people, struct pv_error *error)
{
    const char *arguments[1 + PV_READER_VISITOR_MINUTES_MAX] = {"PFCOUNT"};
    struct pv_redis_reply *reply = NULL;
    enum pv_status status;

    memcpy(arguments + 1, keys, (size_t)count * sizeof *keys);
    status = pv_reader_ask(reader, 1 + count, arguments, &reply, error);
    if (status == PV_OK)
        status = pv_reader_count_of(reply, keys[0], people, error);
    pv_redis_reply_destroy(reply);
    return status;
}

enum pv_status pv_reader_visitors(struct pv_reader *reader, const char *article, int64_t day_ms,
                                  int64_t *people, struct pv_error *error)
{
    enum pv_status status = pv_reader_check_time(day_ms, error);
    char text[PV_KEY_SIZE + PV_ARTICLE_SIZE_MAX];
    const char *key = text;
    size_t length = strlen(article), stem;

    *people = 0;
    if (status != PV_OK || length > PV_ARTICLE_SIZE_MAX) /* no article is so long */
        return status;
    stem = pv_key_visitors_stem(reader->options.prefix, day_ms, text);
    memcpy(text + stem, article, length + 1);
    return count_people(reader, 1, &key, people, error);
}

enum pv_status pv_reader_site_visitors(struct pv_reader *reader, int64_t now_ms, int minutes,
                                       int64_t *people, struct pv_error *error)
{
    char texts[PV_READER_VISITOR_MINUTES_MAX][PV_KEY_SIZE];
    const char *keys[PV_READER_VISITOR_MINUTES_MAX];
    enum pv_status status = pv_reader_check_time(now_ms, error);
    int count = 0;

    *people = 0;
    if (status != PV_OK)
        return status;
    if (minutes < 1 || minutes > PV_READER_VISITOR_MINUTES_MAX)
        return pv_error_set(error, PV_INVALID, "%d minutes: takes 1 to %d", minutes,
                            PV_READER_VISITOR_MINUTES_MAX);
    do {
        keys[count] = texts[count];
        pv_key_site_visitors(reader->options.prefix, now_ms - count * PV_MINUTE_MS, texts[count]);
        count++;
    } while (count < minutes && now_ms - count * PV_MINUTE_MS >= 0);
    return count_people(reader, count, keys, people, error);
}

enum pv_status pv_reader_times(struct pv_reader *reader, struct pv_reader_times *times,
                               struct pv_error *error)
{
    const char *arguments[6] = {"HMGET",
                                NULL,
                                PV_META_LAST_COMMIT_MS,
                                PV_META_CAUGHT_UP_MS,
                                PV_META_LAST_RANKING_MS,
                                PV_META_RANKING_CLOCK_MS};
    struct pv_redis_reply *reply = NULL;
    char key[PV_KEY_SIZE];
    enum pv_status status;

    *times = (struct pv_reader_times){-1, -1, -1, -1};
    pv_key_meta(reader->options.prefix, key);
    arguments[1] = key;
    status = pv_reader_ask(reader, 6, arguments, &reply, error);
    if (status != PV_OK)
        return status;
    if (pv_redis_reply_count(reply) == 4)
        *times = (struct pv_reader_times){
            .last_commit_ms = pv_redis_reply_number(pv_redis_reply_at(reply, 0), -1),
            .caught_up_ms = pv_redis_reply_number(pv_redis_reply_at(reply, 1), -1),
            .last_ranking_ms = pv_redis_reply_number(pv_redis_reply_at(reply, 2), -1),
            .ranking_clock_ms = pv_redis_reply_number(pv_redis_reply_at(reply, 3), -1),
        };
    else
        status = pv_reader_other_shape("HMGET", key, error);
    pv_redis_reply_destroy(reply);
    return status;
}
