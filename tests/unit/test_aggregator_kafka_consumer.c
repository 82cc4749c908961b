/* The consumer on librdkafka's mock broker: what is fetched after a stall, a rebalance, a seek. */
#include "mock_kafka.h"

#include "aggregator/kafka_consumer.h"
#include "aggregator/kafka_fetched.h"
#include "pageview/clock.h"

enum { PARTITIONS = 2, MESSAGES = 500, POLL_MS = 50, WAIT_MS = 30000 };

/* The only member of the group, and what it was told. */
struct member {
    struct pv_kafka_consumer *consumer;
    struct pv_kafka_consumer_handlers handlers;
    int32_t granted[PARTITIONS];
    size_t granted_count, assignments;
    bool refuses;
    int64_t first[PARTITIONS], next[PARTITIONS], end[PARTITIONS]; /* -1: none */
    bool has_gap, is_offset_missing;
    const char *told_next; /* value of the one that is to be offered next; NULL: not known */
    bool was_told_wrong;
    size_t told;
};

static rd_kafka_t *broker;
static struct pv_list no_properties;
static struct pv_kafka_options options;
static struct member the_member;
static int64_t log_end; /* of each partition */

static bool on_message(void *context, const struct pv_kafka_message *message,
                       const struct pv_kafka_message *next)
{
    struct member *member = context;
    int32_t id = message->partition;

    member->was_told_wrong |= message->was_next != (member->told_next != NULL) ||
                              (message->was_next && message->value != member->told_next);
    member->told_next = NULL;
    if (member->refuses)
        return false;
    if (member->first[id] < 0)
        member->first[id] = message->offset;
    else if (message->offset != member->next[id])
        member->has_gap = true;
    member->next[id] = message->offset + 1;
    if (next != NULL)
        member->told_next = next->value;
    member->told += next != NULL;
    return true;
}

static void on_end(void *context, int32_t partition, int64_t offset)
{
    ((struct member *)context)->end[partition] = offset;
}

static void on_assigned(void *context, const int32_t *partitions, size_t count)
{
    struct member *member = context;
    struct pv_error error;

    memcpy(member->granted, partitions, count * sizeof *partitions);
    member->granted_count = count;
    member->assignments++;
    assert_int_equal(pv_kafka_consumer_start(member->consumer, NULL, NULL, 0, &error), PV_OK);
}

static void on_offset_missing(void *context, int32_t partition)
{
    (void)partition;
    ((struct member *)context)->is_offset_missing = true;
}

static void produce(void)
{
    for (int32_t id = 0; id < PARTITIONS; id++)
        mock_kafka_produce(broker, id, "{}", MESSAGES);
    log_end += MESSAGES;
}

static int start_broker(void **state)
{
    (void)state;
    broker = mock_kafka_start(PARTITIONS);
    options = (struct pv_kafka_options){mock_kafka_address(broker), "pageviews", &no_properties};
    produce();
    return 0;
}

static int stop_broker(void **state)
{
    (void)state;
    pv_kafka_consumer_destroy(the_member.consumer);
    rd_kafka_destroy(broker);
    return 0;
}

/* Fetches what the group gave to the member from these offsets. */
static void start(struct member *member, int64_t offset)
{
    int64_t offsets[PARTITIONS];
    struct pv_error error;

    for (int i = 0; i < PARTITIONS; i++) {
        offsets[i] = offset;
        member->first[i] = member->next[i] = member->end[i] = -1;
    }
    assert_int_equal(pv_kafka_consumer_start(member->consumer, member->granted, offsets,
                                             member->granted_count, &error),
                     PV_OK);
}

static void poll_once(void)
{
    pv_kafka_consumer_poll(the_member.consumer, POLL_MS);
}

/* Polls until the condition holds. */
#define POLL_UNTIL(condition)                                                                      \
    do {                                                                                           \
        int64_t until_ms = pv_monotonic_ms() + WAIT_MS;                                            \
                                                                                                   \
        while (!(condition)) {                                                                     \
            if (pv_monotonic_ms() > until_ms)                                                      \
                fail_msg("not within %d ms: %s", WAIT_MS, #condition);                             \
            poll_once();                                                                           \
        }                                                                                          \
    } while (0)

/* Joining takes the mock broker seconds, so one member serves all tests. */
static int set_up(void **state)
{
    struct pv_error error;

    (void)state;
    the_member.refuses = the_member.has_gap = the_member.is_offset_missing = false;
    if (the_member.consumer != NULL) { /* nothing of the test before may be left */
        assert_int_equal(pv_kafka_consumer_start(the_member.consumer, NULL, NULL, 0, &error),
                         PV_OK);
        poll_once();
        return 0;
    }
    the_member.handlers = (struct pv_kafka_consumer_handlers){
        on_message, on_end, on_assigned, ignore_revoked, on_offset_missing, &the_member,
    };
    the_member.first[0] = the_member.first[1] = -1;
    assert_int_equal(pv_kafka_consumer_new(&options, "group", &the_member.handlers,
                                           &the_member.consumer, &error),
                     PV_OK);
    assert_int_equal(pv_kafka_consumer_subscribe(the_member.consumer, &error), PV_OK);
    POLL_UNTIL(the_member.assignments == 1);
    return 0;
}

static bool has_all(const struct member *member)
{
    for (size_t i = 0; i < member->granted_count; i++)
        if (member->next[member->granted[i]] < log_end)
            return false;
    return member->granted_count > 0;
}

static void everything_from_the_given_offset_is_handed_out_in_order(void **state)
{
    struct member *member = &the_member;

    (void)state;
    assert_int_equal(member->granted_count, PARTITIONS);
    start(member, 123);
    POLL_UNTIL(member->end[0] == log_end && member->end[1] == log_end);
    assert_int_equal(member->first[0], 123);
    assert_int_equal(member->next[1], log_end);
    assert_false(member->has_gap);
}

static void nothing_is_fetched_before_start(void **state)
{
    struct member *member = &the_member;

    (void)state;
    for (int i = 0; i < 10; i++)
        poll_once();
    assert_int_equal(member->first[0], -1);
    assert_int_equal(member->first[1], -1);
}

static void refused_messages_are_offered_again_across_a_pause(void **state)
{
    struct member *member = &the_member;

    (void)state;
    start(member, 0);
    member->refuses = true;
    POLL_UNTIL(pv_kafka_consumer_has_refused(member->consumer));
    pv_kafka_consumer_pause(member->consumer);
    for (int i = 0; i < 10; i++)
        poll_once();
    assert_true(pv_kafka_consumer_has_refused(member->consumer));
    member->refuses = false;
    poll_once();
    assert_false(pv_kafka_consumer_has_refused(member->consumer));
    start(member, 0);
    POLL_UNTIL(has_all(member));
    assert_int_equal(member->first[0], 0);
    assert_false(member->has_gap);
}

static void what_is_told_to_be_next_is_next(void **state)
{
    struct member *member = &the_member;

    (void)state;
    member->told = 0;
    start(member, 0);
    POLL_UNTIL(has_all(member));
    assert_true(member->told > 0);
    assert_false(member->was_told_wrong); /* nor in the tests before */
}

static void a_seek_drops_what_was_kept_and_goes_on_from_its_offset(void **state)
{
    struct member *member = &the_member;
    struct pv_error error;

    (void)state;
    start(member, 0);
    POLL_UNTIL(has_all(member));
    produce();
    member->refuses = true;
    POLL_UNTIL(pv_kafka_consumer_has_refused(member->consumer));
    member->refuses = false;
    member->first[0] = -1;
    if (pv_kafka_consumer_seek(member->consumer, 0, 10, &error) != PV_OK)
        fail_msg("%s", error.text);
    POLL_UNTIL(has_all(member));
    assert_int_equal(member->first[0], 10);
    assert_false(member->has_gap);
}

/* As when the group takes partitions back during a stall, and gives them again. */
static void partitions_started_again_after_a_pause_are_fetched(void **state)
{
    struct member *member = &the_member;
    struct pv_error error;

    (void)state;
    start(member, 0);
    member->refuses = true;
    POLL_UNTIL(pv_kafka_consumer_has_refused(member->consumer));
    pv_kafka_consumer_pause(member->consumer);
    assert_int_equal(pv_kafka_consumer_start(member->consumer, NULL, NULL, 0, &error), PV_OK);
    member->refuses = false;
    poll_once();
    start(member, 0);
    POLL_UNTIL(has_all(member));
    assert_int_equal(member->first[0], 0);
    assert_false(member->has_gap);
}

static void a_partition_whose_offset_was_missing_is_fetched_after_another_start(void **state)
{
    struct member *member = &the_member;

    (void)state;
    start(member, 1000000);
    POLL_UNTIL(member->is_offset_missing);
    while (!has_all(member)) { /* the other partition may tell after the start */
        member->is_offset_missing = false;
        start(member, 0);
        POLL_UNTIL(has_all(member) || member->is_offset_missing);
    }
    assert_int_equal(member->first[0], 0);
}

static void the_ends_of_logs_are_what_the_broker_says_now(void **state)
{
    static const int32_t both[PARTITIONS] = {1, 0};
    int64_t ends[PARTITIONS] = {-1, -1};
    struct pv_error error;

    (void)state;
    produce(); /* and nothing is fetched */
    assert_int_equal(
        pv_kafka_consumer_ends(the_member.consumer, both, PARTITIONS, WAIT_MS, ends, &error),
        PV_OK);
    assert_int_equal(ends[0], log_end);
    assert_int_equal(ends[1], log_end);
}

static void more_messages_than_are_held_at_once_are_all_handed_out(void **state)
{
    struct member *member = &the_member;

    (void)state;
    while (PARTITIONS * log_end <= PV_KAFKA_FETCHED_MAX)
        produce();
    start(member, 0);
    POLL_UNTIL(has_all(member));
    assert_int_equal(member->first[0], 0);
    assert_false(member->has_gap);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_fetched_before_start),
        TEST(everything_from_the_given_offset_is_handed_out_in_order),
        TEST(refused_messages_are_offered_again_across_a_pause),
        TEST(a_seek_drops_what_was_kept_and_goes_on_from_its_offset),
        TEST(partitions_started_again_after_a_pause_are_fetched),
        TEST(the_ends_of_logs_are_what_the_broker_says_now),
        TEST(a_partition_whose_offset_was_missing_is_fetched_after_another_start),
        TEST(more_messages_than_are_held_at_once_are_all_handed_out),
        TEST(what_is_told_to_be_next_is_next),
    };

    return cmocka_run_group_tests(tests, start_broker, stop_broker);
}
