/* An intake that counts two partitions, into a committer that a Redis of the test's own answers. */
#ifndef TEST_AGGREGATOR_INTAKE_H
#define TEST_AGGREGATOR_INTAKE_H

#include "aggregator_redis.h"
#include "test_pageview_support.h"

#include "aggregator/intake.h"
#include "pageview/bucket.h"

#define NOW       INT64_C(1795525507000) /* 2026-11-24T13:05:07Z */
#define TODAY     (NOW / PV_DAY_MS * PV_DAY_MS)
#define YESTERDAY (TODAY - PV_DAY_MS)

enum { MAX_CELLS = 100, WAIT_MS = 10000 };

static struct fence *fence;
static struct pv_aggregator_metrics metrics;
static struct pv_intake intake;
static const struct pv_retention retention = {7200000, 691200000, 34560000000};
static const struct pv_commit_context commits = {
    .prefix = "pv:", .topic = "pageviews", .retention = &retention, .partitions = 3};
static struct pv_committer_config config;

static inline int64_t fixed_now_ms(void *context)
{
    (void)context;
    return NOW;
}
static const struct pv_clock fixed_clock = {fixed_now_ms, NULL};

/* Two partitions: 0 at offset 100, 1 at the beginning of its log. */
static inline int set_up(void **state)
{
    struct pv_error error;

    (void)state;
    fence = fence_start();
    fence_store(fence, "pageviews/0", "100");
    memset(&metrics, 0, sizeof metrics);
    intake = (struct pv_intake){
        .pool = {.max_cells = MAX_CELLS, .max = 8}, .metrics = &metrics, .now_ms = NOW};
    config = (struct pv_committer_config){
        fence_options(fence), &commits, &fixed_clock, MAX_CELLS, NULL, &metrics,
    };
    if (pv_committer_new(&config, &intake.committer, &error) != PV_OK ||
        pv_event_reader_init(&intake.reader, &error) != PV_OK ||
        pv_event_facts_init(&intake.facts, true, &error) != PV_OK ||
        pv_partitions_grow(&intake.partitions, 3, &error) != PV_OK)
        return -1;
    pv_partition_begin(&intake.partitions.items[0], 100, NOW);
    pv_partition_begin(&intake.partitions.items[1], PV_OFFSET_NONE, NOW);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < intake.partitions.count; i++)
        pv_intake_void(&intake, &intake.partitions.items[i]);
    pv_committer_destroy(intake.committer);
    fence_stop(fence);
    pv_kafka_rejects_destroy(intake.rejects);
    pv_event_reader_clean_up(&intake.reader);
    pv_event_facts_clean_up(&intake.facts);
    pv_batch_pool_clean_up(&intake.pool);
    pv_partitions_clean_up(&intake.partitions);
    return 0;
}

static inline struct pv_partition *partition(int id)
{
    return &intake.partitions.items[id];
}

static inline bool offer_at(int32_t id, int64_t offset, const char *value, int64_t timestamp_ms)
{
    const struct pv_kafka_message message = {
        .partition = id,
        .offset = offset,
        .timestamp_ms = timestamp_ms,
        .value = value,
        .value_length = value != NULL ? strlen(value) : 0,
    };

    return pv_intake_message(&intake, &message, NULL);
}

static inline bool offer(int32_t id, int64_t offset, const char *value)
{
    return offer_at(id, offset, value, NOW);
}

static inline void seal(int id)
{
    pv_intake_seal(&intake, partition(id));
}

/* Takes results until `count` came. */
static inline void collect(size_t count)
{
    for (size_t came = 0; came < count;) {
        size_t more = pv_intake_collect(&intake, WAIT_MS);

        assert_int_not_equal(more, 0);
        came += more;
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
