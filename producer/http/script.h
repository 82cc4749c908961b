/* The script that pages load, built in from pv.js. */
#ifndef PRODUCER_HTTP_SCRIPT_H
#define PRODUCER_HTTP_SCRIPT_H

#include <stddef.h>

extern const char pv_script[]; /* ends with a NUL */
extern const size_t pv_script_size;
extern const char pv_script_etag[]; /* with its quotes */

#endif
