/* The media type of a file, by the end of its name. */
#ifndef DASHBOARD_EXPORT_SERVE_MIME_H
#define DASHBOARD_EXPORT_SERVE_MIME_H

#include <stdbool.h>

struct pv_mime {
    const char *ending; /* ".json" */
    const char *type;
    const char *policy; /* Content-Security-Policy of what a browser runs; NULL: none */
    bool may_be_gzip;   /* a file of the same name and .gz may be sent instead */
};

/* Never NULL: what is not known is application/octet-stream. */
const struct pv_mime *pv_mime_of(const char *path);

#endif
