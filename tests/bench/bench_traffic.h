/* Made-up traffic: articles drawn by Zipf's law, as an event or as a line of an access log. */
#ifndef PV_BENCH_TRAFFIC_H
#define PV_BENCH_TRAFFIC_H

#include <stddef.h>
#include <stdint.h>

enum {
    BENCH_ARTICLE_MAX = 64, /* bytes, with the final NUL */
    BENCH_LINE_MAX = 512,
    BENCH_EVENT_SIZE =
        194, /* bytes of a made event without its newline: that of the design's figures */
};

struct bench_traffic;

struct bench_traffic_options {
    int64_t events;   /* views */
    int64_t articles; /* P(k-th article) ∝ 1/k^exponent */
    double exponent;
    int64_t readers;           /* each as likely as another, and each with a visitor of its own */
    uint64_t seed;             /* the same one gives the same views */
    int64_t start_ms, span_ms; /* the views' times rise evenly from start_ms over span_ms */
};

struct bench_view {
    char article[BENCH_ARTICLE_MAX];
    int64_t number; /* the article's; its section and title come with it */
    int64_t ts_ms;
    uint64_t visitor;
    uint64_t noise; /* bits for the fields that vary and count for nothing */
};

/* Owned by the caller. */
struct bench_traffic *bench_traffic_new(const struct bench_traffic_options *options);
void bench_traffic_destroy(struct bench_traffic *traffic);
void bench_traffic_next(struct bench_traffic *traffic, struct bench_view *view);

/* Each writes one line without newline into `out` (BENCH_LINE_MAX bytes), returns its length in
 * bytes. */
typedef size_t (*bench_format_fn)(const struct bench_view *view, char *out);

/* A full event of BENCH_EVENT_SIZE bytes, as a publisher's own code would write it. */
size_t bench_format_event(const struct bench_view *view, char *out);
/* A line of Apache's or nginx's combined format. */
size_t bench_format_combined(const struct bench_view *view, char *out);
/* The event that pv-producer makes of that line, but with other digits of a visitor: the raw
 * producer's payload beside it. */
size_t bench_format_log_event(const struct bench_view *view, char *out);

#endif
