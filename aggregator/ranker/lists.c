#include "aggregator/ranker/lists.h"

#include <math.h>
#include <stddef.h>

enum { HOT_FRACTION_BITS = 12, RISING_VIEWS_MIN = 10, RISING_HOURS = 23 };

/* round(4096 * 2^(-j/6)) */
static const int64_t hot_weights[PV_HOT_CLASSES] = {4096, 3649, 3251, 2896, 2580, 2299};

static double score_1h(const struct pv_sums *sums, int64_t hour)
{
    (void)hour;
    return (double)sums->views[PV_WINDOW_1H];
}

static double score_24h(const struct pv_sums *sums, int64_t hour)
{
    (void)hour;
    return (double)sums->views[PV_WINDOW_24H];
}

static double score_7d(const struct pv_sums *sums, int64_t hour)
{
    (void)hour;
    return (double)sums->views[PV_WINDOW_7D];
}

static double score_30d(const struct pv_sums *sums, int64_t hour)
{
    (void)hour;
    return (double)sums->views[PV_WINDOW_30D];
}

static double score_hot(const struct pv_sums *sums, int64_t hour)
{
    int64_t score = 0;

    for (int64_t age = 0; age < PV_HOT_CLASSES; age++)
        score += hot_weights[age] * sums->hot[(hour - age + PV_HOT_CLASSES) % PV_HOT_CLASSES];
    return (double)score / (double)(INT64_C(1) << 2 * HOT_FRACTION_BITS);
}

static double score_rising(const struct pv_sums *sums, int64_t hour)
{
    int64_t last_hour = sums->views[PV_WINDOW_1H];
    double mu, score;

    (void)hour;
    if (last_hour < RISING_VIEWS_MIN)
        return 0;
    /* Every minute of 1h lies in 24h, so mu is not negative. */
    mu = (double)(sums->views[PV_WINDOW_24H] - last_hour) / RISING_HOURS;
    score = ((double)last_hour - mu) / sqrt(mu + 1.0);
    return score > 0 ? score : 0;
}

static const struct {
    const char *name;
    double (*score)(const struct pv_sums *sums, int64_t hour);
    unsigned windows;
} lists[PV_RANKING_LISTS] = {
#define X(list, name, score, windows) [list] = {name, score, windows},
    PV_RANKING_LIST_TABLE(X)
#undef X
};

const char *pv_ranking_list_name(enum pv_ranking_list list)
{
    return lists[list].name;
}

unsigned pv_ranking_list_windows(enum pv_ranking_list list)
{
    return lists[list].windows;
}

double pv_ranking_list_score(enum pv_ranking_list list, const struct pv_sums *sums, int64_t hour)
{
    return lists[list].score(sums, hour);
}

bool pv_sums_add(struct pv_sums *sums, unsigned windows, int64_t views, int64_t of_hour,
                 int64_t hour)
{
    bool sound = true;

    for (int window = 0; window < PV_WINDOWS_EXACT; window++)
        if (windows & PV_WINDOW_BIT(window)) {
            sums->views[window] += views;
            sound = sound && sums->views[window] >= 0;
        }
    if (windows & PV_WINDOW_BIT(PV_WINDOW_HOT)) {
        int64_t *hot = &sums->hot[of_hour % PV_HOT_CLASSES];
        int halvings = (int)((hour - of_hour) / PV_HOT_CLASSES);

        *hot += views * (INT64_C(1) << (HOT_FRACTION_BITS - halvings));
        sound = sound && *hot >= 0;
    }
    return sound;
}

void pv_sums_enter_hour(struct pv_sums *sums, int64_t hour)
{
    sums->hot[hour % PV_HOT_CLASSES] /= 2;
}
