/* Articles whose files are published together, by a thread of their own: the disk is waited for
 * while the files of others are made, or Redis is asked for something else. */
#ifndef DASHBOARD_EXPORT_ARTICLE_CHUNK_H
#define DASHBOARD_EXPORT_ARTICLE_CHUNK_H

#include <pthread.h>

#include "dashboard-export/article_batch.h"

enum { PV_CHUNK_FILES = 3, PV_CHUNK_MAX = PV_BATCH_MAX / PV_CHUNK_FILES };

/* All zero but for the batch's directory is empty. */
struct pv_article_chunk {
    struct pv_batch batch;
    size_t count;              /* articles */
    bool failed[PV_CHUNK_MAX]; /* those of which a file could not be written */
    struct pv_error failure;   /* the first of them; PV_OK when none failed */
    int64_t written, bytes;
    pthread_t thread; /* until it is joined, only it uses the chunk, but for `count` */
    bool has_thread;
};

/* Waits until it is published, if it is to be. */
void pv_article_chunk_clean_up(struct pv_article_chunk *chunk);

/* Empties it. */
void pv_article_chunk_open(struct pv_article_chunk *chunk);

/* Begins to show its files to readers; where there is no thread for it, all is done on return. */
void pv_article_chunk_publish(struct pv_article_chunk *chunk);

/* Waits until that is done: `failed`, `failure`, `written` and `bytes` say what became of it. */
void pv_article_chunk_await(struct pv_article_chunk *chunk);

#endif
