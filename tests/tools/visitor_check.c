/* Says which visitors the filter lets through: for tests that ask Redis whether it was right.
 *
 *     pv-visitor-check MAX_SKETCHES < visits > admitted
 *     pv-visitor-check places < visits > places
 *     pv-visitor-check sketch < visits > sketch
 *
 * A visit on stdin is a line "SET VISITOR"; SET is a number. The first form answers with the lines
 * that the filter admits, as an aggregator would send them; the second with "INDEX RANK" of each
 * visitor and an element of the same place, in hexadecimal digits; the third with the sketch of all
 * visitors, in such digits. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aggregator/hll_sketch.h"
#include "aggregator/visitor_filter.h"

enum { LINE_SIZE = 256 };

/* Small numbers made to look like the hashes that sets are named by. */
static uint64_t set_of(const char *line)
{
    uint64_t number = strtoull(line, NULL, 10);

    number = (number + 1) * UINT64_C(0x9e3779b97f4a7c15);
    return number ^ number >> 31;
}

static void print_bytes(const void *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        printf("%02x", ((const unsigned char *)bytes)[i]);
    putchar('\n');
}

static void answer_with_sketch(void)
{
    static uint8_t ranks[PV_HLL_REGISTERS];
    static struct pv_hll_place places[PV_HLL_REGISTERS];
    static char sketch[PV_HLL_SKETCH_MAX], line[LINE_SIZE];
    size_t count = 0;

    while (fgets(line, sizeof line, stdin) != NULL) {
        const char *name = strchr(line, ' ') + 1;
        struct pv_hll_place place = pv_hll_place_of(name, strcspn(name, "\n"));

        if (ranks[place.index] < place.rank)
            ranks[place.index] = place.rank;
    }
    for (size_t i = 0; i < PV_HLL_REGISTERS; i++)
        if (ranks[i] > 0)
            places[count++] = (struct pv_hll_place){(uint16_t)i, ranks[i]};
    print_bytes(sketch, pv_hll_sketch_write(places, count, sketch));
}

static void answer(struct pv_visitor_filter *filter, const char *line)
{
    const char *space = strchr(line, ' ');
    const char *name = space == NULL ? line : space + 1;
    struct pv_hll_place place = pv_hll_place_of(name, strcspn(name, "\n"));

    if (filter == NULL) {
        unsigned char element[PV_HLL_ELEMENT_SIZE];

        pv_hll_element_of(place, element);
        printf("%u %u ", (unsigned)place.index, (unsigned)place.rank);
        print_bytes(element, sizeof element);
    } else if (pv_visitor_filter_admits(filter, set_of(line), place)) {
        pv_visitor_filter_mark(filter, set_of(line), place);
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
    if (strcmp(argv[1], "sketch") == 0) {
        answer_with_sketch();
        return 0;
    }
    if (strcmp(argv[1], "places") != 0 &&
        pv_visitor_filter_new(strtoul(argv[1], NULL, 10), &filter, &error) != PV_OK)
        return pv_exit_code(error.status);
    while (fgets(line, sizeof line, stdin) != NULL)
        answer(filter, line);
    pv_visitor_filter_destroy(filter);
    return 0;
}
