#include "dashboard-export/serve/conditional.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "pageview/bucket.h"

enum { DAY_S = 86400, EPOCH_WEEKDAY = 4 };

static const char days[] = "SunMonTueWedThuFriSat";
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

void pv_http_date_write(int64_t time_s, char text[PV_HTTP_DATE_SIZE])
{
    char iso[PV_TIME_TEXT_SIZE]; /* "2026-11-24T13:05:07Z" */
    int64_t weekday = (time_s / DAY_S + EPOCH_WEEKDAY) % 7;
    size_t month;

    pv_time_text(time_s * 1000, iso);
    month = (size_t)((iso[5] - '0') * 10 + iso[6] - '0');
    snprintf(text, PV_HTTP_DATE_SIZE, "%.3s, %.2s %.3s %.4s %.8s GMT", days + 3 * weekday, iso + 8,
             months + 3 * (month - 1), iso, iso + 11);
}

/* The number in `count` digits; negative when they are none. */
static int64_t number_at(const char *text, size_t count)
{
    int64_t number = 0;

    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        number = number * 10 + (text[i] - '0');
    }
    return number;
}

static bool is_punctuated(const char *text)
{
    return text[3] == ',' && text[4] == ' ' && text[7] == ' ' && text[11] == ' ' &&
           text[16] == ' ' && text[19] == ':' && text[22] == ':' && strcmp(text + 25, " GMT") == 0;
}

bool pv_http_date_read(const char *text, int64_t *time_s)
{
    int64_t day, year, hour, minute, second;
    unsigned month = 0;
    char again[PV_HTTP_DATE_SIZE];

    if (strlen(text) != PV_HTTP_DATE_SIZE - 1 || !is_punctuated(text))
        return false;
    while (month < 12 && memcmp(text + 8, months + (size_t)3 * month, 3) != 0)
        month++;
    day = number_at(text + 5, 2);
    year = number_at(text + 12, 4);
    hour = number_at(text + 17, 2);
    minute = number_at(text + 20, 2);
    second = number_at(text + 23, 2);
    if (month == 12 || day < 1 || day > 31 || year < 1970 || hour < 0 || minute < 0 || second < 0)
        return false;
    *time_s = pv_days_from_civil(year, month + 1, (unsigned)day) * DAY_S + hour * 3600 +
              minute * 60 + second;
    pv_http_date_write(*time_s, again); /* the 31st of June is no day, 24:00 no time */
    return memcmp(again + 5, text + 5, sizeof again - 5) == 0;
}

/* One of a list of tags is `etag`, or all of them are: "*". Commas are allowed in a tag. */
static bool has_tag(const char *list, const char *etag)
{
    size_t length = strlen(etag + 2); /* with its quotes */

    while (*list != '\0') {
        const char *end;

        list += strspn(list, " \t,");
        if (*list == '*')
            return true;
        if (strncmp(list, "W/", 2) == 0)
            list += 2;
        end = *list == '"' ? strchr(list + 1, '"') : NULL;
        if (end == NULL)
            return false;
        if ((size_t)(end + 1 - list) == length && memcmp(list, etag + 2, length) == 0)
            return true;
        list = end + 1;
    }
    return false;
}

bool pv_has_already(const char *none_match, const char *modified_since, const char *etag,
                    int64_t modified_s)
{
    int64_t since_s;

    if (none_match != NULL)
        return has_tag(none_match, etag);
    return modified_since != NULL && modified_s >= 0 &&
           pv_http_date_read(modified_since, &since_s) && modified_s <= since_s;
}

/* Whether the parameters of an item say a weight of 0. */
static bool is_refused(const char *item, size_t length)
{
    const char *end = item + length, *weight = memchr(item, ';', length);

    if (weight == NULL)
        return false;
    weight++;
    while (weight < end && (*weight == ' ' || *weight == '\t'))
        weight++;
    if (end - weight < 3 || (*weight != 'q' && *weight != 'Q') || weight[1] != '=')
        return false;
    for (weight += 2; weight < end; weight++)
        if (*weight >= '1' && *weight <= '9')
            return false;
    return true;
}

bool pv_accepts_gzip(const char *accept_encoding)
{
    const char *at = accept_encoding;
    bool any = false;

    while (at != NULL && *at != '\0') {
        size_t length, name;

        at += strspn(at, " \t,");
        length = strcspn(at, ",");
        name = strcspn(at, " \t;,");
        if (name == 4 && strncasecmp(at, "gzip", 4) == 0)
            return !is_refused(at, length);
        any = any || (name == 1 && *at == '*' && !is_refused(at, length));
        at += length;
    }
    return any;
}
