#include "dashboard-export/archive_file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dashboard-export/gzip.h"

/* A chunk has a line more than this at most. Names are all over the memory: they are asked for some
 * lines before. */
enum { CHUNK_SIZE = 65536, AHEAD = 12 };

/* The text as chunks of whole lines. The first chunk begins with the stamp. */
struct text {
    const struct pv_snapshot_about *about;
    const struct pv_count_list *articles;
    size_t next;
    bool begun;
    struct pv_buffer chunk;
};

/* Makes the next chunk; an empty one is the end. */
static enum pv_status next_chunk(struct text *text, struct pv_error *error)
{
    pv_buffer_reset(&text->chunk);
    if (!text->begun)
        pv_snapshot_archive_head(&text->chunk, text->about, text->articles->count);
    text->begun = true;
    while (text->next < text->articles->count && text->chunk.length < CHUNK_SIZE) {
        if (text->next + AHEAD < text->articles->count)
            __builtin_prefetch(text->articles->items[text->next + AHEAD].name);
        pv_snapshot_archive_line(&text->chunk, &text->articles->items[text->next++]);
    }
    return text->chunk.failed ? pv_error_nomem(error, "the list of all articles") : PV_OK;
}

/* True when the old file's text goes on with this chunk. `old` has its size at least. */
static bool old_goes_on_with(struct pv_gzip_reader *reader, const struct pv_buffer *chunk,
                             bool first, char *old)
{
    char time[PV_TIME_TEXT_SIZE];
    size_t got, skip = first ? PV_SNAPSHOT_STAMP_SIZE : 0;

    return pv_gzip_read(reader, old, chunk->length, &got) && got == chunk->length &&
           (!first || pv_snapshot_stamp_read(old, got, time)) &&
           memcmp(old + skip, chunk->data + skip, got - skip) == 0;
}

static enum pv_status compare(struct pv_gzip_reader *reader, struct text *text, bool *same,
                              struct pv_error *error)
{
    struct pv_buffer old = {0};
    enum pv_status status;
    char beyond;
    size_t got = 0;

    do {
        bool first = !text->begun;

        pv_buffer_reset(&old);
        status = next_chunk(text, error);
        *same = status == PV_OK && pv_buffer_reserve(&old, text->chunk.length + 1) != NULL &&
                old_goes_on_with(reader, &text->chunk, first, old.data);
    } while (*same && text->chunk.length > 0);
    if (*same)
        *same = pv_gzip_read(reader, &beyond, 1, &got) && got == 0;
    pv_buffer_clean_up(&old);
    return status;
}

/* Most often the offsets in the first line differ, and no more than that is read. */
static enum pv_status is_there_already(const struct pv_directory *directory, struct text text,
                                       bool *same, int64_t *bytes, struct pv_error *error)
{
    int fd = openat(directory->fd, PV_LAYOUT_ARCHIVE, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct pv_gzip_reader *reader;
    enum pv_status status;
    struct stat file;

    *same = false;
    if (fd < 0)
        return PV_OK;
    if (fstat(fd, &file) != 0 || !S_ISREG(file.st_mode)) {
        close(fd);
        return PV_OK;
    }
    *bytes = (int64_t)file.st_size;
    reader = pv_gzip_reader_new(fd);
    if (reader == NULL)
        return pv_error_nomem(error, "decompression");
    status = compare(reader, &text, same, error);
    pv_buffer_clean_up(&text.chunk);
    pv_gzip_reader_destroy(reader);
    return status;
}

static enum pv_status write_compressed(void *context, const void *data, size_t length,
                                       struct pv_error *error)
{
    return pv_publication_write(context, data, length, error);
}

static enum pv_status write_all(struct pv_publication *publication, struct text text,
                                struct pv_error *error)
{
    const struct pv_gzip_sink sink = {write_compressed, publication};
    struct pv_gzip_writer *writer;
    enum pv_status status = pv_gzip_writer_new(&sink, &writer, error);

    if (status != PV_OK)
        return status;
    do {
        status = next_chunk(&text, error);
        if (status == PV_OK && text.chunk.length > 0)
            status = pv_gzip_write(writer, text.chunk.data, text.chunk.length, error);
    } while (status == PV_OK && text.chunk.length > 0);
    if (status == PV_OK)
        status = pv_gzip_finish(writer, error);
    pv_buffer_clean_up(&text.chunk);
    pv_gzip_writer_destroy(writer);
    return status;
}

enum pv_status pv_archive_file_publish(const struct pv_directory *directory,
                                       const struct pv_snapshot_about *about,
                                       const struct pv_count_list *articles,
                                       struct pv_published *published, struct pv_error *error)
{
    const struct text text = {.about = about, .articles = articles};
    struct pv_publication publication;
    enum pv_status status;
    bool same;

    *published = (struct pv_published){0};
    status = is_there_already(directory, text, &same, &published->bytes, error);
    if (status != PV_OK || same)
        return status;
    status = pv_publication_begin(directory, PV_LAYOUT_ARCHIVE, &publication, error);
    if (status != PV_OK)
        return status;
    status = write_all(&publication, text, error);
    if (status != PV_OK) {
        pv_publication_abandon(&publication);
        return status;
    }
    *published = (struct pv_published){.written = true, .bytes = publication.bytes};
    return pv_publication_finish(&publication, error);
}
