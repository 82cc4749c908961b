#include "producer/http/head.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

static bool is_word(struct pv_text text, const char *word, size_t length)
{
    return text.length == length && strncasecmp(text.data, word, length) == 0;
}

static bool text_is(struct pv_text text, const char *word)
{
    return is_word(text, word, strlen(word));
}

/* Fields that are kept as they are; of one that stands twice the first counts. */
#define KEPT(name, member)                                                                         \
    {                                                                                              \
        name, sizeof(name) - 1, offsetof(struct pv_http_head, member)                              \
    }
static const struct {
    const char *name;
    size_t length, offset;
} kept[] = {
    KEPT("User-Agent", user_agent),
    KEPT("Referer", referer),
    KEPT("Origin", origin),
    KEPT("If-None-Match", if_none_match),
    KEPT("Content-Type", content_type),
    KEPT("Content-Length", content_length),
    KEPT("Transfer-Encoding", transfer_encoding),
    KEPT("Sec-Purpose", purpose),
    KEPT("Purpose", purpose),
};

static void keep(struct pv_http_head *head, struct pv_text name, struct pv_text value)
{
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        struct pv_text *text = (struct pv_text *)(void *)((char *)head + kept[i].offset);

        if (!is_word(name, kept[i].name, kept[i].length))
            continue;
        if (text->data == NULL)
            *text = value;
        return;
    }
}

/* The last lines matter: those in front were written farther away. */
static void add_forwarded(struct pv_http_head *head, struct pv_text value)
{
    if (head->forwarded_count == PV_HTTP_FORWARDED_MAX) {
        memmove(head->forwarded, head->forwarded + 1,
                sizeof head->forwarded - sizeof head->forwarded[0]);
        head->forwarded_count--;
    }
    head->forwarded[head->forwarded_count++] = value;
}

static bool is_name(struct pv_text name)
{
    for (size_t i = 0; i < name.length; i++)
        if (name.data[i] <= ' ' || name.data[i] >= 0x7f || name.data[i] == ':')
            return false;
    return name.length > 0;
}

void pv_http_head_add(struct pv_http_head *head, struct pv_text name, struct pv_text value)
{
    head->bytes += name.length + value.length + 4; /* ": " and the line's end */
    if (text_is(name, "X-Forwarded-For"))
        add_forwarded(head, value);
    else if (text_is(name, "Sec-GPC") || text_is(name, "DNT"))
        head->no_consent = head->no_consent || text_is(value, "1");
    else
        keep(head, name, value);
    head->has_bad_name = head->has_bad_name || !is_name(name);
    head->hosts += text_is(name, "Host");
    head->content_lengths += text_is(name, "Content-Length");
    head->transfer_encodings += text_is(name, "Transfer-Encoding");
}

bool pv_http_head_has_body(const struct pv_http_head *head)
{
    return head->transfer_encodings > 0 ||
           (head->content_lengths > 0 && !text_is(head->content_length, "0"));
}

static bool is_number(struct pv_text text)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    return text.length > 0;
}

static bool is_over(struct pv_text number, size_t max)
{
    size_t value = 0;

    for (size_t i = 0; i < number.length && value <= max; i++)
        value = value * 10 + (size_t)(number.data[i] - '0');
    return value > max;
}

unsigned pv_http_head_check(const struct pv_http_head *head, const char **problem)
{
    if (head->bytes > PV_HTTP_HEAD_MAX) {
        *problem = "more than 8 KiB of header fields";
        return 431;
    }
    if (head->has_bad_name) {
        *problem = "a header field with a bad name";
        return 400;
    }
    if (head->hosts > 1 || (head->hosts == 0 && head->needs_host)) {
        *problem = "not one Host field";
        return 400;
    }
    if (head->content_lengths + head->transfer_encodings > 1) {
        *problem = "the length of the body is given twice";
        return 400;
    }
    if (head->transfer_encodings > 0 && !text_is(head->transfer_encoding, "chunked")) {
        *problem = "a Transfer-Encoding other than chunked";
        return 400;
    }
    if (head->content_lengths > 0 && !is_number(head->content_length)) {
        *problem = "a Content-Length that is no number";
        return 400;
    }
    if (head->content_lengths > 0 && is_over(head->content_length, PV_HTTP_BODY_MAX)) {
        *problem = "a body of more than 64 KiB";
        return 413;
    }
    return 0;
}
