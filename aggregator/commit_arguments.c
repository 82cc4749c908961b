#include "aggregator/commit_arguments.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void pv_commit_arguments_clean_up(struct pv_commit_arguments *arguments)
{
    pv_buffer_clean_up(&arguments->bytes);
    free(arguments->keys.items);
    free(arguments->rest.items);
    free(arguments->texts);
    free(arguments->lengths);
}

void pv_commit_arguments_reset(struct pv_commit_arguments *arguments)
{
    pv_buffer_reset(&arguments->bytes);
    arguments->keys.count = arguments->rest.count = 0;
}

/* Ends the piece that began at `at` and adds it to the list. */
static void end_span(struct pv_commit_arguments *arguments, struct pv_commit_spans *spans,
                     size_t at)
{
    if (spans->count == spans->capacity) {
        size_t capacity = spans->capacity == 0 ? 64 : 2 * spans->capacity;
        struct pv_commit_span *items = realloc(spans->items, capacity * sizeof *items);

        if (items == NULL) {
            arguments->bytes.failed = true;
            return;
        }
        spans->items = items;
        spans->capacity = capacity;
    }
    spans->items[spans->count++] = (struct pv_commit_span){at, arguments->bytes.length - at};
}

static void add_span(struct pv_commit_arguments *arguments, struct pv_commit_spans *spans,
                     const char *text, size_t length)
{
    size_t at = arguments->bytes.length;

    pv_buffer_add(&arguments->bytes, text, length);
    end_span(arguments, spans, at);
}

void pv_commit_add_key(struct pv_commit_arguments *arguments, const char *key, size_t length)
{
    add_span(arguments, &arguments->keys, key, length);
}

void pv_commit_add_text(struct pv_commit_arguments *arguments, const char *text, size_t length)
{
    add_span(arguments, &arguments->rest, text, length);
}

void pv_commit_add_number(struct pv_commit_arguments *arguments, int64_t number)
{
    char digits[24];

    pv_commit_add_text(arguments, digits,
                       (size_t)snprintf(digits, sizeof digits, "%" PRId64, number));
}

void pv_commit_end_argument(struct pv_commit_arguments *arguments, size_t at)
{
    end_span(arguments, &arguments->rest, at);
}

/* Room for `words` of the call; false when memory is out. */
static bool reserve(struct pv_commit_arguments *arguments, size_t words)
{
    if (arguments->capacity >= words)
        return true;
    free(arguments->texts);
    free(arguments->lengths);
    arguments->texts = malloc(words * sizeof *arguments->texts);
    arguments->lengths = malloc(words * sizeof *arguments->lengths);
    arguments->capacity = arguments->texts != NULL && arguments->lengths != NULL ? words : 0;
    return arguments->capacity > 0;
}

static size_t put_spans(struct pv_commit_arguments *arguments, const struct pv_commit_spans *spans,
                        size_t at)
{
    for (size_t i = 0; i < spans->count; i++, at++) {
        arguments->texts[at] = arguments->bytes.data + spans->items[i].at;
        arguments->lengths[at] = spans->items[i].length;
    }
    return at;
}

enum pv_status pv_commit_arguments_collect(struct pv_commit_arguments *arguments,
                                           const char *function, int *count, struct pv_error *error)
{
    size_t words = 3 + arguments->keys.count + arguments->rest.count;
    size_t numkeys_at = arguments->bytes.length;

    pv_buffer_add_format(&arguments->bytes, "%zu", arguments->keys.count);
    if (arguments->bytes.failed || !reserve(arguments, words))
        return pv_error_nomem(error, "a commit");
    arguments->texts[0] = "FCALL";
    arguments->texts[1] = function;
    arguments->texts[2] = arguments->bytes.data + numkeys_at;
    arguments->lengths[0] = strlen("FCALL");
    arguments->lengths[1] = strlen(function);
    arguments->lengths[2] = arguments->bytes.length - numkeys_at;
    put_spans(arguments, &arguments->rest, put_spans(arguments, &arguments->keys, 3));
    *count = (int)words;
    return PV_OK;
}
