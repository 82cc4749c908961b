#include "pageview/metrics.h"

#include <inttypes.h>
#include <string.h>

void pv_metrics_write(struct pv_buffer *buffer, const struct pv_metric *metrics, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct pv_metric *metric = &metrics[i];

        if (i == 0 || strcmp(metrics[i - 1].name, metric->name) != 0)
            pv_buffer_add_format(buffer, "# HELP %s %s\n# TYPE %s %s\n", metric->name, metric->help,
                                 metric->name, metric->type);
        if (metric->label != NULL)
            pv_buffer_add_format(buffer, "%s{%s=\"%s\"} %" PRId64 "\n", metric->name, metric->label,
                                 metric->label_value, pv_metric_get(metric->value));
        else
            pv_buffer_add_format(buffer, "%s %" PRId64 "\n", metric->name,
                                 pv_metric_get(metric->value));
    }
}
