#include "aggregator/ranker/standings.h"

#include <stdlib.h>
#include <string.h>

#include "pageview/keys.h"

enum { SECTION_PAGE = 1000, CAPACITY_MIN = 64 };

enum pv_status pv_standings_init(struct pv_standings *standings, size_t max_articles,
                                 size_t max_sections, struct pv_error *error)
{
    *standings = (struct pv_standings){
        .articles.max = max_articles < PV_NAME_NONE ? max_articles : PV_NAME_NONE - 1,
        .sections.max = max_sections,
        .section_articles = calloc(max_sections, sizeof *standings->section_articles)};
    if (standings->section_articles == NULL)
        return pv_error_nomem(error, "the ranking's sections");
    return PV_OK;
}

void pv_standings_clean_up(struct pv_standings *standings)
{
    pv_names_clean_up(&standings->articles);
    pv_names_clean_up(&standings->sections);
    free(standings->standings);
    free(standings->changed);
    free(standings->section_articles);
}

enum pv_status pv_standings_clear(struct pv_standings *standings, int64_t hour, const bool *keep,
                                  struct pv_error *error)
{
    struct pv_names kept = {.max = standings->sections.max};
    uint32_t number;

    for (size_t i = 0; i < standings->sections.count; i++)
        if (keep[i] &&
            pv_names_add(&kept, pv_names_text(&standings->sections, i), &number, error) != PV_OK) {
            pv_names_clean_up(&kept);
            return PV_NOMEM;
        }
    pv_names_clean_up(&standings->sections);
    standings->sections = kept;
    memset(standings->section_articles, 0, kept.max * sizeof *standings->section_articles);
    pv_names_clean_up(&standings->articles);
    standings->hour = hour;
    standings->changed_count = 0;
    standings->is_unsound = false;
    return PV_OK;
}

void pv_standings_enter_hour(struct pv_standings *standings)
{
    standings->hour++;
    for (size_t i = 0; i < standings->articles.count; i++)
        pv_sums_enter_hour(&standings->standings[i].sums, standings->hour);
}

void pv_standings_begin_read(struct pv_standings *standings)
{
    standings->read++;
}

/* As many as there are names have room. */
static enum pv_status grow(struct pv_standings *standings, struct pv_error *error)
{
    size_t capacity = standings->capacity == 0 ? CAPACITY_MIN : 2 * standings->capacity;
    struct pv_standing *grown = realloc(standings->standings, capacity * sizeof *grown);
    uint32_t *changed;

    if (grown == NULL)
        return pv_error_nomem(error, "articles to rank");
    standings->standings = grown;
    changed = realloc(standings->changed, capacity * sizeof *changed);
    if (changed == NULL)
        return pv_error_nomem(error, "articles to rank");
    standings->changed = changed;
    standings->capacity = capacity;
    return PV_OK;
}

/* Number of the article, which is added when it is new; PV_NAME_NONE: there is no room for it. */
static enum pv_status admit(struct pv_standings *standings, struct pv_text article,
                            uint32_t *number, struct pv_error *error)
{
    size_t before = standings->articles.count;
    enum pv_status status;

    if (before == standings->capacity && grow(standings, error) != PV_OK)
        return PV_NOMEM;
    status = pv_names_add(&standings->articles, article, number, error);
    if (status != PV_OK)
        return status;
    if (*number == PV_NAME_NONE)
        standings->articles_refused++;
    else if (*number == before)
        standings->standings[before] = (struct pv_standing){
            .read = standings->read - 1, .section = PV_NAME_NONE, .listed_section = PV_NAME_NONE};
    return PV_OK;
}

static bool is_ranked(struct pv_text article)
{
    static const char other[] = PV_ARTICLE_OTHER;

    return article.length > 0 &&
           (article.length != sizeof other - 1 || memcmp(article.data, other, article.length) != 0);
}

static int64_t bounded(int64_t views)
{
    if (views < 0)
        return 0;
    return views > PV_SUMS_COUNT_MAX ? PV_SUMS_COUNT_MAX : views;
}

static void change(struct pv_standings *standings, uint32_t number, unsigned windows, int64_t views,
                   int64_t of_hour)
{
    struct pv_standing *standing = &standings->standings[number];

    if (!pv_sums_add(&standing->sums, windows, views, of_hour, standings->hour))
        standings->is_unsound = true;
    standing->changed_windows = (uint8_t)(standing->changed_windows | windows);
    if (!standing->is_changed) {
        standing->is_changed = true;
        standings->changed[standings->changed_count++] = number;
    }
}

enum pv_status pv_standings_add(struct pv_standings *standings, const struct pv_cover_read *bucket,
                                int sign, struct pv_text article, int64_t views,
                                struct pv_error *error)
{
    uint32_t number = PV_NAME_NONE;
    enum pv_status status = PV_OK;

    if (!is_ranked(article) || views <= 0)
        return PV_OK;
    if (sign > 0)
        status = admit(standings, article, &number, error);
    else
        number = pv_names_find(&standings->articles, article);
    if (status != PV_OK)
        return status;
    if (number == PV_NAME_NONE) {
        /* An article that found no room stays out; any other one has these views in its sums. */
        if (standings->articles.count < standings->articles.max)
            standings->is_unsound = true;
        return PV_OK;
    }
    if (standings->standings[number].read == standings->read)
        return PV_OK;
    standings->standings[number].read = standings->read;
    change(standings, number, bucket->windows, sign * bounded(views), pv_cover_hour(bucket));
    return PV_OK;
}

enum pv_status pv_standings_set_open(struct pv_standings *standings, int64_t minute,
                                     struct pv_text article, int64_t views, struct pv_error *error)
{
    struct pv_standing *standing;
    uint32_t number, count = (uint32_t)bounded(views);
    size_t slot = (size_t)minute % 2;
    enum pv_status status;

    if (!is_ranked(article) || views <= 0)
        return PV_OK;
    status = admit(standings, article, &number, error);
    if (status != PV_OK || number == PV_NAME_NONE)
        return status;
    standing = &standings->standings[number];
    if (standing->open_minute[slot] != (uint32_t)minute) {
        standing->open_minute[slot] = (uint32_t)minute;
        standing->open_count[slot] = 0;
    }
    if (count < standing->open_count[slot])
        standings->is_unsound = true;
    if (count <= standing->open_count[slot])
        return PV_OK;
    change(standings, number, PV_WINDOWS_ALL, count - standing->open_count[slot],
           minute / PV_HOUR_MINUTES);
    standing->open_count[slot] = count;
    return PV_OK;
}

struct section_page {
    struct pv_standings *standings;
    const uint32_t *numbers;
    size_t count;
    struct pv_error *error;
    enum pv_status status;
};

static void take_section(void *context, size_t i, struct pv_text section)
{
    struct section_page *page = context;
    struct pv_standings *standings = page->standings;
    struct pv_standing *standing;
    uint32_t number = PV_NAME_NONE;

    if (page->status != PV_OK || i >= page->count)
        return;
    if (section.data != NULL && section.length > 0) {
        page->status = pv_names_add(&standings->sections, section, &number, page->error);
        if (page->status != PV_OK)
            return;
        if (number == PV_NAME_NONE)
            standings->sections_refused++;
    }
    standing = &standings->standings[page->numbers[i]];
    if (standing->section != PV_NAME_NONE)
        standings->section_articles[standing->section]--;
    if (number != PV_NAME_NONE)
        standings->section_articles[number]++;
    standing->section = number;
}

enum pv_status pv_standings_read_sections(struct pv_standings *standings,
                                          const struct pv_count_source *source,
                                          struct pv_error *error)
{
    struct pv_text asked[SECTION_PAGE];

    for (size_t at = 0; at < standings->changed_count; at += SECTION_PAGE) {
        struct section_page page = {standings, standings->changed + at,
                                    standings->changed_count - at, error, PV_OK};
        enum pv_status status;

        if (page.count > SECTION_PAGE)
            page.count = SECTION_PAGE;
        for (size_t i = 0; i < page.count; i++)
            asked[i] = pv_names_text(&standings->articles, page.numbers[i]);
        status =
            source->read_sections(source->context, asked, page.count, take_section, &page, error);
        if (status != PV_OK || page.status != PV_OK)
            return status != PV_OK ? status : page.status;
    }
    return PV_OK;
}

void pv_standings_settle(struct pv_standings *standings)
{
    for (size_t i = 0; i < standings->changed_count; i++) {
        struct pv_standing *standing = &standings->standings[standings->changed[i]];

        standing->is_changed = false;
        standing->changed_windows = 0;
    }
    standings->changed_count = 0;
}
