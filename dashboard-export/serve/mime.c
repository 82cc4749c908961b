#include "dashboard-export/serve/mime.h"

#include <stddef.h>
#include <string.h>

/* The dashboard is files of this server and asks it alone; its icon is a data URL. */
#define PAGE_POLICY                                                                                \
    "default-src 'self'; img-src 'self' data:; "                                                   \
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

/* A badge, which pages of other sites may have in an <object>. */
#define PICTURE_POLICY "default-src 'none'; style-src 'unsafe-inline'"

static const struct pv_mime table[] = {
    {".json", "application/json", NULL, true},
    {".html", "text/html; charset=utf-8", PAGE_POLICY, false},
    {".js", "text/javascript; charset=utf-8", NULL, false},
    {".css", "text/css; charset=utf-8", NULL, false},
    {".svg", "image/svg+xml", PICTURE_POLICY, false},
    {".csv", "text/csv; charset=utf-8", NULL, false},
    {".txt", "text/plain; charset=utf-8", NULL, false},
    {".png", "image/png", NULL, false},
    {".ico", "image/x-icon", NULL, false},
    {".woff2", "font/woff2", NULL, false},
    {".gz", "application/gzip", NULL, false},
};

static const struct pv_mime unknown = {"", "application/octet-stream", NULL, false};

const struct pv_mime *pv_mime_of(const char *path)
{
    size_t length = strlen(path);

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        size_t end = strlen(table[i].ending);

        if (length > end && strcmp(path + length - end, table[i].ending) == 0)
            return &table[i];
    }
    return &unknown;
}
