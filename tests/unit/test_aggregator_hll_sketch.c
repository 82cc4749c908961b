/* Sketches say what they were made of. The integration tests ask a Redis about them. */
#include "test_pageview_support.h"

#include "aggregator/hll_sketch.h"

enum { HEADER = 16, SPARSE_MAX = 3000 };

static char sketch[PV_HLL_SKETCH_MAX];
static uint8_t registers[PV_HLL_REGISTERS];

static void read_sparse(size_t length)
{
    size_t at = HEADER, index = 0;

    while (at < length) {
        unsigned code = (unsigned char)sketch[at++];

        if (code & 0x80) {
            for (unsigned run = (code & 3) + 1; run > 0; run--)
                registers[index++] = (uint8_t)((code >> 2 & 31) + 1);
        } else if (code & 0x40) {
            index += ((code & 63) << 8 | (unsigned char)sketch[at]) + 1;
            at++;
        } else {
            index += (code & 63) + 1;
        }
        assert_true(index <= PV_HLL_REGISTERS);
    }
    assert_int_equal(at, length);
    assert_int_equal(index, PV_HLL_REGISTERS);
}

static void read_dense(size_t length)
{
    assert_int_equal(length, PV_HLL_SKETCH_MAX);
    for (size_t i = 0; i < PV_HLL_REGISTERS * 6; i++)
        if ((unsigned char)sketch[HEADER + i / 8] >> i % 8 & 1)
            registers[i / 6] = (uint8_t)(registers[i / 6] | 1 << i % 6);
}

static void assert_says(const struct pv_hll_place *places, size_t count)
{
    size_t length = pv_hll_sketch_write(places, count, sketch);

    memset(registers, 0, sizeof registers);
    assert_memory_equal(sketch, "HYLL", 4);
    assert_int_equal((unsigned char)sketch[HEADER - 1], 0x80); /* no cardinality is known */
    if (sketch[4] == 1) {
        assert_true(length <= SPARSE_MAX);
        read_sparse(length);
    } else {
        assert_int_equal(sketch[4], 0);
        read_dense(length);
    }
    for (size_t i = 0, next = 0; i < PV_HLL_REGISTERS; i++) {
        bool named = next < count && places[next].index == i;

        assert_int_equal(registers[i], named ? places[next].rank : 0);
        next += named;
    }
}

static void a_sketch_has_each_register_at_its_rank(void **state)
{
    static struct pv_hll_place places[PV_HLL_REGISTERS];

    (void)state;
    for (size_t step = 1; step < PV_HLL_REGISTERS; step += step < 80 ? 1 : step / 3) {
        size_t count = 0;

        for (size_t index = step - 1; index < PV_HLL_REGISTERS; index += step)
            places[count++] =
                (struct pv_hll_place){(uint16_t)index, (uint8_t)(1 + (index ^ step) % 32)};
        assert_says(places, count);
    }
    assert_says(places, 0);
}

static void first_and_last_register_and_the_highest_ranks_are_said(void **state)
{
    static const struct pv_hll_place few[] = {{0, 32}, {1, 1}, {66, 2}, {131, 3}, {16383, 32}},
                                     high[] = {{0, 33}, {5000, 1}, {16383, PV_HLL_RANK_MAX}};

    (void)state;
    assert_says(few, 5);
    assert_int_equal(sketch[4], 1);
    assert_says(high, 3);
    assert_int_equal(sketch[4], 0); /* sparse ends at 32 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sketch_has_each_register_at_its_rank),
        cmocka_unit_test(first_and_last_register_and_the_highest_ranks_are_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
