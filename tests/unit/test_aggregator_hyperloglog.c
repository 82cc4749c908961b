/* Places are those of Redis: the values here were read from a Redis 7 with PFDEBUG GETREG. The
 * integration tests ask a running one about many more. */
#include "test_pageview_support.h"

#include "aggregator/hyperloglog.h"

static void places_are_those_of_redis(void **state)
{
    static const struct {
        const char *element;
        unsigned index, rank;
    } cases[] = {
        {"a", 12711, 2},
        {"visitor", 10828, 1},
        {"0123456", 8436, 1},
        {"01234567", 594, 2},
        {"012345678", 7667, 3},
        {"2f6c1d9a0b7e4f3c", 3737, 4},
        {"203.0.113.7|Mozilla/5.0", 1911, 1},
        {"caf\xc3\xa9", 15892, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pv_hll_place place = pv_hll_place_of(cases[i].element, strlen(cases[i].element));

        assert_int_equal(place.index, cases[i].index);
        assert_int_equal(place.rank, cases[i].rank);
    }
}

static void places_do_not_depend_on_alignment(void **state)
{
    char text[64 + 8];

    (void)state;
    for (size_t length = 0; length <= 40; length++) {
        struct pv_hll_place first = {0};

        for (size_t at = 0; at < 8; at++) {
            struct pv_hll_place place;

            memset(text + at, 'x', length);
            place = pv_hll_place_of(text + at, length);
            if (at == 0)
                first = place;
            assert_int_equal(place.index, first.index);
            assert_int_equal(place.rank, first.rank);
        }
    }
}

/* Half of all elements have rank 1, a quarter rank 2; registers are used evenly. */
static void ranks_and_registers_are_spread(void **state)
{
    enum { ELEMENTS = 1 << 18 };
    static unsigned registers[PV_HLL_REGISTERS];
    unsigned ranks[PV_HLL_RANK_MAX + 1] = {0};

    (void)state;
    for (unsigned i = 0; i < ELEMENTS; i++) {
        struct pv_hll_place place = pv_hll_place_of(&i, sizeof i);

        assert_in_range(place.rank, 1, PV_HLL_RANK_MAX);
        ranks[place.rank]++;
        registers[place.index]++;
    }
    assert_in_range(ranks[1], ELEMENTS / 2 - 2000, ELEMENTS / 2 + 2000);
    assert_in_range(ranks[2], ELEMENTS / 4 - 2000, ELEMENTS / 4 + 2000);
    for (size_t i = 0; i < PV_HLL_REGISTERS; i++)
        assert_in_range(registers[i], 1, 64); /* 16 on average */
}

/* PFADD of the element is as good as that of any visitor of the place. */
static void every_place_has_an_element_that_goes_there(void **state)
{
    (void)state;
    for (unsigned index = 0; index < PV_HLL_REGISTERS; index += 7)
        for (unsigned rank = 1; rank <= PV_HLL_RANK_MAX; rank++) {
            struct pv_hll_place wanted = {(uint16_t)index, (uint8_t)rank}, place;
            unsigned char element[PV_HLL_ELEMENT_SIZE];

            pv_hll_element_of(wanted, element);
            place = pv_hll_place_of(element, sizeof element);
            assert_int_equal(place.index, index);
            assert_int_equal(place.rank, rank);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_those_of_redis),
        cmocka_unit_test(places_do_not_depend_on_alignment),
        cmocka_unit_test(ranks_and_registers_are_spread),
        cmocka_unit_test(every_place_has_an_element_that_goes_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
