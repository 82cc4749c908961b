#include "dashboard-export/serve/target.h"

#include <string.h>

#include "pageview/event.h"
#include "pageview/hex.h"
#include "pageview/utf8.h"

#define ARTICLES "articles/"
#define JSON     ".json"

/* One character of the path, of an escape or as it stands; -1 behind the end, -2 for none. An
 * escaped "/" would be a part of a name, and no name has one. */
static int next_character(const char **at)
{
    const char *text = *at;
    int high, low;

    if (text[0] == '\0')
        return -1;
    *at = text + 1;
    if (text[0] != '%')
        return (unsigned char)text[0];
    high = pv_hex_value(text[1]);
    low = high >= 0 ? pv_hex_value(text[2]) : -1;
    if (low < 0 || (high == 2 && low == 15))
        return -2;
    *at = text + 3;
    return high * 16 + low;
}

/* The path without its first "/", unescaped; 0 when it is none or does not fit. */
static size_t unescape(const char *url, char path[PV_LAYOUT_PATH_SIZE])
{
    size_t length = 0;
    int c;

    if (*url++ != '/')
        return 0;
    while ((c = next_character(&url)) != -1) {
        if (c <= 0 || c == '\\' || length + 1 >= PV_LAYOUT_PATH_SIZE)
            return 0;
        path[length++] = (char)c;
    }
    path[length] = '\0';
    return length;
}

/* Neither empty components nor any that begin with a dot. */
static bool is_plain(const char *path)
{
    for (const char *at = path; at != NULL; at = strchr(at, '/')) {
        at += at != path;
        if (*at == '.' || *at == '/' || *at == '\0')
            return false;
    }
    return true;
}

bool pv_target_article(const char *name, size_t name_length, char id[PV_SAFE_NAME_SIZE + 1],
                       size_t *length)
{
    char again[PV_SAFE_NAME_SIZE];
    size_t used = 0;

    if (name_length == 0 || name_length >= PV_SAFE_NAME_SIZE)
        return false;
    id[used++] = '/';
    for (size_t i = 0; i < name_length; i++) {
        bool begins = i == 0 || name[i - 1] == '/';
        bool ends = i + 1 == name_length || name[i + 1] == '/';

        if (name[i] == '~' && begins && !ends)
            return false; /* a hash */
        if (name[i] != '~' || !begins)
            id[used++] = name[i];
    }
    *length = used;
    if (used > PV_ARTICLE_SIZE_MAX)
        return false;
    /* Whether the name is written in the one way that names are. */
    return pv_safe_name(id, used, again) == name_length && memcmp(again, name, name_length) == 0;
}

static void find_kind(struct pv_target *target)
{
    const char *path = target->path, *name = path + sizeof ARTICLES - 1;
    size_t length = strlen(path), ends = sizeof ARTICLES - 1 + sizeof JSON - 1;

    target->kind = PV_TARGET_FILE;
    if (strcmp(path, "events") == 0)
        target->kind = PV_TARGET_EVENTS;
    else if (strcmp(path, PV_LAYOUT_LIVE) == 0)
        target->kind = PV_TARGET_LIVE;
    else if (length > ends && memcmp(path, ARTICLES, sizeof ARTICLES - 1) == 0 &&
             memcmp(path + length - (sizeof JSON - 1), JSON, sizeof JSON - 1) == 0 &&
             pv_target_article(name, length - ends, target->article, &target->article_length))
        target->kind = PV_TARGET_ARTICLE;
}

void pv_target_parse(const char *url, struct pv_target *target)
{
    size_t length;

    target->kind = PV_TARGET_NOTHING;
    target->article_length = 0;
    if (strcmp(url, "/") == 0)
        url = "/index.html";
    length = unescape(url, target->path);
    if (length > 0 && is_plain(target->path) && pv_utf8_is_printable(target->path, length))
        find_kind(target);
}
