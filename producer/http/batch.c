/* Many requests to a write: an append costs more than all else that a request does. */
#include <errno.h>
#include <string.h>

#include "pageview/log.h"
#include "producer/http/endpoints.h"

/* An append takes 1 MiB. A request adds less than half of that: its body is 64 KiB at most, an
 * article's bytes grow threefold at worst, and a line has less than 200 of its own. */
enum { LINES_MAX = 524288 };

static bool is_taken(enum pv_reason reason)
{
    return reason == PV_REASON_NONE || reason == PV_REASON_spider;
}

static int64_t taken(const int64_t found[PV_REASON_COUNT])
{
    return found[PV_REASON_NONE] + found[PV_REASON_spider];
}

static void count(struct pv_collector_metrics *metrics, const int64_t found[PV_REASON_COUNT])
{
    pv_metric_add(&metrics->accepted, taken(found));
    for (int reason = 0; reason < PV_REASON_COUNT; reason++)
        if (found[reason] > 0 && !is_taken((enum pv_reason)reason))
            pv_metric_add(&metrics->rejected[reason], found[reason]);
}

bool pv_endpoints_handle(struct pv_endpoints *endpoints, const struct pv_http_route *route,
                         struct pv_http_request *request, struct pv_http_answer *answer)
{
    bool waits;

    endpoints->lines_before = endpoints->to_spool.lines.length;
    endpoints->count_before = endpoints->to_spool.count;
    memset(endpoints->found, 0, sizeof endpoints->found);
    route->handle(endpoints, request, answer);
    waits = endpoints->to_spool.count > endpoints->count_before;
    if (!waits) {
        count(endpoints->metrics, endpoints->found);
        return false;
    }
    for (int reason = 0; reason < PV_REASON_COUNT; reason++)
        endpoints->waiting[reason] += endpoints->found[reason];
    return true;
}

bool pv_endpoints_are_full(const struct pv_endpoints *endpoints)
{
    return endpoints->to_spool.lines.length >= LINES_MAX;
}

bool pv_endpoints_flush(struct pv_endpoints *endpoints)
{
    enum pv_spool_result result = pv_hit_to_spool_flush(&endpoints->to_spool);

    if (result == PV_SPOOL_FAILED)
        pv_log(PV_LOG_ERROR, "spool_failed", PV_TEXT("source", "http"),
               PV_TEXT("error", strerror(errno)));
    else if (result == PV_SPOOL_FULL)
        pv_log(PV_LOG_WARN, "spool_full", PV_TEXT("source", "http"));
    if (result == PV_SPOOL_OK)
        count(endpoints->metrics, endpoints->waiting);
    else
        pv_metric_add(&endpoints->metrics->refused, taken(endpoints->waiting));
    memset(endpoints->waiting, 0, sizeof endpoints->waiting);
    return result == PV_SPOOL_OK;
}
