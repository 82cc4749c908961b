#include "producer/formats/time_pattern.h"

#include <string.h>

#include "pageview/bucket.h"
#include "producer/formats/digits.h"

/* Month 1–12 of "Jan" … "Dec", or 0. */
static unsigned month_number(const char *name)
{
    static const char names[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

    for (unsigned i = 0; i < 12; i++)
        if (memcmp(names[i], name, 3) == 0)
            return i + 1;
    return 0;
}

static int days_in_month(int64_t year, int64_t month)
{
    static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

static bool in_range(int64_t value, int64_t min, int64_t max)
{
    return value >= min && value <= max;
}

bool pv_time_compose(const struct pv_time_parts *parts, int64_t *ts_ms)
{
    const int64_t *part = parts->part;
    int64_t fraction = part[PV_TIME_FRACTION];

    if (parts->has_epoch) {
        *ts_ms = part[PV_TIME_EPOCH] + (parts->epoch_has_ms ? 0 : fraction);
        return in_range(*ts_ms, 0, PV_TIME_LIMIT_MS - 1);
    }
    if (!in_range(part[PV_TIME_MONTH], 1, 12) ||
        !in_range(part[PV_TIME_DAY], 1, days_in_month(part[PV_TIME_YEAR], part[PV_TIME_MONTH])))
        return false;
    if (part[PV_TIME_HOUR] > 23 || part[PV_TIME_MINUTE] > 59 || part[PV_TIME_SECOND] > 59)
        return false;
    *ts_ms = pv_days_from_civil(part[PV_TIME_YEAR], (unsigned)part[PV_TIME_MONTH],
                                (unsigned)part[PV_TIME_DAY]) *
                 PV_DAY_MS +
             part[PV_TIME_HOUR] * PV_HOUR_MS +
             (part[PV_TIME_MINUTE] - part[PV_TIME_ZONE]) * PV_MINUTE_MS +
             part[PV_TIME_SECOND] * 1000 + fraction;
    return in_range(*ts_ms, 0, PV_TIME_LIMIT_MS - 1);
}

/* Readers take a conversion's text from at..end, fill a part, and give what is behind it or NULL.
 */
typedef const char *read_function(const char *at, const char *end, int64_t *value,
                                  struct pv_time_parts *parts);

static const char *read_fixed(const char *at, const char *end, size_t count, int64_t *value)
{
    if (end - at < (ptrdiff_t)count)
        return NULL;
    *value = pv_digits(at, count);
    return *value >= 0 ? at + count : NULL;
}

static const char *read_two(const char *at, const char *end, int64_t *value,
                            struct pv_time_parts *parts)
{
    (void)parts;
    return read_fixed(at, end, 2, value);
}

static const char *read_three(const char *at, const char *end, int64_t *value,
                              struct pv_time_parts *parts)
{
    (void)parts;
    return read_fixed(at, end, 3, value);
}

static const char *read_four(const char *at, const char *end, int64_t *value,
                             struct pv_time_parts *parts)
{
    (void)parts;
    return read_fixed(at, end, 4, value);
}

static const char *read_six(const char *at, const char *end, int64_t *value,
                            struct pv_time_parts *parts)
{
    (void)parts;
    at = read_fixed(at, end, 6, value);
    *value /= 1000;
    return at;
}

/* %e: a space in place of a leading zero. */
static const char *read_padded(const char *at, const char *end, int64_t *value,
                               struct pv_time_parts *parts)
{
    if (at < end && *at == ' ')
        return read_fixed(at + 1, end, 1, value);
    return read_two(at, end, value, parts);
}

static const char *read_month_name(const char *at, const char *end, int64_t *value,
                                   struct pv_time_parts *parts)
{
    (void)parts;
    if (end - at < 3)
        return NULL;
    *value = month_number(at);
    return *value > 0 ? at + 3 : NULL;
}

static const char *read_zone(const char *at, const char *end, int64_t *value,
                             struct pv_time_parts *parts)
{
    int64_t hour, minute;
    bool west;

    (void)parts;
    if (at < end && *at == 'Z') {
        *value = 0;
        return at + 1;
    }
    if (at == end || (*at != '+' && *at != '-'))
        return NULL;
    west = *at == '-';
    at = read_fixed(at + 1, end, 2, &hour);
    if (at == NULL || hour > 23)
        return NULL;
    at = read_fixed(at < end && *at == ':' ? at + 1 : at, end, 2, &minute);
    if (at == NULL || minute > 59)
        return NULL;
    *value = (hour * 60 + minute) * (west ? -1 : 1);
    return at;
}

/* A point and digits, of which three count; nothing at all is fine. */
static const char *read_fraction(const char *at, const char *end, int64_t *value,
                                 struct pv_time_parts *parts)
{
    int64_t unit = 100;

    (void)parts;
    if (end - at < 2 || *at != '.' || !pv_is_digit(at[1]))
        return at; /* another time of the line may have said it */
    *value = 0;
    for (at++; at < end && pv_is_digit(*at); at++, unit /= 10)
        *value += (*at - '0') * unit;
    return at;
}

/* More digits than any time has would overflow. */
enum { EPOCH_DIGITS_MAX = 18 };

static const char *read_epoch(const char *at, const char *end, int64_t *whole,
                              struct pv_time_parts *parts)
{
    const char *first = at;

    parts->has_epoch = true;
    *whole = 0;
    for (; at < end && pv_is_digit(*at) && at - first < EPOCH_DIGITS_MAX; at++)
        *whole = *whole * 10 + (*at - '0');
    return at > first && !(at < end && pv_is_digit(*at)) ? at : NULL;
}

static const char *read_epoch_s(const char *at, const char *end, int64_t *value,
                                struct pv_time_parts *parts)
{
    at = read_epoch(at, end, value, parts);
    if (at == NULL || *value >= PV_TIME_LIMIT_MS / 1000)
        return NULL;
    *value *= 1000;
    return at;
}

static const char *read_epoch_ms(const char *at, const char *end, int64_t *value,
                                 struct pv_time_parts *parts)
{
    parts->epoch_has_ms = true;
    return read_epoch(at, end, value, parts);
}

static const char *read_epoch_us(const char *at, const char *end, int64_t *value,
                                 struct pv_time_parts *parts)
{
    at = read_epoch_ms(at, end, value, parts);
    *value /= 1000;
    return at;
}

/* `text` stands for several conversions, when it is not NULL. */
static const struct conversion {
    char letter;
    bool of_ours;
    enum pv_time_part part;
    read_function *read;
    const char *text;
} conversions[] = {
    {'d', false, PV_TIME_DAY, read_two, NULL},
    {'e', false, PV_TIME_DAY, read_padded, NULL},
    {'b', false, PV_TIME_MONTH, read_month_name, NULL},
    {'h', false, PV_TIME_MONTH, read_month_name, NULL},
    {'m', false, PV_TIME_MONTH, read_two, NULL},
    {'Y', false, PV_TIME_YEAR, read_four, NULL},
    {'H', false, PV_TIME_HOUR, read_two, NULL},
    {'M', false, PV_TIME_MINUTE, read_two, NULL},
    {'S', false, PV_TIME_SECOND, read_two, NULL},
    {'z', false, PV_TIME_ZONE, read_zone, NULL},
    {'s', false, PV_TIME_EPOCH, read_epoch_s, NULL},
    {'T', false, PV_TIME_PARTS, NULL, "%H:%M:%S"},
    {'R', false, PV_TIME_PARTS, NULL, "%H:%M"},
    {'F', false, PV_TIME_PARTS, NULL, "%Y-%m-%d"},
    {'%', false, PV_TIME_PARTS, NULL, NULL},
    {'Q', true, PV_TIME_EPOCH, read_epoch_ms, NULL},
    {'U', true, PV_TIME_EPOCH, read_epoch_us, NULL},
    {'L', true, PV_TIME_FRACTION, read_three, NULL},
    {'f', true, PV_TIME_FRACTION, read_six, NULL},
    {'N', true, PV_TIME_FRACTION, read_fraction, NULL},
};

static const struct conversion *find_conversion(char letter)
{
    for (size_t i = 0; i < sizeof conversions / sizeof conversions[0]; i++)
        if (conversions[i].letter == letter)
            return &conversions[i];
    return NULL;
}

static const char *read_one(const struct conversion *conversion, const char *at, const char *end,
                            struct pv_time_parts *parts)
{
    if (conversion->read != NULL)
        return conversion->read(at, end, &parts->part[conversion->part], parts);
    if (conversion->text != NULL)
        return pv_time_read(conversion->text, strlen(conversion->text), at, end, parts);
    return at < end && *at == '%' ? at + 1 : NULL;
}

/* The recursion is one deep: no text of the table has a conversion that has a text. */
const char *pv_time_read(const char *pattern, size_t length, const char *at, const char *end,
                         struct pv_time_parts *parts)
{
    for (size_t i = 0; i < length && at != NULL; i++) {
        if (pattern[i] == '%' && i + 1 < length) {
            const struct conversion *conversion = find_conversion(pattern[++i]);

            at = conversion == NULL ? NULL : read_one(conversion, at, end, parts);
        } else {
            at = at < end && *at == pattern[i] ? at + 1 : NULL;
        }
    }
    return at;
}

static unsigned conversion_bits(const struct conversion *conversion)
{
    if (conversion->text != NULL)
        return pv_time_pattern_bits(conversion->text, strlen(conversion->text));
    return conversion->part == PV_TIME_PARTS ? 0 : 1U << conversion->part;
}

unsigned pv_time_pattern_bits(const char *pattern, size_t length)
{
    unsigned bits = 0;

    for (size_t i = 0; i + 1 < length; i++)
        if (pattern[i] == '%') {
            const struct conversion *conversion = find_conversion(pattern[++i]);

            bits |= conversion == NULL ? 0 : conversion_bits(conversion);
        }
    return bits;
}

enum pv_status pv_time_pattern_check(const char *pattern, size_t length, unsigned *bits,
                                     struct pv_error *error)
{
    for (size_t i = 0; i < length; i++) {
        const struct conversion *conversion;

        if (pattern[i] != '%')
            continue;
        if (++i == length)
            return pv_error_set(error, PV_INVALID, "the time \"%.*s\" ends in a lone %%",
                                (int)length, pattern);
        conversion = find_conversion(pattern[i]);
        if (conversion == NULL || conversion->of_ours)
            return pv_error_set(error, PV_INVALID,
                                "%%%c in the time \"%.*s\" is not understood: use %%d %%e %%b %%m "
                                "%%Y %%H %%M %%S %%z %%T %%R %%F %%s, such as %s",
                                pattern[i], (int)length, pattern, PV_TIME_CLF);
    }
    *bits |= pv_time_pattern_bits(pattern, length);
    return PV_OK;
}

const char *pv_time_missing(unsigned bits)
{
    static const char *const names[] = {"%Y", "%m or %b", "%d", "%H", "%M", "%S", "%z"};

    if ((bits & 1U << PV_TIME_EPOCH) != 0)
        return NULL;
    for (unsigned part = 0; part < sizeof names / sizeof names[0]; part++)
        if ((bits & 1U << part) == 0)
            return names[part];
    return NULL;
}
