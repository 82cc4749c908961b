/* A sender with a spool in a directory of its own, and what the spool has. */
#ifndef PAGEVIEW_SENDER_H
#define PAGEVIEW_SENDER_H

#include "test_pageview_events.h"

#include "dashboard_files.h"
#include "pageview/clock.h"
#include "pageview/send.h"
#include "pageview/spool.h"

enum { TEXT_SIZE = 1 << 20 };

static char directory[TEST_PATH_SIZE];
static char sent[TEXT_SIZE]; /* what the spool has */
static struct pv_sender *sender;
static struct pv_error error;

static inline struct pv_sender *open_sender(const struct pv_sender_options *options)
{
    struct pv_sender *opened;

    if (pv_sender_open(directory, options, &opened, &error) != PV_OK)
        fail_msg("%s", error.text);
    return opened;
}

static inline int make_sender(void **state)
{
    static const struct pv_sender_options options = {.max_bytes = PV_SPOOL_MAX_LEAST,
                                                     .sync = PV_SEND_SYNC_OFF};

    (void)state;
    make_directory(directory);
    sender = open_sender(&options);
    return 0;
}

static inline int drop_sender(void **state)
{
    (void)state;
    pv_sender_destroy(sender);
    remove_directory(directory);
    return 0;
}

static inline void read_first_segment(void)
{
    static const char first[] = "000000000001.ndjson";
    struct pv_buffer text;

    sent[0] = '\0';
    if (!file_exists(directory, first))
        return;
    text = get_file(directory, first);
    assert_true(text.length < sizeof sent);
    memcpy(sent, text.data, text.length + 1);
    pv_buffer_clean_up(&text);
}

/* The view is sent and is, as an event, the only one in the spool. */
static inline void send_to(struct pv_sender *to, const struct pv_view *view)
{
    size_t before, after;

    read_first_segment();
    before = strlen(sent);
    assert_int_equal(pv_sender_send(to, view), PV_SEND_OK);
    read_first_segment();
    after = strlen(sent);
    assert_true(after > before + 1);
    assert_int_equal(sent[after - 1], '\n');
    assert_ptr_equal(strchr(sent + before, '\n'), sent + after - 1);
    assert_int_equal(pv_event_json_parse(parser, sent + before, after - 1 - before, 0,
                                         pv_clock_now_ms(&pv_wall_clock), &event),
                     VALID);
}

static inline void send_one(const struct pv_view *view)
{
    send_to(sender, view);
}

/* A text of `length` times `c`. */
static inline const char *text_of(char c, size_t length)
{
    static char text[100000];

    memset(text, c, length);
    text[length] = '\0';
    return text;
}

#define SEND_TEST(name) cmocka_unit_test_setup_teardown(name, make_sender, drop_sender)

#endif
