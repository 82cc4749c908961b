#include "bench_traffic.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench_util.h"

struct bench_traffic {
    struct bench_traffic_options of;
    uint64_t random_state;
    int64_t made;
    double cumulative[]; /* cumulative[k]: chance of one of the articles 0…k */
};

/* splitmix64 (Steele, Lea, Flood 2014): tiny, and the same on every machine. */
static uint64_t scramble(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static uint64_t next_random(uint64_t *state)
{
    return scramble(*state += UINT64_C(0x9E3779B97F4A7C15));
}

struct bench_traffic *bench_traffic_new(const struct bench_traffic_options *options)
{
    int64_t articles = options->articles;
    if (articles < 1 || articles > 10000000)
        bench_die("articles: want 1 to 10000000");
    if (options->readers < 1)
        bench_die("readers: want 1 or more");
    struct bench_traffic *traffic =
        malloc(sizeof *traffic + (size_t)articles * sizeof traffic->cumulative[0]);
    if (traffic == NULL)
        bench_die("out of memory");
    *traffic = (struct bench_traffic){.of = *options, .random_state = options->seed};
    double sum = 0;
    for (int64_t k = 0; k < articles; k++) {
        sum += pow((double)(k + 1), -options->exponent);
        traffic->cumulative[k] = sum;
    }
    for (int64_t k = 0; k < articles; k++)
        traffic->cumulative[k] /= sum;
    return traffic;
}

void bench_traffic_destroy(struct bench_traffic *traffic)
{
    free(traffic);
}

/* The first article whose cumulative chance exceeds a number drawn evenly from [0, 1). */
static int64_t draw_article(struct bench_traffic *traffic)
{
    double drawn = (double)(next_random(&traffic->random_state) >> 11) * 0x1p-53;
    int64_t low = 0;
    int64_t high = traffic->of.articles - 1;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (traffic->cumulative[middle] > drawn)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

void bench_traffic_next(struct bench_traffic *traffic, struct bench_view *view)
{
    const struct bench_traffic_options *of = &traffic->of;
    int64_t article = draw_article(traffic);
    view->number = article;
    snprintf(view->article, sizeof view->article,
             "/2026/11/%02" PRId64 "/a-story-to-read-%07" PRId64, 1 + article % 28, article);
    view->ts_ms =
        of->start_ms + (int64_t)((double)of->span_ms * (double)traffic->made / (double)of->events);
    view->noise = next_random(&traffic->random_state);
    view->visitor = scramble(1 + next_random(&traffic->random_state) % (uint64_t)of->readers);
    traffic->made++;
}

size_t bench_format_event(const struct bench_view *view, char *out)
{
    static const char *const SECTIONS[] = {"news",    "sport",  "culture", "economy",
                                           "science", "travel", "opinion", "local"};
    static const char REST[] = ": to be read again at home";
    int length = snprintf(
        out, BENCH_LINE_MAX,
        "{\"article\":\"%s\",\"ts\":%" PRId64 ",\"agent\":\"user\",\"visitor\":\"%016" PRIx64
        "\",\"section\":\"%s\",\"referrer\":\"example.org\",\"title\":\"Story %07" PRId64,
        view->article, view->ts_ms, view->visitor, SECTIONS[view->number % 8], view->number);
    int rest = BENCH_EVENT_SIZE - length - 2;
    if (length < 0 || rest < 0 || (size_t)rest >= sizeof REST)
        bench_die("an event cannot be made %d bytes long", BENCH_EVENT_SIZE);
    memcpy(out + length, REST, (size_t)rest);
    memcpy(out + length + rest, "\"}", 3);
    return BENCH_EVENT_SIZE;
}

size_t bench_format_combined(const struct bench_view *view, char *out)
{
    static const char *const MONTHS[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    static const char *const AGENTS[] = {
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/131.0.0.0 "
        "Safari/537.36",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
        "Gecko) "
        "Version/18.1 Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:132.0) Gecko/20100101 Firefox/132.0",
    };
    time_t seconds = (time_t)(view->ts_ms / 1000);
    struct tm when;
    if (gmtime_r(&seconds, &when) == NULL)
        bench_die("cannot tell the time of %" PRId64, view->ts_ms);
    int length =
        snprintf(out, BENCH_LINE_MAX,
                 "10.%u.%u.%u - - [%02d/%s/%04d:%02d:%02d:%02d +0000] \"GET %s?utm_source=mail "
                 "HTTP/1.1\" 200 %u \"https://www.example.org/front\" \"%s\"",
                 (unsigned)(view->visitor >> 16 & 0xff), (unsigned)(view->visitor >> 8 & 0xff),
                 (unsigned)(view->visitor & 0xff), when.tm_mday, MONTHS[when.tm_mon],
                 when.tm_year + 1900, when.tm_hour, when.tm_min, when.tm_sec, view->article,
                 (unsigned)(view->noise >> 8 & 0xffff), AGENTS[view->visitor >> 24 & 3]);
    return (size_t)length;
}

size_t bench_format_log_event(const struct bench_view *view, char *out)
{
    int length = snprintf(out, BENCH_LINE_MAX,
                          "{\"article\":\"%s\",\"ts\":%" PRId64 ",\"visitor\":\"%016" PRIx64
                          "\",\"referrer\":\"www.example.org\"}",
                          view->article, view->ts_ms / 1000 * 1000, view->visitor);
    return (size_t)length;
}
