#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pageview/event.h"
#include "pageview/keys.h"
#include "pageview/reader_connection.h"

/* Questions about articles that travel together. */
enum { PIPELINE = 100 };

_Static_assert(PV_READER_SECTION_MAX == PV_SECTION_SIZE_MAX, "a section fits");

static const char *const lists[] = {PV_READER_LISTS};

static enum pv_status check_max(size_t max, struct pv_error *error)
{
    if (max < 1 || max > PV_READER_ENTRIES_MAX)
        return pv_error_set(error, PV_INVALID, "%zu entries: takes 1 to %d", max,
                            PV_READER_ENTRIES_MAX);
    return PV_OK;
}

static enum pv_status check_list(const char *list, const char *section, size_t max,
                                 struct pv_error *error)
{
    const size_t count = sizeof lists / sizeof lists[0];
    char known[128] = "";

    for (size_t i = 0; i < count; i++) {
        if (strcmp(lists[i], list) == 0) {
            if (section != NULL && strlen(section) > PV_READER_SECTION_MAX)
                return pv_error_set(error, PV_INVALID, "section %s: takes %d bytes at most",
                                    section, PV_READER_SECTION_MAX);
            return check_max(max, error);
        }
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", i > 0 ? ", " : "",
                 lists[i]);
    }
    return pv_error_set(error, PV_INVALID, "list %s: takes one of: %s", list, known);
}

/* Entries and their texts in one piece of memory; false when it is out. */
static bool copy_entries(const struct pv_reader *reader, const struct pv_redis_reply *reply,
                         struct pv_reader_entry **entries, size_t count)
{
    size_t bytes = count * sizeof **entries;
    locale_t before;
    char *text;

    for (size_t i = 0; i < count; i++) {
        size_t length = 0;

        (void)pv_redis_reply_text(pv_redis_reply_at(reply, 2 * i), &length);
        bytes += length + 1;
    }
    *entries = malloc(bytes);
    if (*entries == NULL)
        return false;
    text = (char *)(*entries + count);
    before = uselocale(reader->c_locale);
    for (size_t i = 0; i < count; i++) {
        struct pv_reader_entry *entry = &(*entries)[i];
        const char *article = pv_redis_reply_text(pv_redis_reply_at(reply, 2 * i), &entry->length);
        const char *score = pv_redis_reply_text(pv_redis_reply_at(reply, 2 * i + 1), NULL);

        entry->article = memcpy(text, article, entry->length + 1);
        entry->score = strtod(score, NULL);
        text += entry->length + 1;
    }
    uselocale(before);
    return true;
}

static enum pv_status take_entries(const struct pv_reader *reader,
                                   const struct pv_redis_reply *reply, const char *key,
                                   struct pv_reader_entry **entries, size_t *count,
                                   struct pv_error *error)
{
    size_t elements = pv_redis_reply_count(reply);

    if (elements % 2 != 0)
        return pv_reader_other_shape("ZREVRANGE", key, error);
    for (size_t i = 0; i < elements; i++)
        if (pv_redis_reply_text(pv_redis_reply_at(reply, i), NULL) == NULL)
            return pv_reader_other_shape("ZREVRANGE", key, error);
    *count = elements / 2;
    if (*count > 0 && !copy_entries(reader, reply, entries, *count))
        return pv_error_nomem(error, "a list");
    return PV_OK;
}

static enum pv_status read_entries(struct pv_reader *reader, const char *key, size_t max,
                                   struct pv_reader_entry **entries, size_t *count,
                                   struct pv_error *error)
{
    const char *arguments[5] = {"ZREVRANGE", key, "0", NULL, "WITHSCORES"};
    struct pv_redis_reply *reply = NULL;
    enum pv_status status;
    char last[24];

    snprintf(last, sizeof last, "%zu", max - 1);
    arguments[3] = last;
    status = pv_reader_ask(reader, 5, arguments, &reply, error);
    if (status == PV_OK)
        status = take_entries(reader, reply, key, entries, count, error);
    pv_redis_reply_destroy(reply);
    return status;
}

enum pv_status pv_reader_trending(struct pv_reader *reader, const char *list, const char *section,
                                  size_t max, struct pv_reader_entry **entries, size_t *count,
                                  struct pv_error *error)
{
    enum pv_status status = check_list(list, section, max, error);
    char key[PV_KEY_SIZE];

    *entries = NULL;
    *count = 0;
    if (status != PV_OK)
        return status;
    pv_key_trending(reader->options.prefix, list, section, key);
    return read_entries(reader, key, max, entries, count, error);
}

enum pv_status pv_reader_also_read(struct pv_reader *reader, const char *article, size_t max,
                                   struct pv_reader_entry **entries, size_t *count,
                                   struct pv_error *error)
{
    enum pv_status status = check_max(max, error);
    char key[PV_KEY_SIZE + PV_ARTICLE_SIZE_MAX];
    size_t stem;

    *entries = NULL;
    *count = 0;
    if (status != PV_OK || strlen(article) > PV_ARTICLE_SIZE_MAX)
        return status;
    stem = pv_key_also_stem(reader->options.prefix, key);
    snprintf(key + stem, sizeof key - stem, "%s", article);
    return read_entries(reader, key, max, entries, count, error);
}

void pv_reader_entries_destroy(struct pv_reader_entry *entries)
{
    free(entries);
}

void pv_reader_articles_destroy(struct pv_reader_article *found, size_t count)
{
    for (size_t i = 0; found != NULL && i < count; i++) {
        free((void *)found[i].title);
        free((void *)found[i].section);
    }
    free(found);
}

static bool copy_text(const struct pv_redis_reply *reply, const char **copy)
{
    const char *text = pv_redis_reply_text(reply, NULL);

    *copy = text != NULL ? strdup(text) : NULL;
    return text == NULL || *copy != NULL;
}

/* At most PIPELINE articles. */
static enum pv_status read_articles(struct pv_reader *reader, const char *const *articles,
                                    size_t count, struct pv_reader_article *found,
                                    struct pv_error *error)
{
    const char *arguments[4 * PIPELINE];
    struct pv_redis_reply *replies[PIPELINE];
    char(*keys)[PV_KEY_SIZE + PV_ARTICLE_SIZE_MAX] = malloc(count * sizeof *keys);
    char stem[PV_KEY_SIZE];
    enum pv_status status;

    if (keys == NULL)
        return pv_error_nomem(error, "a question about articles");
    pv_key_article_stem(reader->options.prefix, stem);
    for (size_t i = 0; i < count; i++) {
        const char *question[4] = {"HMGET", keys[i], "title", "section"};

        snprintf(keys[i], sizeof keys[i], "%s%s", stem, articles[i]);
        memcpy(&arguments[4 * i], question, sizeof question);
    }
    status = pv_reader_ask_many(reader, count, 4, arguments, replies, error);
    for (size_t i = 0; i < count && status == PV_OK; i++) {
        if (pv_redis_reply_count(replies[i]) != 2)
            status = pv_reader_other_shape("HMGET", keys[i], error);
        else if (!copy_text(pv_redis_reply_at(replies[i], 0), &found[i].title) ||
                 !copy_text(pv_redis_reply_at(replies[i], 1), &found[i].section))
            status = pv_error_nomem(error, "articles");
    }
    for (size_t i = 0; i < count; i++)
        pv_redis_reply_destroy(replies[i]);
    free(keys);
    return status;
}

enum pv_status pv_reader_articles(struct pv_reader *reader, const char *const *articles,
                                  size_t count, struct pv_reader_article **found,
                                  struct pv_error *error)
{
    enum pv_status status = pv_reader_check_articles(count, error);
    struct pv_reader_article *made;

    *found = NULL;
    if (status != PV_OK || count == 0)
        return status;
    made = calloc(count, sizeof *made);
    if (made == NULL)
        return pv_error_nomem(error, "articles");
    for (size_t i = 0; i < count && status == PV_OK; i += PIPELINE) {
        size_t some = count - i < PIPELINE ? count - i : PIPELINE;

        status = read_articles(reader, articles + i, some, made + i, error);
    }
    if (status == PV_OK)
        *found = made;
    else
        pv_reader_articles_destroy(made, count);
    return status;
}
