#include "pageview/send.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "pageview/article.h"
#include "pageview/bucket.h"
#include "pageview/clock.h"
#include "pageview/event_json.h"
#include "pageview/referrer.h"
#include "pageview/spool.h"
#include "pageview/utf8.h"

#define URL_SIZE_MAX ((size_t)65536)

struct pv_sender {
    struct pv_spool *spool;
    atomic_bool closed;
    struct pv_list keep_params; /* its items and their texts are one piece of memory */
};

/* ---- Open and close ---- */

static bool copy_params(const char *const *params, struct pv_list *copy)
{
    size_t count = 0, size = 0;
    char *text;

    while (params != NULL && params[count] != NULL)
        size += strlen(params[count++]) + 1;
    copy->items = count > 0 ? malloc(count * sizeof *copy->items + size) : NULL;
    copy->count = count;
    if (copy->items == NULL)
        return count == 0;
    text = (char *)(copy->items + count);
    for (size_t i = 0; i < count; i++) {
        copy->items[i] = text;
        text = stpcpy(text, params[i]) + 1;
    }
    return true;
}

static enum pv_status spool_sync_of(enum pv_send_sync sync, enum pv_spool_sync *of_spool,
                                    struct pv_error *error)
{
    switch (sync) {
    case PV_SEND_SYNC_100MS:
        *of_spool = PV_SPOOL_SYNC_100MS;
        return PV_OK;
    case PV_SEND_SYNC_EACH:
        *of_spool = PV_SPOOL_SYNC_EACH;
        return PV_OK;
    case PV_SEND_SYNC_OFF:
        *of_spool = PV_SPOOL_SYNC_OFF;
        return PV_OK;
    }
    return pv_error_set(error, PV_INVALID, "sync %d is none of enum pv_send_sync", (int)sync);
}

enum pv_status pv_sender_open(const char *directory, const struct pv_sender_options *options,
                              struct pv_sender **sender, struct pv_error *error)
{
    static const struct pv_sender_options defaults = {0};
    struct pv_sender *opened = calloc(1, sizeof *opened);
    enum pv_spool_sync sync = PV_SPOOL_SYNC_100MS;
    enum pv_status status;

    *sender = NULL;
    if (options == NULL)
        options = &defaults;
    if (opened == NULL || !copy_params(options->keep_params, &opened->keep_params))
        status = pv_error_nomem(error, "the sender");
    else
        status = spool_sync_of(options->sync, &sync, error);
    if (status == PV_OK)
        status = pv_spool_open(directory, options->max_bytes, sync, &opened->spool, error);
    if (status == PV_OK)
        *sender = opened;
    else
        pv_sender_destroy(opened);
    return status;
}

void pv_sender_close(struct pv_sender *sender)
{
    atomic_store(&sender->closed, true);
    pv_spool_sync_now(sender->spool);
}

void pv_sender_destroy(struct pv_sender *sender)
{
    if (sender == NULL)
        return;
    pv_spool_close(sender->spool);
    free(sender->keep_params.items);
    free(sender);
}

/* ---- From a view to an event ---- */

/* Absent when there is no text; the length stops at one byte more than `max`. */
static struct pv_text text_of(const char *text, size_t max)
{
    size_t length = text != NULL ? strnlen(text, max + 1) : 0;

    return length > 0 ? (struct pv_text){text, length} : (struct pv_text){NULL, 0};
}

static bool is_within(struct pv_text text, size_t max)
{
    return text.length <= max && pv_utf8_is_printable(text.data, text.length);
}

static struct pv_text title_of(const char *text)
{
    struct pv_text title = text_of(text, PV_TITLE_SIZE_MAX);

    title.length = pv_utf8_cut(title.data, title.length, PV_TITLE_SIZE_MAX);
    return is_within(title, PV_TITLE_SIZE_MAX) ? title : (struct pv_text){NULL, 0};
}

/* Of a URL, or of a host by itself; absent when it has none that could stand in an event. */
static struct pv_text host_of(const char *referrer, char room[PV_REFERRER_SIZE_MAX])
{
    struct pv_text text = text_of(referrer, URL_SIZE_MAX), rest = pv_referrer_behind_scheme(text);
    struct pv_text host = pv_referrer_host(rest.data != NULL ? rest : text, room);

    if (host.length == 0 || host.data[0] == '-' || memchr(host.data, ' ', host.length) != NULL)
        return (struct pv_text){NULL, 0};
    return host;
}

/* The time of the view; negative when it breaks a rule. */
static int64_t time_of(int64_t ts_ms)
{
    int64_t now_ms = pv_clock_now_ms(&pv_wall_clock);

    if (ts_ms == 0)
        return now_ms;
    return ts_ms > 0 && ts_ms < PV_TIME_LIMIT_MS && ts_ms - now_ms <= PV_FUTURE_MS ? ts_ms : -1;
}

/* What the texts of an event that the view does not have as such live in. */
struct room {
    char article[PV_ARTICLE_SIZE_MAX];
    char referrer[PV_REFERRER_SIZE_MAX];
};

/* False when the view breaks a rule. */
static bool to_event(const struct pv_sender *sender, const struct pv_view *view, struct room *room,
                     struct pv_event *event)
{
    struct pv_text url = text_of(view->url, URL_SIZE_MAX);

    *event = (struct pv_event){
        .ts_ms = time_of(view->ts_ms),
        .agent = view->agent == PV_SEND_ROBOT ? PV_AGENT_SPIDER : PV_AGENT_USER,
        .visitor = text_of(view->visitor, PV_VISITOR_SIZE_MAX),
        .section = text_of(view->section, PV_SECTION_SIZE_MAX),
        .title = title_of(view->title),
        .referrer = host_of(view->referrer, room->referrer),
    };
    event->article.data = room->article;
    event->article.length =
        pv_article_canonical(url.data, url.length, &sender->keep_params, room->article);
    return event->article.length > 0 && event->ts_ms >= 0 &&
           (view->agent == PV_SEND_PERSON || view->agent == PV_SEND_ROBOT) &&
           is_within(event->visitor, PV_VISITOR_SIZE_MAX) &&
           is_within(event->section, PV_SECTION_SIZE_MAX);
}

/* ---- Send ---- */

enum pv_send_result pv_sender_send(struct pv_sender *sender, const struct pv_view *view)
{
    char text[PV_EVENT_SIZE_MAX + 1];
    struct pv_buffer line = {.data = text, .capacity = sizeof text}; /* no event is longer */
    struct pv_event event;
    struct room room;

    if (atomic_load(&sender->closed))
        return PV_SEND_CLOSED;
    if (!to_event(sender, view, &room, &event))
        return PV_SEND_BAD_VIEW;
    pv_event_json_write(&line, &event);
    pv_buffer_add_char(&line, '\n');
    switch (pv_spool_append(sender->spool, line.data, line.length)) {
    case PV_SPOOL_OK:
        return PV_SEND_OK;
    case PV_SPOOL_FULL:
        return PV_SEND_FULL;
    case PV_SPOOL_FAILED:
        break;
    }
    return PV_SEND_FAILED;
}

const char *pv_send_result_text(enum pv_send_result result)
{
    switch (result) {
#define X(name, meaning)                                                                           \
    case name:                                                                                     \
        return meaning;
        PV_SEND_RESULT_TABLE(X)
#undef X
    }
    return "no result of pageview/send.h";
}
