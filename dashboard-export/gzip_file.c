#include "dashboard-export/gzip_file.h"

#include <fcntl.h>
#include <unistd.h>

#include "dashboard-export/gzip.h"
#include "dashboard-export/layout.h"

bool pv_gzip_file_is_wanted(const struct pv_directory *directory, const char *path)
{
    return directory->gzip && pv_layout_is_json(path);
}

bool pv_gzip_file_is_there(const struct pv_directory *directory, const char *path)
{
    char compressed[PV_LAYOUT_GZIP_SIZE];

    if (!pv_gzip_file_is_wanted(directory, path))
        return true;
    pv_layout_gzip(path, compressed);
    return faccessat(directory->fd, compressed, F_OK, 0) == 0;
}

void pv_gzip_file_remove(const struct pv_directory *directory, const char *path)
{
    char compressed[PV_LAYOUT_GZIP_SIZE];

    if (directory->gzip || !pv_layout_is_json(path))
        return;
    pv_layout_gzip(path, compressed);
    unlinkat(directory->fd, compressed, 0); /* most often there is none */
}

static enum pv_status add(void *context, const void *data, size_t length, struct pv_error *error)
{
    struct pv_buffer *out = context;

    pv_buffer_add(out, data, length);
    return out->failed ? pv_error_nomem(error, "compression") : PV_OK;
}

enum pv_status pv_gzip_text_make(struct pv_gzip_text *made, const struct pv_buffer *text,
                                 struct pv_error *error)
{
    const struct pv_gzip_sink sink = {add, &made->out};
    enum pv_status status = PV_OK;

    pv_buffer_reset(&made->out);
    if (made->writer == NULL)
        status = pv_gzip_writer_new(&sink, &made->writer, error);
    else
        pv_gzip_restart(made->writer);
    if (status == PV_OK)
        status = pv_gzip_write(made->writer, text->data, text->length, error);
    return status == PV_OK ? pv_gzip_finish(made->writer, error) : status;
}

void pv_gzip_text_clean_up(struct pv_gzip_text *made)
{
    pv_gzip_writer_destroy(made->writer);
    pv_buffer_clean_up(&made->out);
    *made = (struct pv_gzip_text){0};
}
