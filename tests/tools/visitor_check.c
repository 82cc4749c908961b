/* Says which visitors the filter lets through: for tests that ask Redis whether it was right.
 *
 *     pv-visitor-check MAX_SKETCHES < visits > admitted
 *     pv-visitor-check places < visits > places
 *
 * A visit on stdin is a line "SET VISITOR"; SET is a number. The first form answers with the lines
 * that the filter admits, as an aggregator would send them; the second with "INDEX RANK" of each
 * visitor. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aggregator/hyperloglog.h"
#include "aggregator/visitor_filter.h"

enum { LINE_SIZE = 256 };

/* Small numbers made to look like the hashes that sets are named by. */
static uint64_t set_of(const char *line)
{
    uint64_t number = strtoull(line, NULL, 10);

    number = (number + 1) * UINT64_C(0x9e3779b97f4a7c15);
    return number ^ number >> 31;
}

static void answer(struct pv_visitor_filter *filter, const char *line)
{
    const char *space = strchr(line, ' ');
    const char *name = space == NULL ? line : space + 1;
    struct pv_text visitor = {name, strcspn(name, "\n")};

    if (filter == NULL) {
        struct pv_hll_place place = pv_hll_place_of(visitor.data, visitor.length);

        printf("%u %u\n", (unsigned)place.index, (unsigned)place.rank);
    } else if (pv_visitor_filter_admits(filter, set_of(line), visitor)) {
        pv_visitor_filter_mark(filter, set_of(line), visitor);
        fputs(line, stdout);
    }
}

int main(int argc, char **argv)
{
    struct pv_visitor_filter *filter = NULL;
    struct pv_error error;
    char line[LINE_SIZE];

    if (argc != 2)
        return 2;
    if (strcmp(argv[1], "places") != 0 &&
        pv_visitor_filter_new(strtoul(argv[1], NULL, 10), &filter, &error) != PV_OK)
        return pv_exit_code(error.status);
    while (fgets(line, sizeof line, stdin) != NULL)
        answer(filter, line);
    pv_visitor_filter_destroy(filter);
    return 0;
}
