/* A stream of bytes, cut into messages: syslog's over TCP and, built with LINES_ONLY, lines on
 * standard input. The first byte says how the stream is split into reads.
 *
 * However it is split, the messages are the same. A byte 0x1f stands for 30,000 bytes, so that
 * short inputs reach the bound of a message. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "producer/syslog/framing.h"
#include "producer/syslog/message.h"

#ifndef LINES_ONLY
#define LINES_ONLY false
#endif

enum { LONG_BYTES = 30000, STREAM_MAX = 150000 };

/* What came of a stream: each message as its length and its bytes. */
struct outcome {
    struct pv_buffer messages;
    size_t too_long;
};

static void note(struct outcome *outcome, const char *message, size_t length)
{
    pv_buffer_add(&outcome->messages, &length, sizeof length);
    pv_buffer_add(&outcome->messages, message, length);
}

static void expect_syslog(const char *data, size_t length)
{
    struct pv_syslog_message message;
    char *copy = fuzz_copy(data, length);

    if (pv_syslog_parse(copy, length, &message) == PV_SYSLOG_GOOD) {
        fuzz_expect(message.length >= 1, "a message has a text");
        fuzz_expect(fuzz_is_within((struct pv_text){message.text, message.length}, copy, length),
                    "the text lies within the message");
        fuzz_expect(message.facility >= 0 && message.facility <= 23, "the facility is one of 24");
        fuzz_expect(message.severity >= 0 && message.severity <= 7, "the severity is one of 8");
    }
    free(copy);
}

static void take_messages(struct pv_framing *framing, struct outcome *outcome)
{
    const char *message;
    size_t length;

    for (;;) {
        switch (pv_framing_next(framing, &message, &length)) {
        case PV_FRAME_NONE:
            return;
        case PV_FRAME_TOO_LONG:
            outcome->too_long++;
            break;
        case PV_FRAME_MESSAGE:
            fuzz_expect(length >= 1 && length <= PV_TAKE_LINE_MAX, "a message is within bounds");
            note(outcome, message, length);
            pv_framing_take(framing);
            break;
        }
    }
}

/* Reads the stream in pieces of up to `piece` bytes, each a little longer than the one before. */
static struct outcome read_stream(struct pv_text stream, size_t piece)
{
    struct pv_framing framing = {.lines_only = LINES_ONLY};
    struct outcome outcome = {0};
    const char *message;
    size_t length;

    while (stream.length > 0) {
        size_t room, size = stream.length < piece ? stream.length : piece;
        char *to = pv_framing_room(&framing, &room);

        fuzz_expect(to != NULL && room > 0, "there is room once all messages are taken");
        size = size < room ? size : room;
        memcpy(to, stream.data, size);
        pv_framing_added(&framing, size);
        fuzz_expect(framing.capacity <= PV_FRAMING_BUFFER_MAX, "memory is within its bound");
        take_messages(&framing, &outcome);
        stream.data += size;
        stream.length -= size;
        piece += 1 + piece / 8;
    }
    if (pv_framing_has_rest(&framing, &message, &length))
        note(&outcome, message, length);
    pv_framing_clean_up(&framing);
    return outcome;
}

/* What lines are, said in another way. */
static struct outcome cut_lines(struct pv_text stream)
{
    struct outcome outcome = {0};

    while (stream.length > 0) {
        struct pv_text line = fuzz_take_line(&stream);

        if (line.length > PV_TAKE_LINE_MAX)
            outcome.too_long++;
        else if (line.length > 0)
            note(&outcome, line.data, line.length);
    }
    return outcome;
}

/* Frees both. */
static void expect_same(struct outcome *a, struct outcome *b, const char *promise)
{
    fuzz_expect(a->too_long == b->too_long, promise);
    fuzz_expect(a->messages.length == b->messages.length, promise);
    if (a->messages.length > 0)
        fuzz_expect(memcmp(a->messages.data, b->messages.data, a->messages.length) == 0, promise);
    pv_buffer_clean_up(&a->messages);
    pv_buffer_clean_up(&b->messages);
}

static void expect_messages(struct pv_buffer messages)
{
    for (size_t at = 0, length; at < messages.length; at += length) {
        memcpy(&length, messages.data + at, sizeof length);
        at += sizeof length;
        expect_syslog(messages.data + at, length);
    }
}

static bool make_stream(const uint8_t *data, size_t size, struct pv_buffer *stream)
{
    for (size_t i = 0; i < size; i++) {
        size_t times = data[i] == 0x1f ? LONG_BYTES : 1;
        char *to = pv_buffer_reserve(stream, times);

        if (to == NULL || stream->length + times > STREAM_MAX)
            return false;
        memset(to, data[i], times);
        stream->length += times;
    }
    return true;
}

/* Whether a message of the stream could begin with a count: there is a space and a '<' behind it.
 */
static bool may_count(struct pv_text stream)
{
    for (size_t i = 0; !LINES_ONLY && i + 1 < stream.length; i++)
        if (stream.data[i] == ' ' && stream.data[i + 1] == '<')
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pv_buffer made = {0};

    if (size > 0 && make_stream(data + 1, size - 1, &made)) {
        struct pv_text stream = {made.data, made.length};
        struct outcome whole = read_stream(stream, SIZE_MAX / 2);
        struct outcome pieces = read_stream(stream, 1 + data[0]);

        expect_messages(whole.messages);
        expect_same(&whole, &pieces, "however a stream is split, its messages are the same");
        if (!may_count(stream)) {
            whole = read_stream(stream, STREAM_MAX);
            pieces = cut_lines(stream);
            expect_same(&whole, &pieces, "a line is what is between two line feeds");
        }
    }
    pv_buffer_clean_up(&made);
    return 0;
}
