#include "dashboard-export/article_pages.h"

/* Articles in the page that begins with article `first` of `count`. */
static size_t page_size(size_t first, size_t count)
{
    return count - first < PV_ARTICLE_PAGE ? count - first : PV_ARTICLE_PAGE;
}

enum pv_status pv_article_pages_ask(struct pv_redis *redis, const char *prefix, int64_t clock_ms,
                                    const struct pv_text *articles, size_t count,
                                    struct pv_error *error)
{
    enum pv_status status = PV_OK;

    for (size_t first = 0; first < count && status == PV_OK; first += PV_ARTICLE_PAGE)
        status = pv_article_page_ask(redis, prefix, clock_ms, articles + first,
                                     page_size(first, count), error);
    return status;
}

/* What was asked for is received to its end, also when a page of it failed. */
enum pv_status pv_article_pages_receive(struct pv_redis *redis, const struct pv_text *articles,
                                        size_t count, struct pv_article_pages *pages,
                                        struct pv_error *error)
{
    enum pv_status first_failure = PV_OK;

    pages->count = 0;
    for (size_t first = 0; first < count; first += PV_ARTICLE_PAGE) {
        struct pv_article_page *page = &pages->pages[first / PV_ARTICLE_PAGE];
        enum pv_status status =
            pv_article_page_receive(redis, articles + first, page_size(first, count), page,
                                    first_failure == PV_OK ? error : NULL);

        if (first_failure == PV_OK)
            first_failure = status;
        pages->count += page->count;
    }
    if (first_failure != PV_OK)
        pv_article_pages_clean_up(pages);
    return first_failure;
}

void pv_article_pages_clean_up(struct pv_article_pages *pages)
{
    for (size_t i = 0; i < PV_ARTICLE_PAGES; i++)
        pv_article_page_clean_up(&pages->pages[i]);
    pages->count = 0;
}

struct pv_article_page *pv_article_pages_of(struct pv_article_pages *pages, size_t i)
{
    return &pages->pages[i / PV_ARTICLE_PAGE];
}

struct pv_article_counts *pv_article_pages_at(struct pv_article_pages *pages, size_t i)
{
    return &pv_article_pages_of(pages, i)->counts[i % PV_ARTICLE_PAGE];
}
