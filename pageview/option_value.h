/* The text of one option's value ↔ the field that holds it. Internal to pageview/options. */
#ifndef PAGEVIEW_OPTION_VALUE_H
#define PAGEVIEW_OPTION_VALUE_H

#include "pageview/options.h"

/* Parses `text` by the rules of `option` into its field of `options`. A list's item is added
 * at its end. On PV_INVALID `error` says what the option takes, without naming the option. */
enum pv_status pv_option_value_set(const struct pv_option *option, void *options, const char *text,
                                   struct pv_error *error) PV_MUST_CHECK;

/* Frees the field and makes it empty. */
void pv_option_value_clear(const struct pv_option *option, void *options);

enum pv_status pv_list_add(struct pv_list *list, const char *text,
                           struct pv_error *error) PV_MUST_CHECK;
void pv_list_clear(struct pv_list *list);

#endif
