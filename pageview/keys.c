#include "pageview/keys.h"

#include <inttypes.h>
#include <stdio.h>

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

size_t pv_offset_field(const char *topic, int32_t partition, char field[PV_OFFSET_FIELD_SIZE])
{
    return (size_t)snprintf(field, PV_OFFSET_FIELD_SIZE, "%.249s/%" PRId32, topic, partition);
}
