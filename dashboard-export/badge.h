/* The number of an article's views as a picture, "87 views", for pages that can have no script.
 *
 * It is 20 pixels high, dark where the reader prefers that, and says its text to screen readers. It
 * loads nothing, not even a font. */
#ifndef DASHBOARD_EXPORT_BADGE_H
#define DASHBOARD_EXPORT_BADGE_H

#include <stdint.h>

#include "pageview/buffer.h"

/* No badge is larger, in bytes. */
#define PV_BADGE_SIZE_MAX 1024
/* What a word may have at most, in bytes and with its escapes; longer ones are cut between two
 * characters. */
#define PV_BADGE_WORD_MAX 64

/* What is counted, in the language of the site: "view" and "views". Any UTF-8. */
struct pv_badge_words {
    const char *one, *many;
};

extern const struct pv_badge_words pv_badge_english;

/* Appends the picture of `views` (>= 0). */
void pv_badge_write(struct pv_buffer *buffer, int64_t views, const struct pv_badge_words *words);

#endif
