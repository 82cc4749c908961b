/* An Apache LogFormat as a line pattern. */
#ifndef PRODUCER_FORMATS_APACHE_FORMAT_H
#define PRODUCER_FORMATS_APACHE_FORMAT_H

#include "producer/formats/line_pattern.h"

/* Adds the format, out of its quotes, to an empty pattern. `text` has to outlive it. PV_INVALID
 * names the directive or the form of time that is not understood, or what is missing. */
enum pv_status pv_apache_format_compile(struct pv_text text, struct pv_line_pattern *pattern,
                                        struct pv_error *error) PV_MUST_CHECK;

#endif
