/* A sender that cannot send says why, and ends when it is told to. */
#include "pageview_sender.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>

static void full_spool_is_said(void **state)
{
    const struct pv_view view = {.url = "/a", .title = text_of('t', 300)};
    enum pv_send_result result;

    (void)state;
    while ((result = pv_sender_send(sender, &view)) == PV_SEND_OK)
        ;
    assert_int_equal(result, PV_SEND_FULL);
    assert_contains(pv_send_result_text(result), "full");
}

static void closed_sender_refuses_every_view(void **state)
{
    const struct pv_view view = {.url = "/a"};

    (void)state;
    send_one(&view);
    pv_sender_close(sender);
    pv_sender_close(sender);
    assert_int_equal(pv_sender_send(sender, &view), PV_SEND_CLOSED);
    assert_int_equal(pv_sender_send(sender, &(struct pv_view){.url = ""}), PV_SEND_CLOSED);
    read_first_segment();
    assert_ptr_equal(strchr(sent, '\n'), sent + strlen(sent) - 1);
}

static void close_now(int signal_number)
{
    (void)signal_number;
    pv_sender_close(sender);
}

static void *interrupt(void *of)
{
    (void)pthread_kill(*(pthread_t *)of, SIGUSR1);
    return NULL;
}

/* The signal comes at any point of a send; were the lock or memory of one in the way, it would
 * hang.
 */
static void sender_may_be_closed_by_a_signal_handler(void **state)
{
    const struct pv_view view = {.url = "/a"};
    const struct pv_sender_options options = {.max_bytes = INT64_C(1) << 30};
    const struct sigaction closing = {.sa_handler = close_now};
    pthread_t self = pthread_self(), other;

    (void)state;
    assert_int_equal(sigaction(SIGUSR1, &closing, NULL), 0);
    for (int i = 0; i < 50; i++) {
        enum pv_send_result result;

        pv_sender_destroy(sender);
        sender = open_sender(&options);
        assert_int_equal(pthread_create(&other, NULL, interrupt, &self), 0);
        while ((result = pv_sender_send(sender, &view)) == PV_SEND_OK)
            ;
        assert_int_equal(result, PV_SEND_CLOSED);
        assert_int_equal(pthread_join(other, NULL), 0);
    }
    (void)signal(SIGUSR1, SIG_DFL);
}

static void spool_that_is_gone_is_said(void **state)
{
    const struct pv_view view = {.url = "/a"};

    (void)state;
    send_one(&view);
    remove_directory(directory);
    assert_int_equal(pv_sender_send(sender, &view), PV_SEND_FAILED);
    assert_int_equal(errno, ENOENT);
}

static void what_cannot_be_opened_says_why(void **state)
{
    struct pv_sender *opened;

    (void)state;
    assert_int_equal(pv_sender_open("/dev/null/spool", NULL, &opened, &error), PV_INVALID);
    assert_contains(error.text, "/dev/null/spool");
    assert_null(opened);
    assert_int_equal(
        pv_sender_open(directory, &(struct pv_sender_options){.max_bytes = 65535}, &opened, NULL),
        PV_INVALID);
    assert_int_equal(pv_sender_open(directory,
                                    &(struct pv_sender_options){.sync = (enum pv_send_sync)9},
                                    &opened, &error),
                     PV_INVALID);
    pv_sender_destroy(NULL);
}

static void every_result_has_a_text(void **state)
{
    (void)state;
    for (int result = PV_SEND_OK; result <= PV_SEND_FAILED + 1; result++)
        assert_non_null(pv_send_result_text((enum pv_send_result)result));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SEND_TEST(full_spool_is_said),
        SEND_TEST(closed_sender_refuses_every_view),
        SEND_TEST(sender_may_be_closed_by_a_signal_handler),
        SEND_TEST(spool_that_is_gone_is_said),
        SEND_TEST(what_cannot_be_opened_says_why),
        cmocka_unit_test(every_result_has_a_text),
    };

    return cmocka_run_group_tests(tests, make_parser, destroy_parser);
}
