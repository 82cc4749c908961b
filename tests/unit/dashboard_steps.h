/* What each round asks Redis beside the counts that a test is about. For scripts of
 * dashboard_redis.h. */
#ifndef DASHBOARD_STEPS_H
#define DASHBOARD_STEPS_H

/* The last commit was at 2026-11-24T13:04:55Z. */
#define MOMENT                                                                                     \
    {                                                                                              \
        "HMGET pv:meta last_commit_ms last_ranking_ms ranking_clock_ms caught_up_ms",              \
            "[1795525495000 - - -]"                                                                \
    }

#define TEN_MINUTES   "- - - - - - - - - - "
#define SIXTY_MINUTES TEN_MINUTES TEN_MINUTES TEN_MINUTES TEN_MINUTES TEN_MINUTES TEN_MINUTES
#define LIVE                                                                                       \
    {"MULTI", "+OK"}, {"HGETALL pv:offsets", "+QUEUED"}, {"HMGET pv:site:*", "+QUEUED"},           \
        {"HMGET pv:site:*", "+QUEUED"}, {"PFCOUNT pv:visitors:*", "+QUEUED"},                      \
    {                                                                                              \
        "EXEC", "[[v/0 5] [" SIXTY_MINUTES "] [" SIXTY_MINUTES "] :4]"                             \
    }

/* What the first round asks of the site's days: that of last week, and the last 60. */
#define FOUR_SITE_DAYS                                                                             \
    {"MULTI", "+OK"}, {"HGETALL pv:site:*", "+QUEUED"}, {"HGETALL pv:site:*", "+QUEUED"},          \
        {"HGETALL pv:site:*", "+QUEUED"}, {"HGETALL pv:site:*", "+QUEUED"},                        \
        {"HGETALL pv:offsets", "+QUEUED"},                                                         \
    {                                                                                              \
        "EXEC", "[[] [] [] [13:05 4] [v/0 5]]"                                                     \
    }
#define TWENTY_SITE_DAYS                                                                           \
    FOUR_SITE_DAYS, FOUR_SITE_DAYS, FOUR_SITE_DAYS, FOUR_SITE_DAYS, FOUR_SITE_DAYS
#define ALL_SITE_DAYS {"HLEN pv:site:*", ":0"}, TWENTY_SITE_DAYS, TWENTY_SITE_DAYS, TWENTY_SITE_DAYS
/* And a later round: today and yesterday. */
#define OPEN_SITE_DAYS                                                                             \
    {"MULTI", "+OK"}, {"HGETALL pv:site:*", "+QUEUED"}, {"HGETALL pv:site:*", "+QUEUED"},          \
        {"HGETALL pv:offsets", "+QUEUED"},                                                         \
    {                                                                                              \
        "EXEC", "[[] [13:05 4] [v/0 5]]"                                                           \
    }

#define EMPTY_LIST(name)                                                                           \
    {"ZREVRANGE pv:trending:" name " 0 *", "[]"}, {"MULTI", "+OK"},                                \
        {"HGETALL pv:offsets", "+QUEUED"},                                                         \
    {                                                                                              \
        "EXEC", "[[v/0 5]]"                                                                        \
    }
#define EMPTY_LISTS                                                                                \
    EMPTY_LIST("1h"), EMPTY_LIST("24h"), EMPTY_LIST("7d"), EMPTY_LIST("30d"), EMPTY_LIST("hot"),   \
        EMPTY_LIST("rising")
/* The lists of a site where nothing trends: in the first round, and in a later one. */
#define UNCHANGED_LISTS                                                                            \
    {                                                                                              \
        "HGETALL pv:rankings", "[]"                                                                \
    }
#define NEW_LISTS UNCHANGED_LISTS, EMPTY_LISTS

#endif
