#include "dashboard-export/also_hot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pageview/keys.h"
#include "pageview/log.h"

#define LIST "hot"
/* Enough for five when one is the article itself and four are known of already. */
#define LAST "9"

enum { CAPACITY_MIN = 16 };

void pv_also_hot_clean_up(struct pv_also_hot *hot)
{
    for (size_t i = 0; i < hot->count; i++)
        pv_redis_reply_destroy(hot->lists[i].reply);
    free(hot->lists);
    hot->lists = NULL;
    hot->count = hot->capacity = 0;
}

static struct pv_also_hot_list *find(const struct pv_also_hot *hot, struct pv_text section)
{
    for (size_t i = 0; i < hot->count; i++)
        if (pv_text_is(section, hot->lists[i].section))
            return &hot->lists[i];
    return NULL;
}

static bool has_room(struct pv_also_hot *hot)
{
    size_t capacity = hot->capacity == 0 ? CAPACITY_MIN : 2 * hot->capacity;
    struct pv_also_hot_list *grown;

    if (hot->count < hot->capacity)
        return true;
    grown = realloc(hot->lists, capacity * sizeof *grown);
    if (grown == NULL)
        return false;
    hot->lists = grown;
    hot->capacity = capacity;
    return true;
}

enum pv_status pv_also_hot_read(struct pv_also_hot *hot, struct pv_text section,
                                const struct pv_redis_reply **reply, struct pv_error *error)
{
    const struct pv_also_hot_list *known = find(hot, section);
    struct pv_also_hot_list made = {.reply = NULL};
    char key[PV_KEY_SIZE];
    enum pv_status status;

    *reply = known != NULL ? known->reply : NULL;
    if (known != NULL || hot->count >= PV_ALSO_SECTIONS_MAX ||
        section.length > PV_SECTION_SIZE_MAX || memchr(section.data, '\0', section.length) != NULL)
        return PV_OK;
    snprintf(made.section, sizeof made.section, "%.*s", (int)section.length, section.data);
    pv_key_trending(hot->prefix, LIST, section.length > 0 ? made.section : NULL, key);
    if (!has_room(hot))
        return pv_error_nomem(error, "hot lists");
    status = pv_redis_command_texts(hot->redis, &made.reply, error, "ZREVRANGE", key, "0", LAST,
                                    "WITHSCORES", (char *)NULL);
    if (status == PV_REFUSED) /* a key of another type: one section must not hold up the others */
        pv_log(PV_LOG_WARN, "also_read_unreadable", PV_TEXT("key", key),
               PV_TEXT("error", error->text));
    else if (status != PV_OK)
        return status;
    hot->lists[hot->count++] = made;
    *reply = made.reply;
    return PV_OK;
}
