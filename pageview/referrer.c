#include "pageview/referrer.h"

#include "pageview/utf8.h"

static const struct pv_text absent = {NULL, 0};

static bool ends_authority(char c)
{
    return c == '/' || c == '?' || c == '#' || c == '\\';
}

struct pv_text pv_referrer_behind_scheme(struct pv_text url)
{
    size_t at = 0;

    while (at < url.length && url.data[at] != ':' && !ends_authority(url.data[at]))
        at++;
    if (at == 0 || url.length - at < 3 || memcmp(url.data + at, "://", 3) != 0)
        return absent;
    return (struct pv_text){url.data + at + 3, url.length - at - 3};
}

/* Without user and port. */
static struct pv_text find_host(struct pv_text rest)
{
    size_t begin = 0, end = 0;
    const char *stop;
    struct pv_text host;

    for (; end < rest.length && !ends_authority(rest.data[end]); end++)
        if (rest.data[end] == '@')
            begin = end + 1;
    if (begin == end)
        return absent;
    host = (struct pv_text){rest.data + begin, end - begin};
    if (host.data[0] == '[') {
        stop = memchr(host.data, ']', host.length);
        return stop != NULL ? (struct pv_text){host.data, (size_t)(stop + 1 - host.data)} : absent;
    }
    stop = memchr(host.data, ':', host.length);
    if (stop != NULL)
        host.length = (size_t)(stop - host.data);
    return host;
}

struct pv_text pv_referrer_host(struct pv_text rest, char room[PV_REFERRER_SIZE_MAX])
{
    struct pv_text host = find_host(rest);

    if (host.length == 0 || host.length > PV_REFERRER_SIZE_MAX ||
        !pv_utf8_is_printable(host.data, host.length))
        return absent;
    for (size_t i = 0; i < host.length; i++) {
        room[i] = host.data[i];
        if (room[i] >= 'A' && room[i] <= 'Z')
            room[i] = (char)(room[i] - 'A' + 'a');
    }
    return (struct pv_text){room, host.length};
}
