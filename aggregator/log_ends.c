#include "aggregator/log_ends.h"

#include <pthread.h>
#include <stdlib.h>

#include "pageview/log.h"

enum { ASK_EVERY_MS = 3000, ANSWER_MS = 2000 };

enum state { RESTING, ASKING, ANSWERED };

struct pv_log_ends {
    struct pv_kafka_consumer *consumer;
    const struct pv_clock *clock;
    int64_t asked_ms; /* monotonic; when it was asked last */
    pthread_t thread;
    bool started;

    pthread_mutex_t lock;
    pthread_cond_t work;
    bool ending;
    enum state state;

    /* The question and its answer: the thread's while it is ASKING. */
    int64_t wall_ms;
    int32_t *ids;
    int64_t *offsets;
    size_t count, size;
};

static enum state state_of(struct pv_log_ends *ends)
{
    enum state state;

    pthread_mutex_lock(&ends->lock);
    state = ends->state;
    pthread_mutex_unlock(&ends->lock);
    return state;
}

static void set_state(struct pv_log_ends *ends, enum state state)
{
    pthread_mutex_lock(&ends->lock);
    ends->state = state;
    pthread_cond_signal(&ends->work);
    pthread_mutex_unlock(&ends->lock);
}

/* Waits for a question; false at the end. */
static bool await_question(struct pv_log_ends *ends)
{
    bool goes_on;

    pthread_mutex_lock(&ends->lock);
    while (!ends->ending && ends->state != ASKING)
        pthread_cond_wait(&ends->work, &ends->lock);
    goes_on = !ends->ending;
    pthread_mutex_unlock(&ends->lock);
    return goes_on;
}

static void *run(void *context)
{
    struct pv_log_ends *ends = context;

    while (await_question(ends)) {
        struct pv_error error;
        enum pv_status status = pv_kafka_consumer_ends(ends->consumer, ends->ids, ends->count,
                                                       ANSWER_MS, ends->offsets, &error);

        if (status != PV_OK)
            pv_log(PV_LOG_DEBUG, "ends_unknown", PV_TEXT("error", error.text));
        set_state(ends, status == PV_OK ? ANSWERED : RESTING);
    }
    return NULL;
}

enum pv_status pv_log_ends_new(struct pv_kafka_consumer *consumer, const struct pv_clock *clock,
                               struct pv_log_ends **ends, struct pv_error *error)
{
    struct pv_log_ends *made = calloc(1, sizeof *made);

    if (made == NULL)
        return pv_error_nomem(error, "the logs' ends");
    made->consumer = consumer;
    made->clock = clock;
    pthread_mutex_init(&made->lock, NULL);
    pthread_cond_init(&made->work, NULL);
    if (pthread_create(&made->thread, NULL, run, made) != 0) {
        pv_log_ends_destroy(made);
        return pv_error_nomem(error, "the thread that asks for the logs' ends");
    }
    made->started = true;
    *ends = made;
    return PV_OK;
}

void pv_log_ends_destroy(struct pv_log_ends *ends)
{
    if (ends == NULL)
        return;
    if (ends->started) {
        pthread_mutex_lock(&ends->lock);
        ends->ending = true;
        pthread_cond_signal(&ends->work);
        pthread_mutex_unlock(&ends->lock);
        pthread_join(ends->thread, NULL);
    }
    pthread_cond_destroy(&ends->work);
    pthread_mutex_destroy(&ends->lock);
    free(ends->ids);
    free(ends->offsets);
    free(ends);
}

static bool make_room(struct pv_log_ends *ends, size_t count)
{
    if (count <= ends->size)
        return true;
    free(ends->ids);
    free(ends->offsets);
    ends->ids = malloc(count * sizeof *ends->ids);
    ends->offsets = malloc(count * sizeof *ends->offsets);
    ends->size = ends->ids != NULL && ends->offsets != NULL ? count : 0;
    return ends->size > 0;
}

static bool is_settled(const struct pv_partition *partition)
{
    return partition->assigned && !partition->needs_seek && pv_partition_is_settled(partition);
}

/* The assigned partitions; none when something is still to be done for one of them. */
static size_t list_settled(struct pv_log_ends *ends, const struct pv_partitions *partitions)
{
    size_t count = 0;

    for (size_t i = 0; i < partitions->count; i++) {
        if (!partitions->items[i].assigned)
            continue;
        if (!is_settled(&partitions->items[i]))
            return 0;
        ends->ids[count++] = partitions->items[i].id;
    }
    return count;
}

static void take_answer(struct pv_log_ends *ends, struct pv_partitions *partitions)
{
    for (size_t i = 0; i < ends->count; i++) {
        struct pv_partition *partition = &partitions->items[ends->ids[i]];

        if (is_settled(partition) &&
            pv_partition_reaches(partition, partition->next, ends->offsets[i]))
            partition->caught_up_ms = ends->wall_ms;
    }
}

bool pv_log_ends_look(struct pv_log_ends *ends, struct pv_partitions *partitions,
                      int64_t monotonic_ms)
{
    enum state state = state_of(ends);

    if (state == ASKING)
        return true;
    if (state == ANSWERED) {
        take_answer(ends, partitions);
        set_state(ends, RESTING);
    }
    if (partitions->assigned == 0 || ends->asked_ms == 0)
        ends->asked_ms = monotonic_ms;
    if (monotonic_ms - ends->asked_ms < ASK_EVERY_MS || !make_room(ends, partitions->count))
        return false;
    ends->count = list_settled(ends, partitions);
    if (ends->count == 0)
        return false;
    ends->asked_ms = monotonic_ms;
    ends->wall_ms = pv_clock_now_ms(ends->clock);
    set_state(ends, ASKING);
    return true;
}
