#include "producer/syslog/delivery.h"

#include "pageview/log.h"

void pv_syslog_note_bad(struct pv_syslog_delivery *delivery, enum pv_syslog_bad bad)
{
    pv_metric_add(&delivery->metrics->bad[bad], 1);
    pv_log(PV_LOG_WARN, "syslog_bad_message", PV_TEXT("reason", pv_syslog_bad_name(bad)),
           PV_TEXT("why", pv_syslog_bad_help(bad)));
}

static void note_refused(struct pv_syslog_delivery *delivery)
{
    pv_metric_add(&delivery->metrics->refused, 1);
    pv_log(PV_LOG_WARN, "syslog_refused",
           PV_TEXT("why", "no room for a message that cannot wait; it is lost"));
}

bool pv_syslog_deliver(struct pv_syslog_delivery *delivery, const char *data, size_t length,
                       bool can_wait)
{
    struct pv_syslog_message message;
    enum pv_syslog_bad bad = pv_syslog_parse(data, length, &message);

    if (bad != PV_SYSLOG_GOOD) {
        pv_syslog_note_bad(delivery, bad);
    } else if (delivery->take(delivery->context, message.text, message.length) == PV_TAKE_DONE) {
        pv_metric_add(&delivery->metrics->messages, 1);
        pv_metric_add(&delivery->metrics->bytes, (int64_t)message.length);
    } else if (can_wait && !delivery->finishing) {
        return false;
    } else {
        note_refused(delivery);
    }
    return true;
}
