/* Says what readers of each article also read: for tests that count it without bounds.
 *
 *     pv-also-check ARTICLES READERS < visits > lists
 *
 * A visit on stdin is a line "TIME_MS READER ARTICLE"; READER is a number. Each article whose list
 * is not empty is answered with a line, the article and its companions with their scores, between
 * tabs. On stderr: what a visit took in ns, and the memory in bytes. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aggregator/also_read/co_views.h"
#include "aggregator/ranker/stopwatch.h"

enum { LINE_SIZE = 1024 };

/* Small numbers made to look like hashes. */
static uint64_t reader_of(uint64_t number)
{
    number = (number + 1) * UINT64_C(0x9e3779b97f4a7c15);
    number = (number ^ number >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    number = (number ^ number >> 27) * UINT64_C(0x94d049bb133111eb);
    return number ^ number >> 31;
}

/* The time of the visit; 0 when the line is none. */
static int64_t visit(struct pv_co_views *views, char *line, int64_t *took_us)
{
    char *at, *article;
    int64_t time_ms = strtoll(line, &at, 10), began_us;
    uint64_t reader = strtoull(at, &at, 10);
    struct pv_text text;

    if (*at != ' ')
        return 0;
    article = at + 1;
    text = (struct pv_text){article, strcspn(article, "\n")};
    began_us = pv_stopwatch_us();
    if (!pv_co_views_visit(views, reader_of(reader), text, time_ms))
        return 0;
    *took_us += pv_stopwatch_us() - began_us;
    return time_ms;
}

static void print_list(const struct pv_also_list *list)
{
    printf("%.*s", (int)list->article.length, list->article.data);
    for (size_t i = 0; i < list->count; i++)
        printf("\t%.*s\t%.3f", (int)list->items[i].article.length, list->items[i].article.data,
               list->items[i].score);
    putchar('\n');
}

int main(int argc, char **argv)
{
    struct pv_co_views_bounds bounds = PV_CO_VIEWS_BOUNDS;
    int64_t visits = 0, took_us = 0, now_ms = 0;
    struct pv_co_views *views;
    struct pv_also_list list;
    struct pv_error error;
    char line[LINE_SIZE];

    if (argc != 3)
        return 2;
    bounds.articles = strtoul(argv[1], NULL, 10);
    bounds.readers = strtoul(argv[2], NULL, 10);
    if (pv_co_views_new(&bounds, &views, &error) != PV_OK)
        return pv_exit_code(error.status);
    while (fgets(line, sizeof line, stdin) != NULL && (now_ms = visit(views, line, &took_us)) > 0)
        visits++;
    while (pv_co_views_next(views, now_ms, &list))
        print_list(&list);
    fprintf(stderr, "%" PRId64 " ns a visit, %zu bytes\n", visits > 0 ? 1000 * took_us / visits : 0,
            pv_co_views_bytes(views));
    pv_co_views_destroy(views);
    return now_ms > 0 ? 0 : 1;
}
