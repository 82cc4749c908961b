#include "aggregator/visit_sets.h"

#include <inttypes.h>
#include <stdio.h>

#include "aggregator/hll_sketch.h"
#include "aggregator/msgpack.h"
#include "pageview/bucket.h"
#include "pageview/keys.h"

/* A sketch costs Redis the same however many places it has, an element a microsecond. Where there
 * is no key yet the sketch becomes its value; elsewhere it has to be merged, which is dearer. */
enum { SKETCH_FROM_NEW = 3, SKETCH_FROM = 256 };

int64_t pv_visit_set_expires_ms(uint32_t minute, bool of_site)
{
    int64_t start_ms = (int64_t)minute * PV_MINUTE_MS;

    return of_site ? start_ms + PV_MINUTE_MS + PV_KEEP_MINUTE_VISITORS_MS
                   : start_ms + PV_DAY_MS + PV_KEEP_DAY_VISITORS_MS;
}

static uint32_t write_sketch(struct pv_buffer *bytes, const struct pv_hll_place *places,
                             size_t count)
{
    char sketch[PV_HLL_SKETCH_MAX];

    pv_msgpack_number(bytes, 0);
    pv_msgpack_text(bytes, sketch, (uint16_t)pv_hll_sketch_write(places, count, sketch));
    return 2;
}

static uint32_t write_elements(struct pv_buffer *bytes, const struct pv_hll_place *places,
                               size_t count)
{
    pv_msgpack_number(bytes, count);
    for (size_t i = 0; i < count; i++) {
        unsigned char element[PV_HLL_ELEMENT_SIZE];

        pv_hll_element_of(places[i], element);
        pv_msgpack_text(bytes, (const char *)element, sizeof element);
    }
    return 1 + (uint32_t)count;
}

uint32_t pv_visit_set_write(struct pv_buffer *bytes, const char *prefix,
                            const struct pv_visit_set *set, int64_t expiry_s,
                            const struct pv_hll_place *places, size_t count)
{
    int64_t time_ms = (int64_t)set->minute * PV_MINUTE_MS;
    char key[PV_KEY_SIZE], digits[24] = "";
    size_t length = set->article == 0 ? pv_key_site_visitors(prefix, time_ms, key)
                                      : pv_key_visitors_stem(prefix, time_ms, key);
    int size = set->is_new ? snprintf(digits, sizeof digits, "%" PRId64, expiry_s) : 0;

    pv_msgpack_text(bytes, key, (uint16_t)length);
    pv_msgpack_number(bytes, set->article);
    pv_msgpack_text(bytes, digits, (uint16_t)size);
    if (count >= (set->is_new && !set->exists ? SKETCH_FROM_NEW : SKETCH_FROM))
        return 3 + write_sketch(bytes, places, count);
    return 3 + write_elements(bytes, places, count);
}
