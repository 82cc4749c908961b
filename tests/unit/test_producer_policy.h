/* A policy with one spider in its list, and hits for it to judge. */
#ifndef TEST_PRODUCER_POLICY_H
#define TEST_PRODUCER_POLICY_H

#include "test_pageview_support.h"

#include "producer/policy.h"

#define BROWSER "Mozilla/5.0 (X11; Linux x86_64; rv:27.0) Gecko/20100101 Firefox/27.0"

static char spiders_path[64];

static inline int write_spiders(void **state)
{
    (void)state;
    write_temporary_file(spiders_path, "bot\n", 4);
    return 0;
}

static inline int remove_spiders(void **state)
{
    (void)state;
    return unlink(spiders_path);
}

static inline struct pv_policy *policy_with(struct pv_policy_options options)
{
    struct pv_policy *policy;
    struct pv_error error;

    options.spiders_path = spiders_path;
    if (pv_policy_new(&options, &policy, &error) != PV_OK)
        fail_msg("%s", error.text);
    return policy;
}

static inline struct pv_policy *policy_of(const char *article_pattern,
                                          const struct pv_list *keep_params)
{
    return policy_with(
        (struct pv_policy_options){.article_pattern = article_pattern, .keep_params = keep_params});
}

static inline struct pv_text text(const char *bytes)
{
    return (struct pv_text){bytes, bytes == NULL ? 0 : strlen(bytes)};
}

static inline void assert_text(struct pv_text actual, const char *expected)
{
    if (actual.data == NULL || actual.length != strlen(expected) ||
        memcmp(actual.data, expected, actual.length) != 0)
        fail_msg("\"%.*s\" is not \"%s\"", (int)actual.length,
                 actual.data == NULL ? "" : actual.data, expected);
}

static inline struct pv_hit hit_of(const char *method, const char *target, int status)
{
    return (struct pv_hit){.ts_ms = 1431857103000,
                           .method = text(method),
                           .target = text(target),
                           .referrer = text("-"),
                           .user_agent = text(BROWSER),
                           .status = status};
}

static inline enum pv_reason reason_of(struct pv_policy *policy, const char *method,
                                       const char *target, int status)
{
    struct pv_hit hit = hit_of(method, target, status);
    struct pv_event event;

    return pv_policy_apply(policy, &hit, &event);
}

static inline enum pv_reason judge(struct pv_policy *policy, const struct pv_hit *hit)
{
    struct pv_event event;

    return pv_policy_apply(policy, hit, &event);
}

#endif
