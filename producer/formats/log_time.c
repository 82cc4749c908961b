#include "producer/formats/log_time.h"

#include <string.h>

#include "producer/formats/digits.h"
#include "producer/formats/time_pattern.h"

static bool read_all(const char *pattern, const char *text, size_t length, int64_t *ts_ms)
{
    struct pv_time_parts parts = {0};

    return pv_time_read(pattern, strlen(pattern), text, text + length, &parts) == text + length &&
           pv_time_compose(&parts, ts_ms);
}

static bool read_number(const char *text, size_t length, int64_t *ts_ms)
{
    size_t whole = 0;
    size_t end = length;

    while (whole < length && pv_is_digit(text[whole]))
        whole++;
    if (whole < length) {
        struct pv_time_parts parts = {0};

        if (pv_time_read("%N", 2, text + whole, text + length, &parts) != text + length)
            return false;
        end = whole;
    }
    if (whole <= 11)
        return read_all("%s%N", text, length, ts_ms);
    if (whole > 17) /* ns: µs are enough */
        end -= 3;
    return whole <= 20 && read_all(whole <= 14 ? "%Q" : "%U", text, end, ts_ms);
}

bool pv_time_read_any(const char *text, size_t length, int64_t *ts_ms)
{
    if (length > 10 && text[2] == '/')
        return read_all(PV_TIME_CLF, text, length, ts_ms);
    if (length > 10 && text[4] == '-')
        return read_all(text[10] == ' ' ? "%Y-%m-%d %H:%M:%S%N%z" : PV_TIME_ISO, text, length,
                        ts_ms);
    return read_number(text, length, ts_ms);
}

/* "17/May/2015:10:05" at that zone → ms UTC. */
static bool read_minute(const char *text, const char *zone, int64_t *ms)
{
    struct pv_time_parts parts = {0};
    static const char pattern[] = "%d/%b/%Y:%H:%M";

    return pv_time_read(pattern, sizeof pattern - 1, text, text + 17, &parts) == text + 17 &&
           pv_time_read("%z", 2, zone, zone + 5, &parts) == zone + 5 && pv_time_compose(&parts, ms);
}

bool pv_time_read_clf(struct pv_time_cache *cache, const char *text, int64_t *ts_ms)
{
    const char *zone = text + 21;

    if (text[17] != ':' || text[18] < '0' || text[18] > '5' || !pv_is_digit(text[19]) ||
        text[20] != ' ')
        return false;
    if (!cache->is_known || memcmp(cache->minute, text, sizeof cache->minute) != 0 ||
        memcmp(cache->zone, zone, sizeof cache->zone) != 0) {
        cache->is_known = read_minute(text, zone, &cache->minute_ms);
        if (!cache->is_known)
            return false;
        memcpy(cache->minute, text, sizeof cache->minute);
        memcpy(cache->zone, zone, sizeof cache->zone);
    }
    *ts_ms = cache->minute_ms + ((text[18] - '0') * INT64_C(10) + (text[19] - '0')) * 1000;
    return true;
}
