/* The consumer when librdkafka's own thread is interrupted where it matters most: the broker is
 * librdkafka's mock, and some of its functions are wrapped. */
#include "mock_kafka.h"
#include "waiting.h"

#include <pthread.h>
#include <stdatomic.h>

#include "aggregator/kafka_consumer.h"

enum { PARTITIONS = 2, MESSAGES = 5, POLL_MS = 5, WAIT_MS = 30000 };

static const int32_t ids[PARTITIONS] = {0, 1};
static const char *property[] = {"debug=topic"};
static const struct pv_list properties = {property, 1};
static struct pv_kafka_options options;
static rd_kafka_t *broker;
static struct pv_kafka_consumer *consumer;
static int64_t first[PARTITIONS], next[PARTITIONS]; /* -1: none */
static struct pv_error error;

/* librdkafka numbers each request to a partition, then queues it; in between it logs the number. */
static pthread_t test_thread;
static atomic_bool hold_start, start_held;
static int late_answers; /* to seeks */

static bool on_message(void *context, const struct pv_kafka_message *message,
                       const struct pv_kafka_message *behind)
{
    (void)context;
    (void)behind;
    if (first[message->partition] < 0)
        first[message->partition] = message->offset;
    next[message->partition] = message->offset + 1;
    return true;
}

static const struct pv_kafka_consumer_handlers handlers = {
    on_message, ignore_end, ignore_assigned, ignore_revoked, ignore_missing, NULL,
};

/* Holds librdkafka's thread where the start of partition 0, the last of them, has its number. A
 * request of this thread to partition 1 comes after one to partition 0, and lets it go. */
static void on_log(const rd_kafka_t *client, int level, const char *facility, const char *text)
{
    (void)client;
    (void)level;
    if (strcmp(facility, "BARRIER") != 0)
        return;
    if (pthread_equal(pthread_self(), test_thread)) {
        if (strstr(text, " [1]:") != NULL)
            atomic_store(&hold_start, false);
        return;
    }
    if (strstr(text, " [0]: rd_kafka_toppar_op_fetch_start") == NULL)
        return;
    atomic_store(&start_held, atomic_load(&hold_start));
    for (int64_t until_ms = 0; atomic_load(&hold_start) && look_again(&until_ms, WAIT_MS);)
        continue;
}

typedef void log_function(const rd_kafka_t *, int, const char *, const char *);
void __real_rd_kafka_conf_set_log_cb(rd_kafka_conf_t *conf, log_function *log);
void __wrap_rd_kafka_conf_set_log_cb(rd_kafka_conf_t *conf, log_function *log);
rd_kafka_resp_err_t __real_rd_kafka_assign(rd_kafka_t *client,
                                           const rd_kafka_topic_partition_list_t *list);
rd_kafka_resp_err_t __wrap_rd_kafka_assign(rd_kafka_t *client,
                                           const rd_kafka_topic_partition_list_t *list);
rd_kafka_error_t *__real_rd_kafka_seek_partitions(rd_kafka_t *client,
                                                  rd_kafka_topic_partition_list_t *list,
                                                  int timeout_ms);
rd_kafka_error_t *__wrap_rd_kafka_seek_partitions(rd_kafka_t *client,
                                                  rd_kafka_topic_partition_list_t *list,
                                                  int timeout_ms);

void __wrap_rd_kafka_conf_set_log_cb(rd_kafka_conf_t *conf, log_function *log)
{
    (void)log;
    __real_rd_kafka_conf_set_log_cb(conf, on_log);
}

rd_kafka_resp_err_t __wrap_rd_kafka_assign(rd_kafka_t *client,
                                           const rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_resp_err_t err = __real_rd_kafka_assign(client, list);
    int64_t until_ms = 0;

    while (atomic_load(&hold_start) && !atomic_load(&start_held))
        if (!look_again(&until_ms, WAIT_MS))
            fail_msg("librdkafka started nothing within %d ms", WAIT_MS);
    return err;
}

rd_kafka_error_t *__wrap_rd_kafka_seek_partitions(rd_kafka_t *client,
                                                  rd_kafka_topic_partition_list_t *list,
                                                  int timeout_ms)
{
    if (late_answers-- > 0)
        return rd_kafka_error_new(RD_KAFKA_RESP_ERR__TIMED_OUT, "late");
    return __real_rd_kafka_seek_partitions(client, list, timeout_ms);
}

static void start(int64_t offset)
{
    int64_t offsets[PARTITIONS];

    for (int i = 0; i < PARTITIONS; i++) {
        offsets[i] = offset;
        first[i] = next[i] = -1;
    }
    assert_int_equal(pv_kafka_consumer_start(consumer, ids, offsets, PARTITIONS, &error), PV_OK);
    atomic_store(&hold_start, false);
}

static void fetch_all(void)
{
    int64_t until_ms = pv_monotonic_ms() + WAIT_MS;

    while (next[0] < MESSAGES || next[1] < MESSAGES) {
        if (pv_monotonic_ms() > until_ms)
            fail_msg("fetched up to %d and %d within %d ms", (int)next[0], (int)next[1], WAIT_MS);
        pv_kafka_consumer_poll(consumer, POLL_MS);
    }
}

/* Both partitions are fetched to their ends. */
static int set_up(void **state)
{
    (void)state;
    test_thread = pthread_self();
    broker = mock_kafka_start(PARTITIONS);
    for (int32_t id = 0; id < PARTITIONS; id++)
        mock_kafka_produce(broker, id, "{}", MESSAGES);
    options = (struct pv_kafka_options){mock_kafka_address(broker), "pageviews", &properties};
    assert_int_equal(pv_kafka_consumer_new(&options, "group", &handlers, &consumer, &error), PV_OK);
    start(0);
    fetch_all();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pv_kafka_consumer_destroy(consumer);
    rd_kafka_destroy(broker);
    return 0;
}

static void a_start_that_librdkafka_is_slow_with_is_not_lost(void **state)
{
    (void)state;
    atomic_store(&hold_start, true);
    start(1);
    fetch_all();
    assert_true(atomic_load(&start_held));
    assert_int_equal(first[0], 1);
    assert_int_equal(first[1], 1);
}

static void a_seek_waits_for_a_late_answer(void **state)
{
    (void)state;
    late_answers = 2;
    first[0] = next[0] = -1;
    assert_int_equal(pv_kafka_consumer_seek(consumer, 0, 3, &error), PV_OK);
    fetch_all();
    assert_int_equal(first[0], 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_start_that_librdkafka_is_slow_with_is_not_lost),
        TEST(a_seek_waits_for_a_late_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
