#include "producer/http/view.h"

#include <string.h>

#include "producer/http/clean_text.h"
#include "producer/http/sites.h"

/* The site of the page's URL, if that says it; a path alone leaves it to the browser's headers. */
static struct pv_text site_or_else(struct pv_text site, const struct pv_http_request *request)
{
    if (site.data == NULL)
        site = pv_site_of_url(request->origin);
    if (site.data == NULL)
        site = pv_site_of_url(request->referer);
    return site;
}

static enum pv_reason add(struct pv_endpoints *endpoints, const struct pv_http_request *request,
                          const struct pv_http_view *view)
{
    char title[PV_TITLE_SIZE_MAX], section[PV_SECTION_SIZE_MAX];
    const struct pv_text site = pv_site_of_url(view->url);
    const struct pv_hit hit = {
        .ts_ms = view->ts_ms,
        .method = {"GET", 3},
        .target = view->url,
        .referrer = view->referrer,
        .user_agent = view->is_robot ? (struct pv_text){"-", 1} : request->user_agent,
        .address = request->address,
        .site = site_or_else(site, request),
        .purpose = request->purpose,
        .title = pv_clean_text(view->title, title, sizeof title),
        .section = pv_clean_text(view->section, section, sizeof section),
        .no_consent = request->no_consent,
        .status = 200,
    };

    if (!pv_site_is_allowed(endpoints->allow_hosts, hit.site))
        return PV_REASON_not_allowed;
    /* A path, or a URL that a web server could have been asked for: file: and about: are not. */
    if (site.data == NULL && (view->url.length == 0 || view->url.data[0] != '/'))
        return PV_REASON_bad_article;
    return pv_hit_to_spool_add(&endpoints->to_spool, &hit);
}

enum pv_reason pv_http_view_add(struct pv_endpoints *endpoints,
                                const struct pv_http_request *request,
                                const struct pv_http_view *view)
{
    enum pv_reason reason =
        view->url.data == NULL ? PV_REASON_missing_article : add(endpoints, request, view);

    endpoints->found[reason]++;
    return reason;
}

void pv_http_view_reject(struct pv_endpoints *endpoints, enum pv_reason reason)
{
    endpoints->found[reason]++;
}

void pv_http_views_discard(struct pv_endpoints *endpoints)
{
    endpoints->to_spool.lines.length = endpoints->lines_before;
    endpoints->to_spool.count = endpoints->count_before;
    memset(endpoints->found, 0, sizeof endpoints->found);
}
