#include "dashboard-export/article_json.h"

#include <inttypes.h>

#include "pageview/event_json.h"
#include "pageview/reader.h"

const char *const pv_article_lists[PV_ARTICLE_LISTS] = {PV_READER_LISTS};

static void write_number(struct pv_buffer *buffer, const char *name, int64_t number)
{
    pv_buffer_add_format(buffer, ",\"%s\":", name);
    if (number >= 0)
        pv_buffer_add_format(buffer, "%" PRId64, number);
    else
        pv_buffer_add_text(buffer, "null");
}

static void write_ranks(struct pv_buffer *buffer, const uint32_t ranks[PV_ARTICLE_LISTS])
{
    const char *separator = "";

    pv_buffer_add_text(buffer, ",\"ranks\":{");
    for (size_t i = 0; i < PV_ARTICLE_LISTS; i++) {
        if (ranks[i] == 0)
            continue;
        pv_buffer_add_format(buffer, "%s\"%s\":%" PRIu32, separator, pv_article_lists[i], ranks[i]);
        separator = ",";
    }
    pv_buffer_add_char(buffer, '}');
}

void pv_article_json(struct pv_buffer *buffer, const struct pv_snapshot_about *about,
                     int64_t clock_ms, const struct pv_article_counts *counts)
{
    pv_snapshot_write_about(buffer, about, "article/1");
    pv_buffer_add_text(buffer, ",\"article\":");
    pv_json_string_write(buffer, counts->article.data, counts->article.length);
    pv_snapshot_write_text(buffer, "title", counts->title);
    pv_snapshot_write_text(buffer, "section", counts->section);
    write_number(buffer, "total", counts->total);
    write_number(buffer, "today", counts->days[PV_ARTICLE_DAYS - 1]);
    write_number(buffer, "this_hour", counts->hours[PV_ARTICLE_HOURS - 1]);
    write_number(buffer, "visitors_today", counts->visitors);
    pv_snapshot_write_series(buffer, PV_BUCKET_HOUR, clock_ms, counts->hours, PV_ARTICLE_HOURS);
    pv_snapshot_write_series(buffer, PV_BUCKET_DAY, clock_ms, counts->days, PV_ARTICLE_DAYS);
    write_ranks(buffer, counts->ranks);
    pv_buffer_add_text(buffer, "}\n");
}
