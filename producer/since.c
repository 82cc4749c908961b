#include "producer/since.h"

#include <stdio.h>
#include <string.h>

#include "pageview/options.h"
#include "producer/formats/log_time.h"

bool pv_since_parse(const char *text, int64_t now_ms, int64_t *since_ms)
{
    char midnight[32];
    int length = snprintf(midnight, sizeof midnight, "%sT00:00:00Z", text);
    int64_t age_ms;

    if (pv_duration_parse(text, &age_ms) == PV_OK) {
        *since_ms = age_ms < now_ms ? now_ms - age_ms : 0;
        return true;
    }
    return pv_time_read_any(text, strlen(text), since_ms) ||
           (length < (int)sizeof midnight && pv_time_read_any(midnight, (size_t)length, since_ms));
}
