#include "dashboard-export/site_history.h"

#include <string.h>

#include "dashboard-export/transaction.h"
#include "pageview/keys.h"

/* Days in a transaction: a day has 1,440 minutes at most, so none holds Redis for long. */
enum { AT_ONCE = 4, AGAIN_IN_A_ROUND = 2, OPEN_DAYS = 2, MINUTE_LENGTH = 5 };

static struct pv_site_day *find(struct pv_site_history *history, int64_t day)
{
    return &history->days[day % PV_SITE_DAYS];
}

static const struct pv_site_day *known(const struct pv_site_history *history, int64_t day)
{
    const struct pv_site_day *found;

    if (day < 0)
        return NULL;
    found = &history->days[day % PV_SITE_DAYS];
    return found->is_known && found->day == day ? found : NULL;
}

/* "13:05" to 13; negative when it is no minute. */
static int hour_of(const char *name, size_t length)
{
    int hour;

    if (name == NULL || length != MINUTE_LENGTH || name[2] != ':' || name[0] < '0' ||
        name[0] > '2' || name[1] < '0' || name[1] > '9')
        return -1;
    hour = (name[0] - '0') * 10 + (name[1] - '0');
    return hour < PV_SITE_DAY_HOURS ? hour : -1;
}

/* Fields that are no minutes, and counts that are none, are nothing. */
static void take_day(struct pv_site_day *day, const struct pv_redis_reply *minutes)
{
    memset(day->hours, 0, sizeof day->hours);
    for (size_t i = 0; i + 1 < pv_redis_reply_count(minutes); i += 2) {
        size_t length = 0;
        const char *name = pv_redis_reply_text(pv_redis_reply_at(minutes, i), &length);
        int64_t views = pv_redis_reply_number(pv_redis_reply_at(minutes, i + 1), 0);
        int hour = hour_of(name, length);

        if (hour >= 0 && views > 0)
            day->hours[hour] += views;
    }
}

/* Reads `count` days (1 to AT_ONCE) and the offsets, all of one moment. */
static enum pv_status read_days(struct pv_site_history *history, struct pv_redis *redis,
                                const char *prefix, const int64_t *days, size_t count,
                                int64_t monotonic_ms, struct pv_offsets *offsets,
                                struct pv_error *error)
{
    char keys[AT_ONCE][PV_KEY_SIZE], offsets_key[PV_KEY_SIZE];
    struct pv_read_command commands[AT_ONCE + 1];
    struct pv_redis_reply *reply;
    enum pv_status status;

    for (size_t i = 0; i < count; i++) {
        pv_key_site(prefix, days[i] * PV_DAY_MS, keys[i]);
        commands[i] = (struct pv_read_command){.name = "HGETALL", .key = keys[i]};
    }
    pv_key_offsets(prefix, offsets_key);
    commands[count] = (struct pv_read_command){.name = "HGETALL", .key = offsets_key};
    status = pv_transaction_read(redis, commands, count + 1, &reply, error);
    if (status != PV_OK)
        return status;
    for (size_t i = 0; i < count; i++) {
        struct pv_site_day *day = find(history, days[i]);

        *day = (struct pv_site_day){.is_known = true, .day = days[i], .read_ms = monotonic_ms};
        take_day(day, pv_redis_reply_at(reply, i));
    }
    pv_offsets_clean_up(offsets);
    status = pv_offsets_from_reply(pv_redis_reply_at(reply, count), offsets, error);
    pv_redis_reply_destroy(reply);
    return status;
}

/* The days to be read, the oldest first: today is the last. */
static size_t choose(const struct pv_site_history *history, int64_t today, int64_t monotonic_ms,
                     bool all, int64_t days[PV_SITE_DAYS])
{
    size_t count = 0, again = 0;

    for (int64_t ago = PV_SITE_DAYS - 1; ago >= 0; ago--) {
        const struct pv_site_day *day = known(history, today - ago);
        bool is_old = day != NULL && monotonic_ms - day->read_ms >= PV_SITE_AGE_MS;

        if (ago > today)
            continue;
        if (is_old && ago >= OPEN_DAYS && ++again > AGAIN_IN_A_ROUND)
            is_old = false;
        if (day == NULL || all || is_old || ago < OPEN_DAYS)
            days[count++] = today - ago;
    }
    return count;
}

enum pv_status pv_site_history_read(struct pv_site_history *history, struct pv_redis *redis,
                                    const char *prefix, int64_t clock_ms, int64_t monotonic_ms,
                                    bool all, struct pv_offsets *offsets, struct pv_error *error)
{
    int64_t days[PV_SITE_DAYS];
    size_t count = choose(history, clock_ms / PV_DAY_MS, monotonic_ms, all, days);
    enum pv_status status = PV_OK;

    *offsets = (struct pv_offsets){0};
    for (size_t done = 0; done < count && status == PV_OK;) {
        size_t now = count - done < AT_ONCE ? count - done : AT_ONCE;

        status = read_days(history, redis, prefix, days + done, now, monotonic_ms, offsets, error);
        done += now;
    }
    if (status != PV_OK)
        pv_offsets_clean_up(offsets);
    return status;
}

void pv_site_history_hours(const struct pv_site_history *history, int64_t clock_ms,
                           int64_t views[PV_SITE_HOURS])
{
    for (int64_t i = 0; i < PV_SITE_HOURS; i++) {
        int64_t hour = clock_ms / PV_HOUR_MS - (PV_SITE_HOURS - 1 - i);
        const struct pv_site_day *day = known(history, hour >= 0 ? hour / PV_SITE_DAY_HOURS : -1);

        views[i] = day != NULL ? day->hours[hour % PV_SITE_DAY_HOURS] : 0;
    }
}

void pv_site_history_days(const struct pv_site_history *history, int64_t clock_ms,
                          int64_t views[PV_SITE_DAYS])
{
    for (int64_t i = 0; i < PV_SITE_DAYS; i++) {
        const struct pv_site_day *day =
            known(history, clock_ms / PV_DAY_MS - (PV_SITE_DAYS - 1 - i));

        views[i] = 0;
        for (size_t hour = 0; day != NULL && hour < PV_SITE_DAY_HOURS; hour++)
            views[i] += day->hours[hour];
    }
}
