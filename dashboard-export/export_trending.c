#include "dashboard-export/export_trending.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "dashboard-export/count_list.h"
#include "dashboard-export/gzip_file.h"
#include "dashboard-export/index.h"
#include "dashboard-export/ranks_file.h"
#include "dashboard-export/safe_name.h"
#include "dashboard-export/tree.h"
#include "pageview/event.h"
#include "pageview/keys.h"
#include "pageview/log.h"
#include "pageview/stop.h"
#include "pageview/utf8.h"

/* Lists that are new between the looks at all of them are saved no more often than this. */
enum { SAVE_MS = 60000 };

#define FAMILY  "trending:"
#define SECTION ":section:"

/* Where a list is, and what it is called. */
struct place {
    char name[PV_KEY_SIZE]; /* as pv:rankings has it */
    const char *list;       /* of pv_dashboard_lists */
    const char *section;    /* NULL: the whole site; else in `name` */
    uint64_t stamp;         /* of its last change; 0: it is empty */
    char path[PV_LAYOUT_PATH_SIZE];
};

struct lists {
    struct pv_round *round;
    struct pv_count_list paths; /* of all lists that there are */
    struct pv_count_list sections;
};

static bool is_path_of_list(const struct lists *lists, const char *path, size_t length)
{
    return pv_count_list_has(&lists->paths, path, length);
}

/* Reads a name of pv:rankings; false when it is none of a section's list. */
static bool find_section(struct place *place)
{
    size_t family = strlen(FAMILY);

    if (strncmp(place->name, FAMILY, family) != 0)
        return false;
    for (size_t i = 0; pv_dashboard_lists[i] != NULL; i++) {
        size_t length = strlen(pv_dashboard_lists[i]);
        const char *rest = place->name + family + length;

        if (strncmp(place->name + family, pv_dashboard_lists[i], length) != 0 ||
            strncmp(rest, SECTION, strlen(SECTION)) != 0)
            continue;
        place->list = pv_dashboard_lists[i];
        place->section = rest + strlen(SECTION);
        return place->section[0] != '\0' && strlen(place->section) <= PV_SECTION_SIZE_MAX &&
               pv_utf8_is_valid(place->section, strlen(place->section));
    }
    return false;
}

static void lay_out(struct place *place)
{
    char safe[PV_SAFE_NAME_SIZE];

    if (place->section != NULL)
        pv_safe_section_name(place->section, strlen(place->section), safe);
    pv_layout_trending(place->list, place->section != NULL ? safe : NULL, place->path);
}

/* Nothing that the file says has changed since it was written. */
static bool is_written(const struct pv_round *round, const struct pv_ranked_list *ranked,
                       const struct place *place)
{
    return ranked->stamp == place->stamp && ranked->look == round->now_ms / PV_RANKS_LOOK_MS &&
           faccessat(round->exporter->directory.fd, place->path, F_OK, 0) == 0 &&
           pv_gzip_file_is_there(&round->exporter->directory, place->path);
}

static enum pv_status export_place(struct pv_round *round, struct pv_ranked_list *ranked,
                                   const struct place *place)
{
    const struct pv_dashboard_options *options = round->exporter->options;
    const struct pv_snapshot_stamp stamp = pv_round_stamp(round);
    size_t limit = options->limit < PV_TRENDING_MAX ? (size_t)options->limit : PV_TRENDING_MAX;
    int64_t failed = pv_metric_get(&round->exporter->progress->failed);
    struct pv_trending trending;
    struct pv_buffer text = {0};
    struct pv_error error;
    enum pv_status status = pv_trending_read(round->exporter->redis, options->redis.prefix,
                                             place->list, place->section, limit, &trending, &error);

    if (status != PV_OK)
        return pv_round_settle(round, place->path, status, NULL, &error);
    pv_ranks_remember(&round->exporter->ranks, ranked, round->now_ms, &trending);
    pv_snapshot_trending(&text, &stamp, place->list, place->section, &trending, ranked);
    pv_trending_clean_up(&trending);
    status = pv_round_publish(round, place->path, &text);
    if (status == PV_OK && pv_metric_get(&round->exporter->progress->failed) == failed) {
        ranked->stamp = place->stamp;
        ranked->look = round->now_ms / PV_RANKS_LOOK_MS;
    }
    return status;
}

static enum pv_status take_place(struct lists *lists, struct place *place)
{
    struct pv_round *round = lists->round;
    struct pv_ranked_list *ranked = pv_ranks_list(&round->exporter->ranks, place->name);
    const struct pv_published unchanged = {.written = false};
    struct pv_error error;
    enum pv_status status;

    lay_out(place);
    if (ranked == NULL) {
        status = pv_error_nomem(&error, "the ranks of an hour ago");
        return pv_round_settle(round, place->path, status, NULL, &error);
    }
    ranked->there = true;
    status = pv_count_list_add(&lists->paths, place->path, strlen(place->path), 1, &error);
    if (status != PV_OK)
        return pv_round_settle(round, place->path, status, NULL, &error);
    if (is_written(round, ranked, place))
        return pv_round_settle(round, place->path, PV_OK, &unchanged, &error);
    return export_place(round, ranked, place);
}

/* The stamp of a list in HGETALL pv:rankings as a number that is not 0; 0 when it has none. */
static uint64_t stamp_at(const struct pv_redis_reply *rankings, size_t i)
{
    size_t length = 0;
    const char *stamp = pv_redis_reply_text(pv_redis_reply_at(rankings, i + 1), &length);

    return stamp != NULL ? XXH3_64bits(stamp, length) | 1 : 0;
}

static uint64_t stamp_of(const struct pv_redis_reply *rankings, const char *name)
{
    for (size_t i = 0; i + 1 < pv_redis_reply_count(rankings); i += 2) {
        const char *found = pv_redis_reply_text(pv_redis_reply_at(rankings, i), NULL);

        if (found != NULL && strcmp(found, name) == 0)
            return stamp_at(rankings, i);
    }
    return 0;
}

static enum pv_status take_site(struct lists *lists, const struct pv_redis_reply *rankings)
{
    enum pv_status status = PV_OK;

    for (size_t i = 0; pv_dashboard_lists[i] != NULL && status == PV_OK; i++) {
        struct place place = {.list = pv_dashboard_lists[i]};

        snprintf(place.name, sizeof place.name, FAMILY "%s", place.list);
        place.stamp = stamp_of(rankings, place.name);
        status = take_place(lists, &place);
    }
    return status;
}

static enum pv_status take_section(struct lists *lists, struct place *place)
{
    struct pv_error error;
    enum pv_status status =
        pv_count_list_add(&lists->sections, place->section, strlen(place->section), 1, &error);

    if (status != PV_OK)
        return pv_round_settle(lists->round, place->path, status, NULL, &error);
    return take_place(lists, place);
}

static enum pv_status take_sections(struct lists *lists, const struct pv_redis_reply *rankings)
{
    enum pv_status status = PV_OK;

    for (size_t i = 0; i + 1 < pv_redis_reply_count(rankings) && status == PV_OK; i += 2) {
        size_t length = 0;
        const char *name = pv_redis_reply_text(pv_redis_reply_at(rankings, i), &length);
        struct place place = {.stamp = stamp_at(rankings, i)};

        if (pv_stop_requested())
            break;
        if (name == NULL || length >= sizeof place.name || strlen(name) != length)
            continue;
        memcpy(place.name, name, length + 1);
        if (find_section(&place))
            status = take_section(lists, &place);
    }
    return status;
}

/* For the index of this round and of those whose lists cannot be read. */
static void keep_sections(struct lists *lists)
{
    pv_count_list_finish(&lists->sections);
    pv_count_list_clean_up(&lists->round->exporter->sections);
    lists->round->exporter->sections = lists->sections;
    lists->sections = (struct pv_count_list){0};
}

/* Files that people put there stay: one of ours begins with a stamp. */
static bool is_ours(int fd, const char *name)
{
    int file = openat(fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    char time[PV_TIME_TEXT_SIZE];

    return file >= 0 && pv_index_read_stamp(file, pv_layout_is_gzip(name), time);
}

static enum pv_status retire(void *context, int fd, const char *path, const char *name,
                             struct pv_error *error)
{
    size_t length = strlen(path) - (pv_layout_is_gzip(name) ? strlen(".gz") : 0);

    (void)error;
    if (!pv_layout_is_snapshot(name) || is_path_of_list(context, path, length) ||
        !is_ours(fd, name))
        return PV_OK;
    if (unlinkat(fd, name, 0) == 0)
        pv_log(PV_LOG_INFO, "removed_retired", PV_TEXT("file", path));
    return PV_OK;
}

/* The directory of a section that is gone. One that has files stays: the kernel refuses it. */
static void remove_empty(void *context, int fd, const char *name)
{
    (void)context;
    unlinkat(fd, name, AT_REMOVEDIR);
}

static enum pv_status retire_others(struct lists *lists)
{
    static const struct pv_layout_directory place = {PV_LAYOUT_TRENDING, true, true};
    const struct pv_tree_visitor visitor = {retire, lists, remove_empty};
    const struct pv_published unchanged = {.written = false};
    struct pv_error error;
    enum pv_status status;

    pv_count_list_finish(&lists->paths);
    pv_ranks_forget_gone(&lists->round->exporter->ranks);
    status = pv_tree_walk(&lists->round->exporter->directory, &place, &visitor, &error);
    return status == PV_OK
               ? PV_OK
               : pv_round_settle(lists->round, PV_LAYOUT_TRENDING, status, &unchanged, &error);
}

/* What the exporter before this one saw. */
static void recall_ranks(struct pv_exporter *exporter)
{
    if (!exporter->ranks_loaded)
        pv_ranks_load(&exporter->ranks, &exporter->directory, exporter->options->redis.prefix);
    exporter->ranks_loaded = true;
}

static enum pv_status keep_ranks(struct pv_round *round)
{
    struct pv_exporter *exporter = round->exporter;
    bool waits = !exporter->options->once && exporter->ranks_saved_ms >= 0 &&
                 round->monotonic_ms - exporter->ranks_saved_ms < SAVE_MS;
    struct pv_error error;
    enum pv_status status;

    if (!exporter->ranks.unsaved || waits)
        return PV_OK;
    status = pv_ranks_save(&exporter->ranks, &exporter->directory, exporter->options->redis.prefix,
                           &error);
    if (status != PV_OK)
        return pv_round_settle(round, PV_LAYOUT_RANKS, status, NULL, &error);
    exporter->ranks_saved_ms = round->monotonic_ms;
    return PV_OK;
}

enum pv_status pv_export_trending(struct pv_round *round)
{
    struct lists lists = {.round = round};
    struct pv_redis_reply *rankings = NULL;
    char key[PV_KEY_SIZE];
    struct pv_error error;
    enum pv_status status;

    recall_ranks(round->exporter);
    pv_key_rankings(round->exporter->options->redis.prefix, key);
    status =
        pv_redis_command_texts(round->exporter->redis, &rankings, &error, "HGETALL", key, NULL);
    if (status != PV_OK)
        return pv_round_settle(round, PV_LAYOUT_TRENDING, status, NULL, &error);
    status = take_site(&lists, rankings);
    if (status == PV_OK)
        status = take_sections(&lists, rankings);
    if (status == PV_OK && !pv_stop_requested()) {
        keep_sections(&lists);
        status = retire_others(&lists);
    }
    if (status == PV_OK && !pv_stop_requested())
        status = keep_ranks(round);
    pv_count_list_clean_up(&lists.sections);
    pv_count_list_clean_up(&lists.paths);
    pv_redis_reply_destroy(rankings);
    return status;
}
