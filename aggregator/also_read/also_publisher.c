#include "aggregator/also_read/also_publisher.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "aggregator/msgpack.h"
#include "pageview/keys.h"

void pv_also_publisher_clean_up(struct pv_also_publisher *publisher)
{
    pv_buffer_clean_up(&publisher->entries);
}

static void write_entries(struct pv_buffer *buffer, const struct pv_also_list *list)
{
    char score[16];

    pv_buffer_reset(buffer);
    pv_msgpack_array(buffer, (uint32_t)(2 * list->count));
    for (size_t i = 0; i < list->count; i++) {
        const struct pv_also_item *item = &list->items[i];

        pv_msgpack_text(buffer, item->article.data, (uint16_t)item->article.length);
        pv_msgpack_text(buffer, score,
                        (uint16_t)snprintf(score, sizeof score, "%.3g", item->score));
    }
}

static enum pv_status send_list(struct pv_also_publisher *publisher,
                                const struct pv_also_list *list, int64_t now_ms,
                                struct pv_error *error)
{
    char key[PV_KEY_SIZE + PV_ARTICLE_SIZE_MAX], changed[PV_KEY_SIZE], now[24], expires[24];
    size_t stem = pv_key_also_stem(publisher->prefix, key);
    const char *arguments[] = {"FCALL", "pv_also", "2", key, changed, list->article.data,
                               now,     expires,   NULL};
    size_t lengths[] = {
        strlen("FCALL"),
        strlen("pv_also"),
        1,
        stem + list->article.length,
        pv_key_also_changed(publisher->prefix, changed),
        list->article.length,
        (size_t)snprintf(now, sizeof now, "%" PRId64, now_ms),
        (size_t)snprintf(expires, sizeof expires, "%" PRId64, now_ms + PV_ALSO_KEEP_MS),
        0};

    write_entries(&publisher->entries, list);
    if (publisher->entries.failed) {
        publisher->entries.failed = false;
        return pv_error_nomem(error, "a list of co-views");
    }
    memcpy(key + stem, list->article.data, list->article.length);
    arguments[8] = publisher->entries.data;
    lengths[8] = publisher->entries.length;
    return pv_redis_send(publisher->redis, 9, arguments, lengths, error);
}

enum pv_status pv_also_publish(struct pv_also_publisher *publisher, struct pv_co_views *views,
                               size_t max, int64_t now_ms, size_t *sent, struct pv_error *error)
{
    enum pv_status status = PV_OK;
    struct pv_also_list list;

    *sent = 0;
    while (status == PV_OK && *sent < max && pv_co_views_next(views, now_ms, &list)) {
        status = send_list(publisher, &list, now_ms, error);
        *sent += status == PV_OK;
    }
    for (size_t i = 0; i < *sent; i++) { /* all that was sent, also behind an error */
        struct pv_redis_reply *reply;
        enum pv_status of_this =
            pv_redis_receive(publisher->redis, &reply, status == PV_OK ? error : NULL);

        pv_redis_reply_destroy(reply);
        if (status == PV_OK)
            status = of_this;
    }
    return status;
}
