#include "pageview/reader_connection.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pageview/address.h"
#include "pageview/bucket.h"

static const char default_address[] = "127.0.0.1:6379";
static const char default_prefix[] = "pv:";

/* hiredis writes with write(2), so a lost connection raises SIGPIPE, which ends a program that does
 * not expect it. A library cannot ask for a handler: it holds the signal back in this thread while
 * it writes, and takes it away. */
struct held_back {
    sigset_t mask_before;
    bool was_pending;
};

static sigset_t only_sigpipe(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    return set;
}

static void hold_back_sigpipe(struct held_back *held)
{
    sigset_t set = only_sigpipe(), pending;

    sigemptyset(&pending);
    sigpending(&pending);
    held->was_pending = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &set, &held->mask_before);
}

static void let_go_sigpipe(const struct held_back *held)
{
    static const struct timespec at_once = {0, 0};
    sigset_t set = only_sigpipe();

    if (!held->was_pending)
        (void)sigtimedwait(&set, NULL, &at_once);
    pthread_sigmask(SIG_SETMASK, &held->mask_before, NULL);
}

static bool is_address(const char *text)
{
    struct pv_address address;

    if (strncmp(text, "unix:", 5) == 0)
        return text[5] != '\0';
    return pv_address_parse(text, strlen(text), &address);
}

/* Copies `text`, or `fallback` when it is NULL; false when memory is out. */
static bool copy_text(const char **copy, const char *text, const char *fallback)
{
    if (text == NULL)
        text = fallback;
    *copy = text != NULL ? strdup(text) : NULL;
    return *copy != NULL || text == NULL;
}

static enum pv_status fill(struct pv_reader *reader, const struct pv_reader_options *options,
                           struct pv_error *error)
{
    struct pv_redis_options *own = &reader->options;

    reader->c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (reader->c_locale == (locale_t)0 ||
        !copy_text(&own->address, options->address, default_address) ||
        !copy_text(&own->user, options->user, NULL) ||
        !copy_text(&own->password_file, options->password_file, NULL) ||
        !copy_text(&own->prefix, options->prefix, default_prefix))
        return pv_error_nomem(error, "the reader");
    if (!is_address(own->address))
        return pv_error_set(
            error, PV_INVALID,
            "address %s: takes HOST:PORT with a port of 1 to 65535 (an IPv6 HOST in "
            "brackets), or unix:PATH",
            own->address);
    return pv_redis_new(own, &reader->redis, error);
}

enum pv_status pv_reader_new(const struct pv_reader_options *options, struct pv_reader **reader,
                             struct pv_error *error)
{
    static const struct pv_reader_options defaults = {0};
    struct pv_reader *made = calloc(1, sizeof *made);
    enum pv_status status;

    if (made == NULL)
        return pv_error_nomem(error, "the reader");
    status = fill(made, options != NULL ? options : &defaults, error);
    if (status == PV_OK)
        *reader = made;
    else
        pv_reader_destroy(made);
    return status;
}

void pv_reader_destroy(struct pv_reader *reader)
{
    if (reader == NULL)
        return;
    pv_redis_destroy(reader->redis);
    free((void *)reader->options.address);
    free((void *)reader->options.user);
    free((void *)reader->options.password_file);
    free((void *)reader->options.prefix);
    if (reader->c_locale != (locale_t)0)
        freelocale(reader->c_locale);
    free(reader);
}

enum pv_status pv_reader_ask(struct pv_reader *reader, int count, const char **arguments,
                             struct pv_redis_reply **reply, struct pv_error *error)
{
    struct held_back held;
    enum pv_status status;

    hold_back_sigpipe(&held);
    status = pv_redis_command(reader->redis, count, arguments, NULL, reply, error);
    let_go_sigpipe(&held);
    return status;
}

enum pv_status pv_reader_ask_key(struct pv_reader *reader, const char *command, const char *key,
                                 struct pv_redis_reply **reply, struct pv_error *error)
{
    const char *arguments[2] = {command, key};

    return pv_reader_ask(reader, 2, arguments, reply, error);
}

enum pv_status pv_reader_ask_many(struct pv_reader *reader, size_t count, int width,
                                  const char **arguments, struct pv_redis_reply **replies,
                                  struct pv_error *error)
{
    struct held_back held;
    enum pv_status status = PV_OK;

    for (size_t i = 0; i < count; i++)
        replies[i] = NULL;
    hold_back_sigpipe(&held);
    for (size_t i = 0; i < count && status == PV_OK; i++)
        status = pv_redis_send(reader->redis, width, arguments + i * (size_t)width, NULL, error);
    for (size_t i = 0; i < count && status == PV_OK; i++)
        status = pv_redis_receive(reader->redis, &replies[i], error);
    if (status != PV_OK) { /* or the answers that are still to come would be taken for others */
        pv_redis_disconnect(reader->redis);
        for (size_t i = 0; i < count; i++) {
            pv_redis_reply_destroy(replies[i]);
            replies[i] = NULL;
        }
    }
    let_go_sigpipe(&held);
    return status;
}

enum pv_status pv_reader_count_of(const struct pv_redis_reply *reply, const char *of,
                                  int64_t *count, struct pv_error *error)
{
    *count = pv_redis_reply_number(reply, -1);
    if (*count >= 0)
        return PV_OK;
    if (pv_redis_reply_text(reply, NULL) != NULL) /* not nil */
        return pv_error_set(error, PV_REFUSED, "Redis: %s: its value is no count", of);
    *count = 0;
    return PV_OK;
}

enum pv_status pv_reader_check_time(int64_t time_ms, struct pv_error *error)
{
    return time_ms >= 0 && time_ms < PV_TIME_LIMIT_MS
               ? PV_OK
               : pv_error_set(error, PV_INVALID, "time %lld: takes 0 to below 10^14 ms",
                              (long long)time_ms);
}

enum pv_status pv_reader_check_articles(size_t count, struct pv_error *error)
{
    return count <= PV_READER_ARTICLES_MAX
               ? PV_OK
               : pv_error_set(error, PV_INVALID, "%zu articles: takes %d at most", count,
                              PV_READER_ARTICLES_MAX);
}

enum pv_status pv_reader_other_shape(const char *command, const char *key, struct pv_error *error)
{
    return pv_error_set(error, PV_REFUSED, "Redis: %s %s: an answer of another shape", command,
                        key);
}
