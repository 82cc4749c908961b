#include "aggregator/ranker/publisher.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aggregator/msgpack.h"
#include "pageview/keys.h"

enum { STAMP_SIZE = 64 };

struct entry {
    char *article; /* with its own NUL */
    size_t length;
    double score;
};

/* A list as Redis has it. */
struct list {
    char *name; /* its key without the prefix */
    char stamp[STAMP_SIZE];
    struct entry *entries; /* in the order of their articles */
    size_t count;
    struct list *next;
};

struct pv_publisher {
    struct pv_redis *redis;
    const char *prefix;
    char id[32];
    int64_t sent;
    struct list *lists;
    struct pv_buffer gone, changed; /* scratch: MessagePack items without their head */
    struct pv_buffer packed[2];     /* the same with it */
};

enum pv_status pv_publisher_new(struct pv_redis *redis, const char *prefix, const char *id,
                                struct pv_publisher **publisher, struct pv_error *error)
{
    struct pv_publisher *made = calloc(1, sizeof *made);

    if (made == NULL)
        return pv_error_nomem(error, "the publisher of lists");
    made->redis = redis;
    made->prefix = prefix;
    snprintf(made->id, sizeof made->id, "%s", id);
    *publisher = made;
    return PV_OK;
}

static void free_entries(struct entry *entries, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(entries[i].article);
    free(entries);
}

void pv_publisher_destroy(struct pv_publisher *publisher)
{
    if (publisher == NULL)
        return;
    for (struct list *list = publisher->lists, *next; list != NULL; list = next) {
        next = list->next;
        free_entries(list->entries, list->count);
        free(list->name);
        free(list);
    }
    pv_buffer_clean_up(&publisher->gone);
    pv_buffer_clean_up(&publisher->changed);
    pv_buffer_clean_up(&publisher->packed[0]);
    pv_buffer_clean_up(&publisher->packed[1]);
    free(publisher);
}

void pv_publisher_forget(struct pv_publisher *publisher)
{
    for (struct list *list = publisher->lists; list != NULL; list = list->next)
        list->stamp[0] = '\0';
}

int64_t pv_publisher_sent(const struct pv_publisher *publisher)
{
    return publisher->sent;
}

static struct list *find_list(struct pv_publisher *publisher, const char *name)
{
    struct list *list = publisher->lists;

    while (list != NULL && strcmp(list->name, name) != 0)
        list = list->next;
    return list;
}

static struct list *add_list(struct pv_publisher *publisher, const char *name)
{
    struct list *list = calloc(1, sizeof *list);

    if (list == NULL || (list->name = strdup(name)) == NULL) {
        free(list);
        return NULL;
    }
    list->next = publisher->lists;
    publisher->lists = list;
    return list;
}

static int compare_articles(const struct entry *a, const struct entry *b)
{
    size_t shorter = a->length < b->length ? a->length : b->length;
    int order = memcmp(a->article, b->article, shorter);

    return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

static int compare_entries(const void *a, const void *b)
{
    return compare_articles(a, b);
}

/* Copies of the entries, in the order of their articles; NULL when memory is out. */
static struct entry *copy_entries(const struct pv_ranked *ranked, size_t count)
{
    struct entry *entries = calloc(count + 1, sizeof *entries);

    for (size_t i = 0; i < count && entries != NULL; i++) {
        entries[i].article = malloc(ranked[i].article.length + 1);
        if (entries[i].article == NULL) {
            free_entries(entries, i);
            return NULL;
        }
        memcpy(entries[i].article, ranked[i].article.data, ranked[i].article.length);
        entries[i].article[ranked[i].article.length] = '\0';
        entries[i].length = ranked[i].article.length;
        entries[i].score = ranked[i].score;
    }
    if (entries != NULL)
        qsort(entries, count, sizeof *entries, compare_entries);
    return entries;
}

static void add_entry(struct pv_buffer *buffer, const struct entry *entry)
{
    char score[32];

    pv_msgpack_text(buffer, entry->article, (uint16_t)entry->length);
    pv_msgpack_text(buffer, score, (uint16_t)snprintf(score, sizeof score, "%.17g", entry->score));
}

/* The entries of `old` that are not in `new`, and those of `new` that are not the same in `old`:
 * both lists are in order, so one pass finds them. */
struct difference {
    uint32_t gone, changed;
};

static struct difference compare_lists(struct pv_publisher *publisher, const struct entry *old,
                                       size_t old_count, const struct entry *new, size_t new_count)
{
    struct difference found = {0, 0};
    size_t i = 0, j = 0;

    pv_buffer_reset(&publisher->gone);
    pv_buffer_reset(&publisher->changed);
    while (i < old_count || j < new_count) {
        int order = i == old_count ? 1 : j == new_count ? -1 : compare_articles(&old[i], &new[j]);

        if (order < 0) {
            pv_msgpack_text(&publisher->gone, old[i].article, (uint16_t)old[i].length);
            found.gone++;
        } else if (order > 0 || old[i].score != new[j].score) {
            add_entry(&publisher->changed, &new[j]);
            found.changed++;
        }
        i += order <= 0;
        j += order >= 0;
    }
    return found;
}

static void pack(struct pv_buffer *packed, uint32_t count, const struct pv_buffer *items)
{
    pv_buffer_reset(packed);
    pv_msgpack_array(packed, count);
    pv_buffer_add(packed, items->data, items->length);
    packed->failed = packed->failed || items->failed;
}

/* Sends the difference in the scratch buffers; `*taken` is false when Redis has another list. */
static enum pv_status send(struct pv_publisher *publisher, const struct list *list,
                           const char *expected, const char *stamp, struct difference difference,
                           bool *taken, struct pv_error *error)
{
    char key[PV_KEY_SIZE], rankings[PV_KEY_SIZE];
    struct pv_buffer *gone = &publisher->packed[0], *changed = &publisher->packed[1];
    struct pv_redis_reply *reply;
    enum pv_status status;
    const char *word;

    pack(gone, difference.gone, &publisher->gone);
    pack(changed, 2 * difference.changed, &publisher->changed);
    if (gone->failed || changed->failed)
        return pv_error_nomem(error, "a list");
    snprintf(key, sizeof key, "%s%s", publisher->prefix, list->name);
    pv_key_rankings(publisher->prefix, rankings);
    const char *arguments[] = {"FCALL",    "pv_rank", "2",   key,        rankings,
                               list->name, expected,  stamp, gone->data, changed->data};
    const size_t lengths[] = {strlen("FCALL"),  strlen("pv_rank"), 1,
                              strlen(key),      strlen(rankings),  strlen(list->name),
                              strlen(expected), strlen(stamp),     gone->length,
                              changed->length};

    status = pv_redis_command(publisher->redis, 10, arguments, lengths, &reply, error);
    if (status != PV_OK)
        return status;
    word = pv_redis_reply_text(reply, NULL);
    *taken = word != NULL && strcmp(word, "ok") == 0;
    pv_redis_reply_destroy(reply);
    publisher->sent += *taken;
    return PV_OK;
}

/* Brings Redis from what `list` says it has to `entries`. */
static enum pv_status replace(struct pv_publisher *publisher, struct list *list,
                              const struct entry *entries, size_t count, struct pv_error *error)
{
    char stamp[STAMP_SIZE];
    bool taken = false;
    enum pv_status status = PV_OK;
    struct difference difference =
        compare_lists(publisher, list->entries, list->count, entries, count);

    if (list->stamp[0] != '\0' && difference.gone + difference.changed == 0)
        return PV_OK;
    snprintf(stamp, sizeof stamp, "%s:%" PRId64, publisher->id, publisher->sent + 1);
    if (list->stamp[0] != '\0' && list->count > 0)
        status = send(publisher, list, list->stamp, stamp, difference, &taken, error);
    if (status == PV_OK && !taken) {
        difference = compare_lists(publisher, NULL, 0, entries, count);
        status = send(publisher, list, "", stamp, difference, &taken, error);
    }
    if (status == PV_OK)
        memcpy(list->stamp, stamp, sizeof stamp);
    else
        list->stamp[0] = '\0'; /* it may have been done or not: the next one is in full */
    return status;
}

enum pv_status pv_publisher_publish(struct pv_publisher *publisher, const char *name,
                                    const char *section, const struct pv_ranked *ranked,
                                    size_t count, struct pv_error *error)
{
    char key[PV_KEY_SIZE];
    struct entry *entries = copy_entries(ranked, count);
    struct list *list;
    enum pv_status status;

    pv_key_trending(publisher->prefix, name, section, key);
    list = find_list(publisher, key + strlen(publisher->prefix));
    if (list == NULL)
        list = add_list(publisher, key + strlen(publisher->prefix));
    if (list == NULL || entries == NULL) {
        if (entries != NULL)
            free_entries(entries, count);
        return pv_error_nomem(error, "a list");
    }
    status = replace(publisher, list, entries, count, error);
    if (status != PV_OK) {
        free_entries(entries, count);
        return status;
    }
    free_entries(list->entries, list->count);
    list->entries = entries;
    list->count = count;
    return PV_OK;
}

enum pv_status pv_publisher_clear_strangers(struct pv_publisher *publisher, struct pv_error *error)
{
    char key[PV_KEY_SIZE];
    struct pv_redis_reply *reply;
    enum pv_status status;

    pv_key_rankings(publisher->prefix, key);
    status = pv_redis_command_texts(publisher->redis, &reply, error, "HGETALL", key, (char *)NULL);
    if (status != PV_OK)
        return status;
    for (size_t i = 0; i < pv_redis_reply_count(reply) && status == PV_OK; i += 2) {
        const char *name = pv_redis_reply_text(pv_redis_reply_at(reply, i), NULL);
        struct list *list;

        if (name == NULL || find_list(publisher, name) != NULL)
            continue;
        list = add_list(publisher, name);
        status = list != NULL ? replace(publisher, list, NULL, 0, error)
                              : pv_error_nomem(error, "a list");
    }
    pv_redis_reply_destroy(reply);
    return status;
}
