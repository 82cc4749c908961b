#include "pageview/bucket.h"

#include <stdio.h>
#include <string.h>

struct civil {
    int64_t year;
    unsigned month, day, hour, minute, second;
};

int64_t pv_bucket_length_ms(enum pv_bucket_size size)
{
    static const int64_t lengths[PV_BUCKET_SIZES] = {PV_MINUTE_MS, PV_HOUR_MS, PV_DAY_MS};

    return lengths[size];
}

int64_t pv_bucket_start_ms(enum pv_bucket_size size, int64_t time_ms)
{
    return time_ms - time_ms % pv_bucket_length_ms(size);
}

int64_t pv_days_from_civil(int64_t year, unsigned month, unsigned day)
{
    int64_t era, year_of_era, day_of_year, day_of_era;

    year -= month <= 2;
    era = (year >= 0 ? year : year - 399) / 400;
    year_of_era = year - era * 400;
    day_of_year = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + (int64_t)day - 1;
    day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static struct civil civil_from_ms(int64_t time_ms)
{
    int64_t days = time_ms / PV_DAY_MS + 719468;
    unsigned rest = (unsigned)(time_ms % PV_DAY_MS / 1000);
    int64_t era = days / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day_of_year + 2) / 153;
    struct civil civil;

    civil.day = (unsigned)(day_of_year - (153 * shifted_month + 2) / 5 + 1);
    civil.month = (unsigned)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    civil.year = year_of_era + era * 400 + (civil.month <= 2);
    civil.hour = rest / 3600;
    civil.minute = rest / 60 % 60;
    civil.second = rest % 60;
    return civil;
}

size_t pv_bucket_name(enum pv_bucket_size size, int64_t time_ms, char name[PV_BUCKET_NAME_SIZE])
{
    static const size_t lengths[PV_BUCKET_SIZES] = {16, 13, 10};
    char text[PV_TIME_TEXT_SIZE];

    pv_time_text(time_ms, text);
    memcpy(name, text, lengths[size]);
    name[lengths[size]] = '\0';
    return lengths[size];
}

void pv_time_text(int64_t time_ms, char text[PV_TIME_TEXT_SIZE])
{
    struct civil civil = civil_from_ms(time_ms);

    snprintf(text, PV_TIME_TEXT_SIZE, "%04u-%02u-%02uT%02u:%02u:%02uZ",
             (unsigned)civil.year % 10000, civil.month % 100, civil.day % 100, civil.hour % 100,
             civil.minute % 100, civil.second % 100);
}
