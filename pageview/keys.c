#include "pageview/keys.h"

#include <inttypes.h>
#include <stdio.h>

#include "pageview/event.h"

static size_t name_key(const char *prefix, const char *name, const char *bucket,
                       char key[PV_KEY_SIZE])
{
    return (size_t)snprintf(key, PV_KEY_SIZE, "%.*s%s%s%s", PV_PREFIX_MAX, prefix, name,
                            bucket[0] != '\0' ? ":" : "", bucket);
}

static size_t name_bucket_key(const char *prefix, const char *name, enum pv_bucket_size size,
                              int64_t time_ms, char key[PV_KEY_SIZE])
{
    char bucket[PV_BUCKET_NAME_SIZE];

    pv_bucket_name(size, time_ms, bucket);
    return name_key(prefix, name, bucket, key);
}

size_t pv_key_views(const char *prefix, char key[PV_KEY_SIZE])
{
    return name_key(prefix, "views", "", key);
}

size_t pv_key_views_bucket(const char *prefix, enum pv_bucket_size size, int64_t time_ms,
                           char key[PV_KEY_SIZE])
{
    return name_bucket_key(prefix, "views", size, time_ms, key);
}

size_t pv_key_site(const char *prefix, int64_t time_ms, char key[PV_KEY_SIZE])
{
    return name_bucket_key(prefix, "site", PV_BUCKET_DAY, time_ms, key);
}

size_t pv_key_filtered(const char *prefix, int64_t time_ms, char key[PV_KEY_SIZE])
{
    return name_bucket_key(prefix, "filtered", PV_BUCKET_DAY, time_ms, key);
}

size_t pv_key_totals(const char *prefix, char key[PV_KEY_SIZE])
{
    return name_key(prefix, "totals", "", key);
}

size_t pv_key_offsets(const char *prefix, char key[PV_KEY_SIZE])
{
    return name_key(prefix, "offsets", "", key);
}

size_t pv_key_meta(const char *prefix, char key[PV_KEY_SIZE])
{
    return name_key(prefix, "meta", "", key);
}

size_t pv_key_buckets(const char *prefix, char key[PV_KEY_SIZE])
{
    return name_key(prefix, "buckets", "", key);
}

size_t pv_key_watermarks(const char *prefix, char key[PV_KEY_SIZE])
{
    return name_key(prefix, "watermarks", "", key);
}

size_t pv_key_repeats(const char *prefix, char key[PV_KEY_SIZE])
{
    return name_key(prefix, "repeats", "", key);
}

size_t pv_key_origins(const char *prefix, char key[PV_KEY_SIZE])
{
    return name_key(prefix, "origins", "", key);
}

size_t pv_key_waiting(const char *prefix, char key[PV_KEY_SIZE])
{
    return name_key(prefix, "waiting", "", key);
}

size_t pv_key_clock(const char *prefix, char key[PV_KEY_SIZE])
{
    return name_key(prefix, "clock", "", key);
}

size_t pv_key_sections(const char *prefix, char key[PV_KEY_SIZE])
{
    return name_key(prefix, "sections", "", key);
}

size_t pv_key_rankings(const char *prefix, char key[PV_KEY_SIZE])
{
    return name_key(prefix, "rankings", "", key);
}

size_t pv_key_ranker(const char *prefix, char key[PV_KEY_SIZE])
{
    return name_key(prefix, "ranker", "", key);
}

size_t pv_key_rebuilder(const char *prefix, char key[PV_KEY_SIZE])
{
    return name_key(prefix, "rebuilder", "", key);
}

size_t pv_key_visits(const char *prefix, char key[PV_KEY_SIZE])
{
    return name_key(prefix, "visits", "", key);
}

size_t pv_key_visits_key(const char *prefix, char key[PV_KEY_SIZE])
{
    return name_key(prefix, "visits_key", "", key);
}

size_t pv_key_also_counter(const char *prefix, char key[PV_KEY_SIZE])
{
    return name_key(prefix, "also_counter", "", key);
}

size_t pv_key_also_changed(const char *prefix, char key[PV_KEY_SIZE])
{
    return name_key(prefix, "also_changed", "", key);
}

size_t pv_key_trending(const char *prefix, const char *list, const char *section,
                       char key[PV_KEY_SIZE])
{
    return (size_t)snprintf(key, PV_KEY_SIZE, "%.*strending:%.16s%s%.*s", PV_PREFIX_MAX, prefix,
                            list, section != NULL ? ":section:" : "", PV_SECTION_SIZE_MAX,
                            section != NULL ? section : "");
}

size_t pv_key_article_stem(const char *prefix, char key[PV_KEY_SIZE])
{
    return (size_t)snprintf(key, PV_KEY_SIZE, "%.*sarticle:", PV_PREFIX_MAX, prefix);
}

size_t pv_key_also_stem(const char *prefix, char key[PV_KEY_SIZE])
{
    return (size_t)snprintf(key, PV_KEY_SIZE, "%.*salso:", PV_PREFIX_MAX, prefix);
}

size_t pv_key_visitors_stem(const char *prefix, int64_t time_ms, char key[PV_KEY_SIZE])
{
    size_t length = name_bucket_key(prefix, "visitors", PV_BUCKET_DAY, time_ms, key);

    key[length++] = ':';
    key[length] = '\0';
    return length;
}

size_t pv_key_site_visitors(const char *prefix, int64_t time_ms, char key[PV_KEY_SIZE])
{
    return name_bucket_key(prefix, "visitors", PV_BUCKET_MINUTE, time_ms, key);
}

size_t pv_key_shadow_prefix(const char *prefix, char key[PV_KEY_SIZE])
{
    return (size_t)snprintf(key, PV_KEY_SIZE, "%srebuild:", prefix);
}

size_t pv_offset_field(const char *topic, int32_t partition, char field[PV_OFFSET_FIELD_SIZE])
{
    return (size_t)snprintf(field, PV_OFFSET_FIELD_SIZE, "%.249s/%" PRId32, topic, partition);
}
