/* What clients of --serve send. The first byte chooses: a path, a list of tags, a date, encodings.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dashboard-export/serve/conditional.h"
#include "dashboard-export/serve/target.h"
#include "fuzz.h"
#include "pageview/utf8.h"

#define ETAG "W/\"0123456789abcdef\""

static void expect_below(const char *path)
{
    fuzz_expect(path[0] != '\0' && path[0] != '/' && path[0] != '.', "a path begins with a name");
    fuzz_expect(strstr(path, "//") == NULL && strstr(path, "/.") == NULL,
                "no component is empty or hidden");
    fuzz_expect(path[strlen(path) - 1] != '/' && strchr(path, '\\') == NULL, "a path is a file's");
    fuzz_expect(pv_utf8_is_printable(path, strlen(path)), "a path is printable");
}

static void read_path(const char *text)
{
    char name[PV_SAFE_NAME_SIZE], path[PV_LAYOUT_PATH_SIZE];
    struct pv_target target;

    pv_target_parse(text, &target);
    if (target.kind == PV_TARGET_NOTHING)
        return;
    expect_below(target.path);
    if (target.kind != PV_TARGET_ARTICLE)
        return;
    pv_safe_name(target.article, target.article_length, name);
    snprintf(path, sizeof path, "articles/%s.json", name);
    fuzz_expect(strcmp(path, target.path) == 0, "an article's file is the one asked for");
}

static void read_date(const char *text)
{
    char again[PV_HTTP_DATE_SIZE];
    int64_t time_s;

    if (!pv_http_date_read(text, &time_s))
        return;
    pv_http_date_write(time_s, again);
    fuzz_expect(memcmp(again + 5, text + 5, sizeof again - 5) == 0, "a date is written as read");
}

static void read_tags(const char *text)
{
    fuzz_expect(!pv_has_already(text, NULL, ETAG, -1) || strchr(text, '*') != NULL ||
                    strstr(text, ETAG + 2) != NULL,
                "only who has the tag has the content");
}

static void read_encodings(const char *text)
{
    fuzz_expect(!pv_accepts_gzip(text) || strchr(text, '*') != NULL || strpbrk(text, "gG") != NULL,
                "gzip is for who names it");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const readers[])(const char *) = {read_path, read_tags, read_date,
                                                    read_encodings};
    char *text;

    if (size == 0)
        return 0;
    text = fuzz_copy_text((const char *)data + 1, size - 1);
    readers[data[0] % 4](text);
    free(text);
    return 0;
}
