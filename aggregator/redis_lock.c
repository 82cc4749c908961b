#include "aggregator/redis_lock.h"

#include <stdio.h>

enum pv_status pv_redis_lock_hold(struct pv_redis *redis, const char *key, const char *owner,
                                  int ms, bool *is_ours, struct pv_error *error)
{
    char ttl[16];
    struct pv_redis_reply *reply;
    enum pv_status status;

    snprintf(ttl, sizeof ttl, "%d", ms);
    *is_ours = false;
    status = pv_redis_command_texts(redis, &reply, error, "FCALL", "pv_hold", "1", key, owner, ttl,
                                    (char *)NULL);
    if (status != PV_OK)
        return status;
    *is_ours = pv_redis_reply_number(reply, 0) == 1;
    pv_redis_reply_destroy(reply);
    return PV_OK;
}
