#include "producer/policy.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "pageview/article.h"
#include "pageview/referrer.h"
#include "pageview/utf8.h"
#include "producer/agent.h"
#include "producer/pattern.h"
#include "producer/visitor.h"

#define EXTENSION_MAX 5

struct pv_policy {
    struct pv_agent_classifier *agents;
    struct pv_pattern *article_pattern; /* NULL: everything is an article */
    const struct pv_list *keep_params;
    const struct pv_list *sites; /* NULL: every site */
    bool ignore_consent;
    struct pv_visitors *visitors; /* NULL: events have none */
    char article[PV_ARTICLE_SIZE_MAX];
    char referrer[PV_REFERRER_SIZE_MAX];
    char visitor[PV_VISITOR_LENGTH];
};

enum pv_status pv_policy_new(const struct pv_policy_options *options, struct pv_policy **policy,
                             struct pv_error *error)
{
    struct pv_policy *made = calloc(1, sizeof *made);
    const char *pattern = options->article_pattern;
    enum pv_status status;

    if (made == NULL)
        return pv_error_nomem(error, "the policy");
    made->keep_params = options->keep_params;
    if (options->sites != NULL && options->sites->count > 0)
        made->sites = options->sites;
    made->ignore_consent = options->ignore_consent;
    status = pv_agent_classifier_new(options->spiders_path, &made->agents, error);
    if (status == PV_OK && options->salts != NULL)
        status = pv_visitors_new(options->salts, &made->visitors, error);
    if (status == PV_OK && pattern != NULL) {
        status = pv_pattern_new(pattern, strlen(pattern), PV_PATTERN_UTF8, &made->article_pattern,
                                error);
        if (status == PV_INVALID)
            (void)pv_error_prefix(error, "--article-pattern");
    }
    if (status != PV_OK) {
        pv_policy_destroy(made);
        return status;
    }
    *policy = made;
    return PV_OK;
}

void pv_policy_destroy(struct pv_policy *policy)
{
    if (policy == NULL)
        return;
    pv_pattern_destroy(policy->article_pattern);
    pv_visitors_destroy(policy->visitors);
    pv_agent_classifier_destroy(policy->agents);
    free(policy);
}

static char lower(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    return c;
}

/* Without regard to ASCII case. */
static bool is_same(struct pv_text text, const char *name)
{
    size_t at = 0;

    while (at < text.length && name[at] != '\0' && lower(text.data[at]) == lower(name[at]))
        at++;
    return at == text.length && name[at] == '\0';
}

static bool is_listed_site(struct pv_text site, const struct pv_list *sites)
{
    for (size_t i = 0; i < sites->count; i++)
        if (is_same(site, sites->items[i]))
            return true;
    return false;
}

/* Sec-Purpose is a list with parameters ("prefetch;prerender"), and browsers add to it: so a word
 * counts wherever it stands. */
static bool is_ahead_of_time(struct pv_text purpose)
{
    static const char *const words[] = {"prefetch", "prerender"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t length = strlen(words[i]);

        for (size_t at = 0; at + length <= purpose.length; at++)
            if (is_same((struct pv_text){purpose.data + at, length}, words[i]))
                return true;
    }
    return false;
}

static int compare_extension(const void *key, const void *element)
{
    return strcmp(key, element);
}

static bool is_asset_extension(const char *extension, size_t length)
{
    /* Sorted: searched by halving. */
    static const char assets[][EXTENSION_MAX + 1] = {
        "7z",  "atom", "avi",  "avif", "bmp",  "bz2",   "css",  "deb", "dmg", "eot", "exe", "gif",
        "gz",  "ico",  "iso",  "jpeg", "jpg",  "js",    "json", "m4a", "map", "mjs", "mov", "mp3",
        "mp4", "ogg",  "otf",  "pdf",  "png",  "rar",   "rpm",  "rss", "svg", "tar", "tgz", "ttf",
        "txt", "wasm", "webm", "webp", "woff", "woff2", "xml",  "xz",  "zip"};
    char key[EXTENSION_MAX + 1] = {0};

    if (length == 0 || length > EXTENSION_MAX || memchr(extension, '\0', length) != NULL)
        return false;
    for (size_t i = 0; i < length; i++)
        key[i] = lower(extension[i]);
    return bsearch(key, assets, sizeof assets / sizeof assets[0], sizeof assets[0],
                   compare_extension) != NULL;
}

/* Judged by what is behind the last dot of the last name of the path, as it was sent. */
static bool is_asset(struct pv_text target)
{
    struct pv_text query, path = pv_article_path(target, &query);
    size_t length = 0;

    while (length < path.length) {
        char c = path.data[path.length - 1 - length];

        if (c == '/')
            return false;
        if (c == '.')
            return is_asset_extension(path.data + path.length - length, length);
        length++;
    }
    return false;
}

static struct pv_text if_printable(struct pv_text text)
{
    static const struct pv_text absent = {NULL, 0};

    return text.length > 0 && pv_utf8_is_printable(text.data, text.length) ? text : absent;
}

/* A headline that is cut still says what it is about. */
static struct pv_text title_of(struct pv_text title)
{
    title.length = pv_utf8_cut(title.data, title.length, PV_TITLE_SIZE_MAX);
    return if_printable(title);
}

/* A section that is cut would be another one. */
static struct pv_text section_of(struct pv_text section)
{
    if (section.length > PV_SECTION_SIZE_MAX)
        section.length = 0;
    return if_printable(section);
}

static struct pv_text visitor_of(struct pv_policy *policy, const struct pv_hit *hit)
{
    if (policy->visitors == NULL || !pv_visitors_write(policy->visitors, hit, policy->visitor))
        return (struct pv_text){NULL, 0};
    return (struct pv_text){policy->visitor, PV_VISITOR_LENGTH};
}

/* The reasons that need no look at the article; cheap ones. */
static enum pv_reason refuse_request(const struct pv_policy *policy, const struct pv_hit *hit)
{
    if (policy->sites != NULL && !is_listed_site(hit->site, policy->sites))
        return PV_REASON_other_site;
    if (hit->method.length != 3 || memcmp(hit->method.data, "GET", 3) != 0)
        return PV_REASON_method;
    if (hit->status != 200 && hit->status != 304)
        return PV_REASON_status;
    if (is_asset(hit->target))
        return PV_REASON_asset;
    if (is_ahead_of_time(hit->purpose))
        return PV_REASON_prefetch;
    if (hit->no_consent && !policy->ignore_consent)
        return PV_REASON_consent;
    return PV_REASON_NONE;
}

enum pv_reason pv_policy_apply(struct pv_policy *policy, const struct pv_hit *hit,
                               struct pv_event *event)
{
    struct pv_text article = {policy->article, 0};
    enum pv_reason reason = refuse_request(policy, hit);

    if (reason != PV_REASON_NONE)
        return reason;
    article.length = pv_article_canonical(hit->target.data, hit->target.length, policy->keep_params,
                                          policy->article);
    if (article.length == 0)
        return PV_REASON_bad_article;
    if (policy->article_pattern != NULL &&
        pv_pattern_search(policy->article_pattern, article) != PV_PATTERN_MATCH)
        return PV_REASON_not_article;
    *event = (struct pv_event){
        .article = article,
        .ts_ms = hit->ts_ms,
        .agent = pv_agent_classify(policy->agents, hit->user_agent),
        .visitor = visitor_of(policy, hit),
        .section = section_of(hit->section),
        .title = title_of(hit->title),
        .referrer = pv_referrer_host(pv_referrer_behind_scheme(hit->referrer), policy->referrer),
    };
    return PV_REASON_NONE;
}
