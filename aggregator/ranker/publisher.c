#include "aggregator/ranker/publisher.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aggregator/ranker/entries.h"
#include "aggregator/ranker/stopwatch.h"
#include "pageview/keys.h"

enum {
    STAMP_SIZE = 64,
    WINDOW_MAX = 32, /* calls on their way to Redis at once */
    CHAINS = 2048,   /* of the table of lists: 6 of the site, and 6 of each section */
};

/* A list as Redis has it, if it has the stamp. */
struct list {
    char *name;             /* its key without the prefix */
    char stamp[STAMP_SIZE]; /* of the last call; empty: none is known */
    struct pv_entries entries;
    size_t calls;  /* on their way */
    bool doubtful; /* does Redis still have the stamp? */
    struct list *next;
};

struct pv_publisher {
    struct pv_redis *redis;
    const char *prefix;
    char id[32];
    int64_t stamps, sent, waited_us;
    struct list *chains[CHAINS];
    struct list *window[WINDOW_MAX]; /* whose answers are to come, a ring */
    size_t first, pending;
    struct pv_difference difference; /* to be sent next */
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

static void free_list(struct list *list)
{
    pv_entries_clean_up(&list->entries);
    free(list->name);
    free(list);
}

void pv_publisher_destroy(struct pv_publisher *publisher)
{
    if (publisher == NULL)
        return;
    for (size_t i = 0; i < CHAINS; i++)
        for (struct list *list = publisher->chains[i], *next; list != NULL; list = next) {
            next = list->next;
            free_list(list);
        }
    pv_difference_clean_up(&publisher->difference);
    free(publisher);
}

void pv_publisher_doubt(struct pv_publisher *publisher)
{
    for (size_t i = 0; i < CHAINS; i++)
        for (struct list *list = publisher->chains[i]; list != NULL; list = list->next)
            list->doubtful = true;
}

int64_t pv_publisher_sent(const struct pv_publisher *publisher)
{
    return publisher->sent;
}

int64_t pv_publisher_waited_us(const struct pv_publisher *publisher)
{
    return publisher->waited_us;
}

/* Where the list of this name is pointed to, or would be. */
static struct list **find_list(struct pv_publisher *publisher, const char *name)
{
    uint32_t hash = UINT32_C(2166136261); /* FNV-1a */
    struct list **at;

    for (const char *c = name; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * UINT32_C(16777619);
    at = &publisher->chains[hash % CHAINS];
    while (*at != NULL && strcmp((*at)->name, name) != 0)
        at = &(*at)->next;
    return at;
}

/* NULL when memory is out. */
static struct list *new_list(const char *name)
{
    struct list *list = calloc(1, sizeof *list);

    if (list == NULL || (list->name = strdup(name)) == NULL) {
        free(list);
        return NULL;
    }
    list->doubtful = true;
    return list;
}

/* Sends `difference` from the list of stamp `expected`, empty for any. The list has the new stamp
 * from here on: if the call is lost, Redis has another, and will say so. */
static enum pv_status send_call(struct pv_publisher *publisher, struct list *list,
                                const char *expected, struct pv_error *error)
{
    const struct pv_buffer *gone = &publisher->difference.gone;
    const struct pv_buffer *changed = &publisher->difference.changed;
    char key[PV_KEY_SIZE], rankings[PV_KEY_SIZE], stamp[STAMP_SIZE];
    enum pv_status status;

    if (gone->failed || changed->failed)
        return pv_error_nomem(error, "a list");
    snprintf(stamp, sizeof stamp, "%s:%" PRId64, publisher->id, ++publisher->stamps);
    snprintf(key, sizeof key, "%s%s", publisher->prefix, list->name);
    pv_key_rankings(publisher->prefix, rankings);
    const char *arguments[] = {"FCALL",    "pv_rank", "2",   key,        rankings,
                               list->name, expected,  stamp, gone->data, changed->data};
    const size_t lengths[] = {strlen("FCALL"),  strlen("pv_rank"), 1,
                              strlen(key),      strlen(rankings),  strlen(list->name),
                              strlen(expected), strlen(stamp),     gone->length,
                              changed->length};

    status = pv_redis_send(publisher->redis, 10, arguments, lengths, error);
    if (status != PV_OK)
        return status;
    memcpy(list->stamp, stamp, sizeof stamp);
    list->doubtful = false;
    list->calls++;
    publisher->window[(publisher->first + publisher->pending++) % WINDOW_MAX] = list;
    return PV_OK;
}

static enum pv_status send_in_full(struct pv_publisher *publisher, struct list *list,
                                   struct pv_error *error)
{
    static const struct pv_entries nothing = {NULL, 0};

    list->stamp[0] = '\0'; /* should the call fail: what Redis has is unknown */
    pv_entries_compare(&nothing, &list->entries, &publisher->difference);
    return send_call(publisher, list, "", error);
}

/* Takes the oldest call's answer. An empty list that Redis has removed is forgotten. */
static enum pv_status receive(struct pv_publisher *publisher, struct pv_error *error)
{
    struct list *list = publisher->window[publisher->first];
    int64_t asked_us = pv_stopwatch_us();
    struct pv_redis_reply *reply;
    enum pv_status status = pv_redis_receive(publisher->redis, &reply, error);
    const char *word;
    bool taken, stale;

    publisher->waited_us += pv_stopwatch_us() - asked_us;
    if (status != PV_OK)
        return status;
    word = pv_redis_reply_text(reply, NULL);
    taken = word != NULL && strcmp(word, "ok") == 0;
    stale = word != NULL && strcmp(word, "stale") == 0;
    pv_redis_reply_destroy(reply);
    if (!taken && !stale)
        return pv_error_set(error, PV_REFUSED, "Redis: pv_rank gave an answer of another version");
    publisher->first = (publisher->first + 1) % WINDOW_MAX;
    publisher->pending--;
    list->calls--;
    if (stale)
        return send_in_full(publisher, list, error);
    publisher->sent++;
    if (list->entries.count == 0 && list->calls == 0) {
        *find_list(publisher, list->name) = list->next;
        free_list(list);
    }
    return PV_OK;
}

/* Receives until at most `pending` answers are to come. */
static enum pv_status drain(struct pv_publisher *publisher, size_t pending, struct pv_error *error)
{
    enum pv_status status = PV_OK;

    while (status == PV_OK && publisher->pending > pending)
        status = receive(publisher, error);
    return status;
}

/* After a failure: the calls whose answers will not be read were done, or not. */
static enum pv_status abandon(struct pv_publisher *publisher, enum pv_status status)
{
    pv_redis_disconnect(publisher->redis);
    for (; publisher->pending > 0; publisher->pending--) {
        struct list *list = publisher->window[publisher->first];

        list->calls = 0;
        list->doubtful = true;
        publisher->first = (publisher->first + 1) % WINDOW_MAX;
    }
    return status;
}

/* Brings Redis from what `list` says it has to `entries`, which it takes over. */
static enum pv_status replace(struct pv_publisher *publisher, struct list *list,
                              struct pv_entries entries, struct pv_error *error)
{
    bool known = list->stamp[0] != '\0' && list->entries.count > 0;
    char expected[STAMP_SIZE];
    enum pv_status status;

    pv_entries_compare(&list->entries, &entries, &publisher->difference);
    pv_entries_clean_up(&list->entries);
    list->entries = entries;
    if (known && !list->doubtful &&
        publisher->difference.gone_count + publisher->difference.changed_count == 0)
        return PV_OK;
    if (known) {
        memcpy(expected, list->stamp, sizeof expected);
        list->stamp[0] = '\0'; /* it is of other entries, until these are sent */
        status = send_call(publisher, list, expected, error);
    } else {
        status = send_in_full(publisher, list, error);
    }
    return status == PV_OK ? drain(publisher, WINDOW_MAX - 1, error) : status;
}

enum pv_status pv_publisher_publish(struct pv_publisher *publisher, const char *name,
                                    const char *section, const struct pv_ranked *ranked,
                                    size_t count, struct pv_error *error)
{
    char key[PV_KEY_SIZE];
    struct pv_entries entries;
    struct list **at;
    enum pv_status status;

    pv_key_trending("", name, section, key);
    at = find_list(publisher, key);
    if (*at == NULL && count == 0)
        return PV_OK;
    status = pv_entries_init(&entries, ranked, count, error);
    if (status != PV_OK)
        return abandon(publisher, status);
    if (*at == NULL && (*at = new_list(key)) == NULL) {
        pv_entries_clean_up(&entries);
        return abandon(publisher, pv_error_nomem(error, "a list"));
    }
    status = replace(publisher, *at, entries, error);
    return status == PV_OK ? PV_OK : abandon(publisher, status);
}

enum pv_status pv_publisher_flush(struct pv_publisher *publisher, struct pv_error *error)
{
    enum pv_status status = drain(publisher, 0, error);

    return status == PV_OK ? PV_OK : abandon(publisher, status);
}

/* Empties the list in Redis unless it was published. */
static enum pv_status clear(struct pv_publisher *publisher, const char *name,
                            struct pv_error *error)
{
    struct list **at = find_list(publisher, name);
    enum pv_status status;

    if (*at == NULL && (*at = new_list(name)) == NULL)
        return pv_error_nomem(error, "a list");
    if (!(*at)->doubtful)
        return PV_OK;
    pv_entries_clean_up(&(*at)->entries);
    status = send_in_full(publisher, *at, error);
    return status == PV_OK ? drain(publisher, WINDOW_MAX - 1, error) : status;
}

static enum pv_status clear_all(struct pv_publisher *publisher,
                                const struct pv_redis_reply *rankings, struct pv_error *error)
{
    char stem[PV_KEY_SIZE];
    size_t length = pv_key_trending("", "", NULL, stem);
    enum pv_status status = PV_OK;

    for (size_t i = 0; i < pv_redis_reply_count(rankings) && status == PV_OK; i += 2) {
        const char *name = pv_redis_reply_text(pv_redis_reply_at(rankings, i), NULL);

        /* A name is the key of what is removed, which must be a list. */
        if (name != NULL && strncmp(name, stem, length) == 0 &&
            strlen(name) < PV_KEY_SIZE - PV_PREFIX_MAX)
            status = clear(publisher, name, error);
    }
    return status == PV_OK ? drain(publisher, 0, error) : status;
}

enum pv_status pv_publisher_clear_strangers(struct pv_publisher *publisher, struct pv_error *error)
{
    char key[PV_KEY_SIZE];
    struct pv_redis_reply *reply;
    enum pv_status status = drain(publisher, 0, error);

    pv_key_rankings(publisher->prefix, key);
    if (status == PV_OK)
        status =
            pv_redis_command_texts(publisher->redis, &reply, error, "HGETALL", key, (char *)NULL);
    if (status != PV_OK)
        return abandon(publisher, status);
    status = clear_all(publisher, reply, error);
    pv_redis_reply_destroy(reply);
    return status == PV_OK ? PV_OK : abandon(publisher, status);
}
