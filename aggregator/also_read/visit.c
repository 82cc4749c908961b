#include "aggregator/also_read/visit.h"

#include <string.h>

size_t pv_visit_pack(const struct pv_article_visit *visit, char out[PV_VISIT_SIZE_MAX])
{
    for (int i = 0; i < 8; i++)
        out[i] = (char)(visit->reader >> 8 * i & 0xff);
    out[8] = (char)(visit->article.length & 0xff);
    out[9] = (char)(visit->article.length >> 8);
    memcpy(out + PV_VISIT_HEAD, visit->article.data, visit->article.length);
    return PV_VISIT_HEAD + visit->article.length;
}

bool pv_visit_unpack(const char *bytes, size_t length, size_t *at, struct pv_article_visit *visit)
{
    const unsigned char *head = (const unsigned char *)bytes + *at;
    size_t size;

    if (length - *at < PV_VISIT_HEAD)
        return false;
    size = head[8] | (size_t)head[9] << 8;
    if (size == 0 || size > PV_ARTICLE_SIZE_MAX || size > length - *at - PV_VISIT_HEAD)
        return false;
    visit->reader = 0;
    for (int i = 0; i < 8; i++)
        visit->reader |= (uint64_t)head[i] << 8 * i;
    visit->article = (struct pv_text){bytes + *at + PV_VISIT_HEAD, size};
    *at += PV_VISIT_HEAD + size;
    return true;
}
