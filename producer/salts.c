#include "producer/salts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "pageview/bucket.h"
#include "pageview/event.h"
#include "pageview/log.h"

#define NAME_PREFIX "visitor-salt-"
#define NAME_SIZE   (sizeof NAME_PREFIX + PV_BUCKET_NAME_SIZE)
#define LOCK_NAME   "visitor-salt.lock"
#define NEW_NAME    "visitor-salt.new"

/* Yesterday, today, and tomorrow, whose first minutes may come early. */
#define DAYS 3

struct salt {
    int64_t day;
    bool is_known;
    unsigned char bytes[PV_SALT_SIZE];
};

struct pv_salts {
    const struct pv_clock *clock;
    int directory;
    pthread_mutex_t mutex; /* for what follows */
    int64_t today;         /* of the last look at the clock; -1: none yet */
    struct salt days[DAYS];
};

static void name_salt(int64_t day, char name[NAME_SIZE])
{
    char date[PV_BUCKET_NAME_SIZE];

    (void)pv_bucket_name(PV_BUCKET_DAY, day * PV_DAY_MS, date);
    snprintf(name, NAME_SIZE, "%s%s", NAME_PREFIX, date);
}

/* ---- Files ---- */

/* errno for what is said of a failure; 0 when the file is whole. EINVAL: it is not. */
static int load(int directory, const char *name, unsigned char bytes[PV_SALT_SIZE])
{
    unsigned char read_bytes[PV_SALT_SIZE + 1];
    int file = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t length;
    int failure;

    if (file < 0)
        return errno;
    length = read(file, read_bytes, sizeof read_bytes);
    failure = length < 0 ? errno : 0;
    (void)close(file); /* only read */
    if (failure == 0 && (length != PV_SALT_SIZE || sodium_is_zero(read_bytes, PV_SALT_SIZE)))
        failure = EINVAL;
    if (failure == 0)
        memcpy(bytes, read_bytes, PV_SALT_SIZE);
    sodium_memzero(read_bytes, sizeof read_bytes);
    return failure;
}

/* On the disk when it returns 0, under `name`, in place of whatever had that name. */
static int save(int directory, const char *name, const unsigned char bytes[PV_SALT_SIZE])
{
    int file, failure = 0;

    (void)unlinkat(directory, NEW_NAME, 0); /* of a program that was killed */
    file = openat(directory, NEW_NAME, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return errno;
    errno = EIO; /* of a short write, which does not set it */
    if (write(file, bytes, PV_SALT_SIZE) != PV_SALT_SIZE || fsync(file) != 0)
        failure = errno;
    if (close(file) != 0 && failure == 0)
        failure = errno;
    if (failure == 0 && renameat(directory, NEW_NAME, directory, name) != 0)
        failure = errno;
    if (failure == 0 && fsync(directory) != 0)
        failure = errno;
    if (failure != 0)
        (void)unlinkat(directory, NEW_NAME, 0);
    return failure;
}

/* The lock's file, to be closed, or -1 with errno. Held for as long as a small file is written. */
static int lock(int directory)
{
    int file = openat(directory, LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (file < 0)
        return -1;
    while (flock(file, LOCK_EX) != 0) {
        int failure = errno;

        if (failure == EINTR)
            continue;
        (void)close(file);
        errno = failure;
        return -1;
    }
    return file;
}

/* The salt that all programs on this directory agree on. Whoever has the lock looks again: the file
 * may have been made while it waited. `bytes` are random already: they are the salt if nobody has
 * made one, and also on failure, which the errno says. */
static int load_or_make(int directory, const char *name, unsigned char bytes[PV_SALT_SIZE])
{
    int failure = load(directory, name, bytes), lock_file;

    if (failure != ENOENT && failure != EINVAL)
        return failure;
    lock_file = lock(directory);
    if (lock_file < 0)
        return errno;
    failure = load(directory, name, bytes);
    if (failure == ENOENT || failure == EINVAL)
        failure = save(directory, name, bytes);
    (void)close(lock_file);
    return failure;
}

/* Names have the date in them, so older ones come first in their order. */
static void remove_older_than(int directory, const char *oldest_kept)
{
    int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = copy >= 0 ? fdopendir(copy) : NULL;
    const struct dirent *entry;

    if (stream == NULL) {
        if (copy >= 0)
            (void)close(copy);
        pv_log(PV_LOG_WARN, "old_salts_not_removed", PV_TEXT("error", strerror(errno)));
        return;
    }
    while ((entry = readdir(stream)) != NULL) {
        if (strncmp(entry->d_name, NAME_PREFIX, sizeof NAME_PREFIX - 1) != 0 ||
            strcmp(entry->d_name, oldest_kept) >= 0)
            continue;
        if (unlinkat(directory, entry->d_name, 0) != 0 && errno != ENOENT)
            pv_log(PV_LOG_WARN, "old_salts_not_removed", PV_TEXT("file", entry->d_name),
                   PV_TEXT("error", strerror(errno)));
    }
    (void)closedir(stream);
}

/* ---- Days ---- */

static void expire(struct pv_salts *salts, int64_t today)
{
    char oldest_kept[NAME_SIZE];

    if (today == salts->today)
        return;
    salts->today = today;
    for (size_t i = 0; i < DAYS; i++)
        if (salts->days[i].day < today - 1)
            sodium_memzero(&salts->days[i], sizeof salts->days[i]);
    name_salt(today > 0 ? today - 1 : 0, oldest_kept);
    remove_older_than(salts->directory, oldest_kept);
}

/* Fills the day's place; an errno when its salt is in memory alone. */
static int learn(struct pv_salts *salts, int64_t day)
{
    struct salt *salt = &salts->days[day % DAYS];
    char name[NAME_SIZE];

    if (salt->is_known && salt->day == day)
        return 0;
    name_salt(day, name);
    randombytes_buf(salt->bytes, sizeof salt->bytes);
    salt->day = day;
    salt->is_known = true;
    return load_or_make(salts->directory, name, salt->bytes);
}

bool pv_salts_of_day(struct pv_salts *salts, int64_t day, unsigned char salt[PV_SALT_SIZE])
{
    int64_t now_ms = pv_clock_now_ms(salts->clock), today = now_ms / PV_DAY_MS;
    int failure;

    pthread_mutex_lock(&salts->mutex);
    expire(salts, today);
    if (day < 0 || day < today - 1 || day > (now_ms + PV_FUTURE_MS) / PV_DAY_MS) {
        pthread_mutex_unlock(&salts->mutex);
        return false;
    }
    failure = learn(salts, day);
    memcpy(salt, salts->days[day % DAYS].bytes, PV_SALT_SIZE);
    pthread_mutex_unlock(&salts->mutex);
    if (failure != 0)
        pv_log(PV_LOG_WARN, "salt_not_saved", PV_TEXT("error", strerror(failure)),
               PV_TEXT("effect", "visitors of the day may be counted twice after a restart"));
    return true;
}

void pv_salts_expire(struct pv_salts *salts)
{
    int64_t today;

    if (salts == NULL)
        return;
    today = pv_clock_now_ms(salts->clock) / PV_DAY_MS;
    pthread_mutex_lock(&salts->mutex);
    expire(salts, today);
    pthread_mutex_unlock(&salts->mutex);
}

/* ---- Opening ---- */

static enum pv_status open_directory(const char *state_dir, int *directory, struct pv_error *error)
{
    if (mkdir(state_dir, 0750) == 0 || errno == EEXIST)
        *directory = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*directory < 0)
        return pv_error_set(error, PV_INVALID,
                            "--state-dir=%s: cannot be opened: %s: create it, and let this user "
                            "write there",
                            state_dir, strerror(errno));
    return PV_OK;
}

enum pv_status pv_salts_open(const char *state_dir, const struct pv_clock *clock,
                             struct pv_salts **salts, struct pv_error *error)
{
    struct pv_salts *made = calloc(1, sizeof *made);
    enum pv_status status;
    int64_t today = pv_clock_now_ms(clock) / PV_DAY_MS;
    int failure;

    if (made == NULL)
        return pv_error_nomem(error, "the visitors' salts");
    made->clock = clock;
    made->directory = -1;
    made->today = -1;
    (void)pthread_mutex_init(&made->mutex, NULL); /* cannot fail without attributes */
    if (sodium_init() < 0)
        status = pv_error_set(error, PV_IO, "libsodium finds no source of random bytes");
    else
        status = open_directory(state_dir, &made->directory, error);
    if (status == PV_OK) {
        expire(made, today);
        failure = learn(made, today);
        if (failure != 0)
            status = pv_error_set(error, PV_INVALID,
                                  "--state-dir=%s: cannot keep the visitors' salt there: %s: let "
                                  "this user read and write there",
                                  state_dir, strerror(failure));
    }
    if (status != PV_OK) {
        pv_salts_destroy(made);
        return status;
    }
    *salts = made;
    return PV_OK;
}

void pv_salts_destroy(struct pv_salts *salts)
{
    if (salts == NULL)
        return;
    if (salts->directory >= 0)
        (void)close(salts->directory);
    (void)pthread_mutex_destroy(&salts->mutex);
    sodium_memzero(salts, sizeof *salts);
    free(salts);
}
