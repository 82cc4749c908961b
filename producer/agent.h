/* Who asked: a person's browser, or a robot that says so in its user agent. */
#ifndef PRODUCER_AGENT_H
#define PRODUCER_AGENT_H

#include "pageview/event.h"
#include "pageview/status.h"

struct pv_agent_classifier;

/* Reads patterns from the file at `patterns_path`: one PCRE2 pattern a line, matched anywhere in
 * the user agent's bytes, without regard to ASCII case; empty lines and lines that begin with `#`
 * are left out, as are blanks around a pattern. Groups do not capture.
 *
 * PV_INVALID names the file and the line of a bad pattern, or says why the file cannot be read.
 * The caller destroys `*classifier`. It uses about 2 MiB beside the patterns, and is for one
 * thread at a time. */
enum pv_status pv_agent_classifier_new(const char *patterns_path,
                                       struct pv_agent_classifier **classifier,
                                       struct pv_error *error) PV_MUST_CHECK;

/* NULL is fine. */
void pv_agent_classifier_destroy(struct pv_agent_classifier *classifier);

/* PV_AGENT_SPIDER when the user agent is empty, "-", or matches a pattern; PV_AGENT_USER when it
 * does not, or when user_agent.data is NULL (the log does not say). */
enum pv_agent pv_agent_classify(struct pv_agent_classifier *classifier, struct pv_text user_agent);

#endif
