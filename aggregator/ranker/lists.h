/* An article's running sums, and the lists as functions of them.
 *
 * `hot` halves a view's weight every 6 hours. To be a function of the counts alone, so that equal
 * counts give equal scores whatever way they came in, it is exact integer arithmetic: a view of age
 * a hours weighs c[a mod 6] / 2^(a div 6), where c[j] is 2^(-j/6) rounded to 12 binary digits. The
 * views are summed in six classes by hour mod 6, as fixed-point numbers with 12 fractional bits:
 * with each new hour one class is shifted right, which loses nothing up to an age of 77 hours. */
#ifndef AGGREGATOR_RANKER_LISTS_H
#define AGGREGATOR_RANKER_LISTS_H

#include <stdbool.h>
#include <stdint.h>

/* What is summed. */
enum pv_window {
    PV_WINDOW_1H,
    PV_WINDOW_24H,
    PV_WINDOW_7D,
    PV_WINDOW_30D,
    PV_WINDOW_HOT,
    PV_WINDOWS,
    PV_WINDOWS_EXACT = PV_WINDOW_HOT /* those before it are plain sums */
};

#define PV_WINDOW_BIT(window) (1U << (window))
#define PV_WINDOWS_ALL        (PV_WINDOW_BIT(PV_WINDOWS) - 1)

/* Lengths; a window holds one bucket more than this, the one in progress. */
#define PV_1H_MINUTES 60
#define PV_24H_HOURS  24
#define PV_7D_HOURS   168
#define PV_30D_DAYS   30
#define PV_HOT_HOURS  72

/* Larger counts of a bucket are taken as this one, so that no sum can overflow. */
#define PV_SUMS_COUNT_MAX (INT64_C(1) << 29)

enum { PV_HOT_CLASSES = 6 };

struct pv_sums {
    int64_t views[PV_WINDOWS_EXACT];
    int64_t hot[PV_HOT_CLASSES]; /* by hour mod 6, in units of 2^-12 views */
};

/* X(list, name, score, windows that the score depends on) */
#define PV_RANKING_LIST_TABLE(X)                                                                   \
    X(PV_RANKING_1H, "1h", score_1h, PV_WINDOW_BIT(PV_WINDOW_1H))                                  \
    X(PV_RANKING_24H, "24h", score_24h, PV_WINDOW_BIT(PV_WINDOW_24H))                              \
    X(PV_RANKING_7D, "7d", score_7d, PV_WINDOW_BIT(PV_WINDOW_7D))                                  \
    X(PV_RANKING_30D, "30d", score_30d, PV_WINDOW_BIT(PV_WINDOW_30D))                              \
    X(PV_RANKING_HOT, "hot", score_hot, PV_WINDOW_BIT(PV_WINDOW_HOT))                              \
    X(PV_RANKING_RISING, "rising", score_rising,                                                   \
      PV_WINDOW_BIT(PV_WINDOW_1H) | PV_WINDOW_BIT(PV_WINDOW_24H))

enum pv_ranking_list {
#define X(list, name, score, windows) list,
    PV_RANKING_LIST_TABLE(X)
#undef X
        PV_RANKING_LISTS
};

const char *pv_ranking_list_name(enum pv_ranking_list list);

/* Bits of the windows that the list's scores depend on. */
unsigned pv_ranking_list_windows(enum pv_ranking_list list);

/* The article's score at hour `hour` (since the Unix epoch); 0: it is not in the list. */
double pv_ranking_list_score(enum pv_ranking_list list, const struct pv_sums *sums, int64_t hour);

/* Adds `views` (negative: subtracts) of the hour `of_hour` to the windows whose bits are given; for
 * the hot one it lies 0..77 hours before `hour`. False: a sum fell below 0. */
bool pv_sums_add(struct pv_sums *sums, unsigned windows, int64_t views, int64_t of_hour,
                 int64_t hour);

/* Brings the hot sums from `hour` - 1 to `hour`; views of 73 hours of age are still in them. */
void pv_sums_enter_hour(struct pv_sums *sums, int64_t hour);

#endif
