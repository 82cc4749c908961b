/* Where the ranker reads counts from: Redis, or a table in memory in tests. */
#ifndef AGGREGATOR_RANKER_COUNT_SOURCE_H
#define AGGREGATOR_RANKER_COUNT_SOURCE_H

#include "pageview/bucket.h"
#include "pageview/event.h"
#include "pageview/status.h"

/* One field of a bucket's hash. */
typedef void pv_take_count(void *context, struct pv_text article, int64_t count);
/* Section of the i-th article asked for; data is NULL when it has none. */
typedef void pv_take_section(void *context, size_t i, struct pv_text section);

/* Counters of what was ever committed under the prefix. */
struct pv_commit_marks {
    int64_t commits; /* all of them */
    int64_t
        late; /* those that touched a minute before the announced one, and swaps of all counts */
    /* Announcements, this one too. Another number than the next one says that counts may be other
     * ones: Redis was rolled back or emptied, or somebody else ranked. The other two alone would
     * not: what was lost comes again, and they with it, soon as high as before. */
    int64_t looks;
};

struct pv_count_source {
    /* Hands out every field of the bucket at least once; Redis may hand out one twice, with the
     * same or a newer count. A bucket that does not exist is empty. */
    enum pv_status (*read_bucket)(void *context, enum pv_bucket_size size, int64_t start_ms,
                                  pv_take_count *take, void *take_context, struct pv_error *error);
    /* Hands out the section of each of `count` articles. */
    enum pv_status (*read_sections)(void *context, const struct pv_text *articles, size_t count,
                                    pv_take_section *take, void *take_context,
                                    struct pv_error *error);
    /* Announces that minutes before `open_from_ms` are not read again, and reads the marks. A
     * commit that touches such a minute after this raises `late`; one before is visible to the next
     * read_bucket. */
    enum pv_status (*announce)(void *context, int64_t open_from_ms, struct pv_commit_marks *marks,
                               struct pv_error *error);
    void *context;
};

#endif
