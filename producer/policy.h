/* From a hit to a view, or to the first reason why it is none (docs/policy.md). A pure function:
 * what it gives depends on the hit and on the options alone. */
#ifndef PRODUCER_POLICY_H
#define PRODUCER_POLICY_H

#include "pageview/event.h"
#include "pageview/options.h"
#include "pageview/reason.h"
#include "pageview/status.h"
#include "producer/hit.h"

struct pv_policy_options {
    const char *article_pattern;       /* PCRE2, matched against the id; NULL: all are articles */
    const struct pv_list *keep_params; /* see article.h; NULL for none */
    const char *spiders_path;          /* see agent.h */
};

struct pv_policy;

/* `options` is only read during the call, but `options->keep_params` has to stay in place.
 * PV_INVALID names the option and the position of a bad pattern, or the file and the line.
 * The caller destroys `*policy`. For one thread at a time. */
enum pv_status pv_policy_new(const struct pv_policy_options *options, struct pv_policy **policy,
                             struct pv_error *error) PV_MUST_CHECK;

/* NULL is fine. */
void pv_policy_destroy(struct pv_policy *policy);

/* PV_REASON_NONE when the hit is a view: then `*event` has its article, ts_ms, agent (user or
 * spider) and, if the referrer is a URL, its host; the other fields are absent. The texts live
 * in `policy` until its next use. Otherwise the first of method, status, asset, bad_article and
 * not_article that applies, and `*event` is left alone. */
enum pv_reason pv_policy_apply(struct pv_policy *policy, const struct pv_hit *hit,
                               struct pv_event *event);

#endif
