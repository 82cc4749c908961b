#include "dashboard-export/ranks_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "dashboard-export/layout.h"
#include "dashboard-export/publish.h"
#include "pageview/keys.h"
#include "pageview/log.h"

static const char magic[] = "pageviews-ranks/1\n";

enum { MAGIC_SIZE = sizeof magic - 1, CHECKSUM_SIZE = 8 };

static void add_number(struct pv_buffer *out, uint64_t number, int bytes)
{
    for (int i = 0; i < bytes; i++)
        pv_buffer_add_char(out, (char)(number >> (8 * i) & 0xff));
}

static void add_text(struct pv_buffer *out, const char *text)
{
    add_number(out, strlen(text), 4);
    pv_buffer_add_text(out, text);
}

static void add_look(struct pv_buffer *out, const struct pv_look *look)
{
    add_number(out, (uint64_t)look->number, 8);
    add_number(out, look->count, 4);
    for (size_t i = 0; i < look->count; i++)
        add_number(out, look->articles[i], 8);
}

static void add_list(struct pv_buffer *out, const struct pv_ranked_list *list)
{
    uint64_t looks = 0;

    for (size_t i = 0; i < PV_RANKS_LOOKS; i++)
        looks += list->looks[i].articles != NULL;
    add_text(out, list->name);
    add_number(out, looks, 4);
    for (size_t i = 0; i < PV_RANKS_LOOKS; i++)
        if (list->looks[i].articles != NULL)
            add_look(out, &list->looks[i]);
}

void pv_ranks_seal(struct pv_buffer *out, size_t begin)
{
    if (!out->failed)
        add_number(out, XXH3_64bits(out->data + begin, out->length - begin), CHECKSUM_SIZE);
}

void pv_ranks_write(const struct pv_ranks *ranks, const char *prefix, struct pv_buffer *out)
{
    size_t begin = out->length;

    pv_buffer_add(out, magic, MAGIC_SIZE);
    add_text(out, prefix);
    add_number(out, ranks->count, 4);
    for (size_t i = 0; i < ranks->count; i++)
        add_list(out, &ranks->lists[i]);
    pv_ranks_seal(out, begin);
}

/* What is left to be read; `sound` becomes false where it ends too early. */
struct input {
    const unsigned char *at;
    size_t left;
    bool sound;
};

static const unsigned char *take(struct input *input, size_t length)
{
    const unsigned char *taken = input->at;

    if (!input->sound || length > input->left) {
        input->sound = false;
        return NULL;
    }
    input->at += length;
    input->left -= length;
    return taken;
}

static uint64_t number_at(const unsigned char *bytes, int count)
{
    uint64_t number = 0;

    for (int i = 0; i < count; i++)
        number |= (uint64_t)bytes[i] << (8 * i);
    return number;
}

static uint64_t take_number(struct input *input, int bytes)
{
    const unsigned char *taken = take(input, (size_t)bytes);

    return taken != NULL ? number_at(taken, bytes) : 0;
}

/* False when it is longer than names are. */
static bool take_text(struct input *input, char text[PV_KEY_SIZE])
{
    size_t length = take_number(input, 4);
    const unsigned char *taken = length < PV_KEY_SIZE ? take(input, length) : NULL;

    if (taken == NULL) {
        input->sound = false;
        return false;
    }
    memcpy(text, taken, length);
    text[length] = '\0';
    return true;
}

static void take_look(struct input *input, struct pv_ranks *ranks, struct pv_ranked_list *list)
{
    int64_t number = (int64_t)take_number(input, 8);
    size_t count = take_number(input, 4);
    const unsigned char *taken = take(input, 8 * count);
    uint64_t *articles;

    if (taken == NULL || number < 0)
        return;
    articles = pv_ranks_recall(ranks, list, number, count);
    for (size_t i = 0; articles != NULL && i < count; i++)
        articles[i] = number_at(taken + 8 * i, 8);
}

static enum pv_status take_list(struct input *input, struct pv_ranks *ranks, struct pv_error *error)
{
    struct pv_ranked_list *list;
    char name[PV_KEY_SIZE];
    uint64_t looks;

    if (!take_text(input, name))
        return PV_OK; /* the caller sees that it is not sound */
    list = pv_ranks_list(ranks, name);
    if (list == NULL)
        return pv_error_nomem(error, "the ranks of an hour ago");
    looks = take_number(input, 4);
    for (uint64_t i = 0; i < looks && input->sound; i++)
        take_look(input, ranks, list);
    return PV_OK;
}

static enum pv_status take_all(struct input *input, struct pv_ranks *ranks, const char *prefix,
                               struct pv_error *error)
{
    char found[PV_KEY_SIZE];
    enum pv_status status = PV_OK;
    uint64_t lists;

    if (take_text(input, found) && strcmp(found, prefix) != 0)
        return pv_error_set(error, PV_INVALID, "it is of --prefix=%s", found);
    lists = take_number(input, 4);
    for (uint64_t i = 0; i < lists && input->sound && status == PV_OK; i++)
        status = take_list(input, ranks, error);
    if (status == PV_OK && (!input->sound || input->left > 0))
        status = pv_error_set(error, PV_INVALID, "it is damaged");
    return status;
}

enum pv_status pv_ranks_read(struct pv_ranks *ranks, const char *prefix, const void *data,
                             size_t length, struct pv_error *error)
{
    const unsigned char *bytes = data;
    enum pv_status status;
    struct input input;

    if (length < MAGIC_SIZE + CHECKSUM_SIZE || memcmp(bytes, magic, MAGIC_SIZE) != 0)
        return pv_error_set(error, PV_INVALID, "it is of another version");
    length -= CHECKSUM_SIZE;
    if (number_at(bytes + length, CHECKSUM_SIZE) != XXH3_64bits(bytes, length))
        return pv_error_set(error, PV_INVALID, "it is damaged");
    input = (struct input){bytes + MAGIC_SIZE, length - MAGIC_SIZE, true};
    status = take_all(&input, ranks, prefix, error);
    if (status != PV_OK)
        pv_ranks_clean_up(ranks);
    ranks->unsaved = false;
    return status;
}

/* Reads the open file into `data`, which has `size` bytes. */
static bool read_whole(int fd, char *data, size_t size)
{
    size_t at = 0;

    while (at < size) {
        ssize_t length = pread(fd, data + at, size - at, (off_t)at);

        if (length < 0 && errno == EINTR)
            continue;
        if (length <= 0)
            return false;
        at += (size_t)length;
    }
    return true;
}

static enum pv_status read_file(struct pv_ranks *ranks, int fd, const char *prefix,
                                struct pv_error *error)
{
    enum pv_status status;
    struct stat file;
    char *data;

    if (fstat(fd, &file) != 0 || !S_ISREG(file.st_mode) || file.st_size > PV_RANKS_FILE_MAX)
        return pv_error_set(error, PV_INVALID, "it is no file of ranks");
    data = malloc((size_t)file.st_size + 1);
    if (data == NULL)
        return pv_error_nomem(error, "the ranks of an hour ago");
    if (read_whole(fd, data, (size_t)file.st_size))
        status = pv_ranks_read(ranks, prefix, data, (size_t)file.st_size, error);
    else
        status = pv_error_set(error, PV_INVALID, "it cannot be read");
    free(data);
    return status;
}

void pv_ranks_load(struct pv_ranks *ranks, const struct pv_directory *directory, const char *prefix)
{
    int fd = openat(directory->fd, PV_LAYOUT_RANKS, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    struct pv_error error;
    enum pv_status status = PV_OK;

    if (fd >= 0) {
        status = read_file(ranks, fd, prefix, &error);
        close(fd);
    } else if (errno != ENOENT) {
        status = pv_error_set(&error, PV_IO, "it cannot be opened: %s", strerror(errno));
    }
    if (status != PV_OK)
        pv_log(PV_LOG_WARN, "ranks_ignored", PV_TEXT("file", PV_LAYOUT_RANKS),
               PV_TEXT("error", error.text),
               PV_TEXT("effect", "\"change\" is null for an hour, then the file is made again"));
}

enum pv_status pv_ranks_save(struct pv_ranks *ranks, const struct pv_directory *directory,
                             const char *prefix, struct pv_error *error)
{
    struct pv_published published;
    struct pv_buffer text = {0};
    enum pv_status status;

    pv_ranks_write(ranks, prefix, &text);
    status = pv_publish_plain(directory, PV_LAYOUT_RANKS, &text, &published, error);
    pv_buffer_clean_up(&text);
    ranks->unsaved = status != PV_OK;
    return status;
}
