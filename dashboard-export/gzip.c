#include "dashboard-export/gzip.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

enum { BUFFER_SIZE = 65536, WINDOW_BITS_GZIP = 15 + 16, MEMORY_LEVEL = 8 };

struct pv_gzip_writer {
    struct pv_gzip_sink sink;
    z_stream stream;
    unsigned char output[BUFFER_SIZE];
};

enum pv_status pv_gzip_writer_new(const struct pv_gzip_sink *sink, struct pv_gzip_writer **writer,
                                  struct pv_error *error)
{
    struct pv_gzip_writer *made = calloc(1, sizeof *made);

    if (made == NULL)
        return pv_error_nomem(error, "compression");
    made->sink = *sink;
    /* Without deflateSetHeader the header's time is 0. */
    if (deflateInit2(&made->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, WINDOW_BITS_GZIP,
                     MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK) {
        free(made);
        return pv_error_nomem(error, "compression");
    }
    *writer = made;
    return PV_OK;
}

/* Gives zlib room until it has taken all input, and with Z_FINISH until all is out. */
static enum pv_status pump(struct pv_gzip_writer *writer, int flush, struct pv_error *error)
{
    size_t length;

    do {
        enum pv_status status;

        writer->stream.next_out = writer->output;
        writer->stream.avail_out = BUFFER_SIZE;
        if (deflate(&writer->stream, flush) == Z_STREAM_ERROR)
            return pv_error_set(error, PV_REFUSED, "compression went on after its end");
        length = BUFFER_SIZE - writer->stream.avail_out;
        status = writer->sink.write(writer->sink.context, writer->output, length, error);
        if (status != PV_OK)
            return status;
    } while (length == BUFFER_SIZE);
    return PV_OK;
}

enum pv_status pv_gzip_write(struct pv_gzip_writer *writer, const void *data, size_t length,
                             struct pv_error *error)
{
    writer->stream.next_in = (z_const Bytef *)data;
    writer->stream.avail_in = (uInt)length;
    return pump(writer, Z_NO_FLUSH, error);
}

enum pv_status pv_gzip_finish(struct pv_gzip_writer *writer, struct pv_error *error)
{
    return pump(writer, Z_FINISH, error);
}

void pv_gzip_restart(struct pv_gzip_writer *writer)
{
    deflateReset(&writer->stream);
}

void pv_gzip_writer_destroy(struct pv_gzip_writer *writer)
{
    if (writer == NULL)
        return;
    deflateEnd(&writer->stream);
    free(writer);
}

/* zlib's own file reader takes a file without its last bytes for a whole one. */
struct pv_gzip_reader {
    int fd;
    bool ended;
    z_stream stream;
    unsigned char input[BUFFER_SIZE];
};

struct pv_gzip_reader *pv_gzip_reader_new(int fd)
{
    struct pv_gzip_reader *reader = calloc(1, sizeof *reader);

    if (reader == NULL || inflateInit2(&reader->stream, WINDOW_BITS_GZIP) != Z_OK) {
        close(fd);
        free(reader);
        return NULL;
    }
    reader->fd = fd;
    return reader;
}

/* True when there is input to take; false at the end of the file, or when it cannot be read. */
static bool has_input(struct pv_gzip_reader *reader)
{
    ssize_t length = 0;

    if (reader->stream.avail_in > 0)
        return true;
    do
        length = read(reader->fd, reader->input, sizeof reader->input);
    while (length < 0 && errno == EINTR);
    reader->stream.next_in = reader->input;
    reader->stream.avail_in = length > 0 ? (uInt)length : 0;
    return length > 0;
}

bool pv_gzip_read(struct pv_gzip_reader *reader, void *data, size_t length, size_t *got)
{
    bool sound = true;

    reader->stream.next_out = data;
    reader->stream.avail_out = (uInt)length;
    while (sound && !reader->ended && reader->stream.avail_out > 0) {
        int result = has_input(reader) ? inflate(&reader->stream, Z_NO_FLUSH) : Z_DATA_ERROR;

        reader->ended = result == Z_STREAM_END;
        sound = reader->ended ? !has_input(reader) : result == Z_OK;
    }
    *got = length - reader->stream.avail_out;
    return sound;
}

void pv_gzip_reader_destroy(struct pv_gzip_reader *reader)
{
    if (reader == NULL)
        return;
    inflateEnd(&reader->stream);
    close(reader->fd);
    free(reader);
}
