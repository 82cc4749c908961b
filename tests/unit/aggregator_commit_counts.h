/* What a call of pv_commit says that it counts, read from its arguments. */
#ifndef AGGREGATOR_COMMIT_COUNTS_H
#define AGGREGATOR_COMMIT_COUNTS_H

#include "aggregator_msgpack.h"

#include <inttypes.h>

enum { COUNTS_MAX = 200000, FIRST_GROUP_ARG = 8 };

/* One field of one hash: what a commit adds to it. */
struct count {
    char key[64], field[32];
    uint64_t amount;
    int64_t expires_at; /* s since the epoch; 0: never */
};

struct counts {
    struct count items[COUNTS_MAX];
    size_t count;
};

/* A call as it is given to the client of Redis. */
struct words {
    const char **arguments;
    const size_t *lengths;
    int count;
};

static inline struct count *new_count(struct counts *counts)
{
    assert_true(counts->count < COUNTS_MAX);
    return &counts->items[counts->count++];
}

static inline void copy_argument(const struct words *call, int i, char *text, size_t size)
{
    assert_true(i < call->count);
    assert_true(call->lengths[i] < size);
    memcpy(text, call->arguments[i], call->lengths[i]);
    text[call->lengths[i]] = '\0';
}

static inline void assert_argument(const struct words *call, int i, const char *expected_text)
{
    char text[300];

    copy_argument(call, i, text, sizeof text);
    assert_string_equal(text, expected_text);
}

static inline struct msgpack_reader argument_reader(const struct words *call, int i)
{
    assert_true(i < call->count);
    return msgpack_reader(call->arguments[i], call->lengths[i]);
}

/* Article number `i` of the call, from 0. */
static inline const char *article_at(const struct words *call, int articles_at, size_t i,
                                     size_t *length)
{
    struct msgpack_reader articles = argument_reader(call, articles_at);
    const char *text = NULL;

    assert_true(i < msgpack_read_array(&articles));
    for (size_t at = 0; at <= i; at++)
        text = msgpack_read_text(&articles, length);
    return text;
}

/* Fields are texts, or indexes into the articles from 1; no list at all means all articles. */
static inline void read_group(const struct words *call, int key_at, int group_at, int articles_at,
                              struct counts *sent)
{
    struct msgpack_reader fields = argument_reader(call, group_at + 1);
    struct msgpack_reader counts = argument_reader(call, group_at + 2);
    size_t count = msgpack_read_array(&counts);
    char expires_at[32];

    assert_true(count > 0);
    copy_argument(call, group_at, expires_at, sizeof expires_at);
    if (call->lengths[group_at + 1] > 0)
        assert_int_equal(msgpack_read_array(&fields), count);
    for (size_t i = 0; i < count; i++) {
        struct count *added = new_count(sent);
        const char *field;
        size_t length;

        if (call->lengths[group_at + 1] == 0)
            field = article_at(call, articles_at, i, &length);
        else if (msgpack_next_is_text(&fields))
            field = msgpack_read_text(&fields, &length);
        else
            field =
                article_at(call, articles_at, (size_t)msgpack_read_number(&fields) - 1, &length);
        assert_true(length < sizeof added->field);
        memcpy(added->field, field, length);
        added->field[length] = '\0';
        copy_argument(call, key_at, added->key, sizeof added->key);
        added->amount = msgpack_read_number(&counts);
        added->expires_at = strtoll(expires_at, NULL, 10);
    }
    assert_ptr_equal(counts.at, counts.end);
    assert_ptr_equal(fields.at, fields.end);
}

/* Reads all groups of the call. */
static inline void read_groups(const struct words *call, struct counts *counts)
{
    char text[32];
    int keys, first_arg;

    counts->count = 0;
    assert_argument(call, 0, "FCALL");
    assert_argument(call, 1, "pv_commit");
    copy_argument(call, 2, text, sizeof text);
    keys = (int)strtol(text, NULL, 10);
    first_arg = 3 + keys;
    assert_argument(call, 3, "pv:offsets");
    assert_argument(call, 4, "pv:meta");
    for (int group = 2; group < keys; group++)
        read_group(call, 3 + group, first_arg + FIRST_GROUP_ARG + 3 * (group - 2), first_arg + 4,
                   counts);
    assert_int_equal(call->count, first_arg + FIRST_GROUP_ARG + 3 * (keys - 2));
}

static inline int compare(const void *a, const void *b)
{
    const struct count *left = a, *right = b;
    int order = strcmp(left->key, right->key);

    return order != 0 ? order : strcmp(left->field, right->field);
}

/* Sorts, and adds up what is there several times. */
static inline void merge(struct counts *counts)
{
    size_t kept = 0;

    if (counts->count == 0)
        return;
    qsort(counts->items, counts->count, sizeof *counts->items, compare);
    for (size_t i = 1; i < counts->count; i++) {
        if (compare(&counts->items[kept], &counts->items[i]) == 0)
            counts->items[kept].amount += counts->items[i].amount;
        else
            counts->items[++kept] = counts->items[i];
    }
    counts->count = kept + 1;
}

/* Both are sorted on the way. */
static inline void assert_same_counts(struct counts *got, struct counts *expected)
{
    size_t before = got->count;

    merge(got);
    assert_int_equal(got->count, before); /* a field named twice would lose one of its counts */
    merge(expected);
    for (size_t i = 0; i < got->count && i < expected->count; i++) {
        const struct count *want = &expected->items[i], *have = &got->items[i];

        if (compare(want, have) != 0 || want->amount != have->amount ||
            want->expires_at != have->expires_at)
            fail_msg("expected %s %s +%" PRIu64 " until %" PRId64 ", got %s %s +%" PRIu64
                     " until %" PRId64,
                     want->key, want->field, want->amount, want->expires_at, have->key, have->field,
                     have->amount, have->expires_at);
    }
    assert_int_equal(got->count, expected->count);
}

static inline bool has_key(const struct counts *counts, const char *key)
{
    for (size_t i = 0; i < counts->count; i++)
        if (strcmp(counts->items[i].key, key) == 0)
            return true;
    return false;
}

#endif
