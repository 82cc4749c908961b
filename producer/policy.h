/* From a hit to a view, or to the first reason why it is none (docs/policy.md). A pure function:
 * what it gives depends on the hit and on the options alone, and a visitor on the day's salt. */
#ifndef PRODUCER_POLICY_H
#define PRODUCER_POLICY_H

#include <stdbool.h>

#include "pageview/event.h"
#include "pageview/options.h"
#include "pageview/reason.h"
#include "pageview/status.h"
#include "producer/hit.h"
#include "producer/salts.h"

struct pv_policy_options {
    const char *article_pattern;       /* PCRE2, matched against the id; NULL: all are articles */
    const struct pv_list *keep_params; /* see article.h; NULL for none */
    const char *spiders_path;          /* see agent.h */
    const struct pv_list *sites; /* hosts, in any case, without ports; NULL or empty: every site */
    bool ignore_consent;         /* views count though the reader asked not to be counted */
    struct pv_salts *salts; /* NULL: events have no visitor; shared by any number of policies */
};

struct pv_policy;

/* `options` is only read during the call, but its lists have to stay in place, and the salts to
 * outlive the policy.
 * PV_INVALID names the option and the position of a bad pattern, or the file and the line.
 * The caller destroys `*policy`. About 2 MiB, and 1.1 MiB more with salts. For one thread at a
 * time. */
enum pv_status pv_policy_new(const struct pv_policy_options *options, struct pv_policy **policy,
                             struct pv_error *error) PV_MUST_CHECK;

/* NULL is fine. */
void pv_policy_destroy(struct pv_policy *policy);

/* PV_REASON_NONE when the hit is a view: then `*event` has its article, ts_ms, agent (user or
 * spider) and, where there is one:
 * - the host of the referrer, if that is a URL;
 * - the visitor (visitor.h);
 * - the title, cut to PV_TITLE_SIZE_MAX bytes at a character, and the section, if it has no more
 *   than PV_SECTION_SIZE_MAX, each only if it is printable UTF-8.
 * The texts live in `policy`, until its next use, or are the hit's. Address and user agent are in
 * none of them.
 *
 * Otherwise the first of other_site, method, status, asset, prefetch, consent, bad_article and
 * not_article that applies, and `*event` is left alone. */
enum pv_reason pv_policy_apply(struct pv_policy *policy, const struct pv_hit *hit,
                               struct pv_event *event);

#endif
