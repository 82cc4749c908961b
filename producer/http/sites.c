#include "producer/http/sites.h"

#include <string.h>
#include <strings.h>

#define SITE_SIZE_MAX 253 /* a DNS name's */

/* What follows "http://" or "https://"; data NULL when it begins with neither. */
static struct pv_text behind_scheme(struct pv_text url)
{
    static const char *const schemes[] = {"http://", "https://"};

    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t length = strlen(schemes[i]);

        if (url.data != NULL && url.length >= length &&
            strncasecmp(url.data, schemes[i], length) == 0)
            return (struct pv_text){url.data + length, url.length - length};
    }
    return (struct pv_text){NULL, 0};
}

static bool ends_authority(char c)
{
    return c == '/' || c == '?' || c == '#' || c == '\\';
}

static size_t authority_length(struct pv_text rest)
{
    size_t length = 0;

    while (length < rest.length && !ends_authority(rest.data[length]))
        length++;
    return length;
}

/* What is in front of the port, or between brackets; length 0 when there is no such thing. */
static size_t host_length(const char *host, size_t length, char end)
{
    const char *stop = length > 0 ? memchr(host, end, length) : NULL;

    if (stop != NULL)
        return (size_t)(stop - host);
    return end == ':' ? length : 0;
}

struct pv_text pv_site_of_url(struct pv_text url)
{
    static const struct pv_text none = {NULL, 0};
    struct pv_text rest = behind_scheme(url), site;
    size_t length, start = 0;

    if (rest.data == NULL)
        return none;
    length = authority_length(rest);
    for (size_t i = 0; i < length; i++)
        if (rest.data[i] == '@')
            start = i + 1;
    site = (struct pv_text){rest.data + start, length - start};
    if (site.length > 0 && site.data[0] == '[') {
        site.data++;
        site.length = host_length(site.data, site.length - 1, ']');
    } else {
        site.length = host_length(site.data, site.length, ':');
    }
    return site.length > 0 && site.length <= SITE_SIZE_MAX ? site : none;
}

static bool equals(struct pv_text site, const char *name, size_t length)
{
    return site.length == length && strncasecmp(site.data, name, length) == 0;
}

static bool item_has(const char *item, struct pv_text site)
{
    size_t length = strlen(item);

    if (strncmp(item, "*.", 2) != 0)
        return equals(site, item, length);
    item += 2;
    length -= 2;
    if (site.length > length && site.data[site.length - length - 1] == '.')
        site = (struct pv_text){site.data + site.length - length, length};
    return equals(site, item, length);
}

bool pv_site_is_allowed(const struct pv_list *allowed, struct pv_text site)
{
    if (allowed == NULL || allowed->count == 0)
        return true;
    for (size_t i = 0; site.data != NULL && i < allowed->count; i++)
        if (item_has(allowed->items[i], site))
            return true;
    return false;
}

enum pv_cors pv_cors_of(const struct pv_list *allowed, struct pv_text origin)
{
    if (origin.data == NULL)
        return PV_CORS_NONE;
    if (allowed == NULL || allowed->count == 0)
        return PV_CORS_ANY;
    return pv_site_is_allowed(allowed, pv_site_of_url(origin)) ? PV_CORS_ECHO : PV_CORS_NONE;
}
