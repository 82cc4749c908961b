#include "dashboard-export/transaction.h"

#include <string.h>

#include "dashboard-export/questions.h"

static enum pv_status send_all(struct pv_redis *redis, const struct pv_read_command *commands,
                               size_t count, struct pv_error *error)
{
    const char *multi = "MULTI", *exec = "EXEC";
    enum pv_status status = pv_redis_queue(redis, 1, &multi, NULL, error);

    for (size_t i = 0; i < count && status == PV_OK; i++) {
        const char *arguments[2 + PV_READ_MORE_MAX] = {commands[i].name, commands[i].key};
        size_t more = commands[i].more_count;

        if (more > 0)
            memcpy(arguments + 2, commands[i].more, more * sizeof *arguments);
        status = pv_redis_queue(redis, (int)(2 + more), arguments, NULL, error);
    }
    return status == PV_OK ? pv_redis_send(redis, 1, &exec, NULL, error) : status;
}

/* Leaves EXEC's answer. The first error says the most: those after it are EXECABORT. */
static enum pv_status receive_all(struct pv_redis *redis, size_t count,
                                  struct pv_redis_reply **reply, struct pv_error *error)
{
    struct pv_answers answers = {redis, PV_OK, error};

    for (size_t i = 0; i < count; i++) {
        pv_redis_reply_destroy(*reply);
        *reply = pv_answers_next(&answers);
    }
    return answers.status;
}

/* A command that is refused only when it runs, such as one on a key of another type. */
static enum pv_status check_answers(const struct pv_redis_reply *reply,
                                    const struct pv_read_command *commands, size_t count,
                                    struct pv_error *error)
{
    if (pv_redis_reply_count(reply) != count)
        return pv_error_set(error, PV_REFUSED, "Redis answered EXEC with %zu of %zu answers",
                            pv_redis_reply_count(reply), count);
    for (size_t i = 0; i < count; i++) {
        const char *why = pv_redis_reply_error(pv_redis_reply_at(reply, i));

        if (why != NULL)
            return pv_error_set(error, PV_REFUSED, "Redis: %s %s: %s", commands[i].name,
                                commands[i].key, why);
    }
    return PV_OK;
}

enum pv_status pv_transaction_read(struct pv_redis *redis, const struct pv_read_command *commands,
                                   size_t count, struct pv_redis_reply **reply,
                                   struct pv_error *error)
{
    enum pv_status status = send_all(redis, commands, count, error);

    *reply = NULL;
    if (status == PV_OK)
        status = receive_all(redis, count + 2, reply, error);
    if (status == PV_OK)
        status = check_answers(*reply, commands, count, error);
    if (status != PV_OK) {
        pv_redis_reply_destroy(*reply);
        *reply = NULL;
    }
    return status;
}
