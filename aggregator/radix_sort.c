#include "aggregator/radix_sort.h"

#include <stdbool.h>

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS };

static size_t digit_of(uint64_t number, unsigned shift)
{
    return (size_t)(number >> shift & (DIGITS - 1));
}

/* False, with nothing moved, when all have the same digit. */
static bool sort_by_digit(const uint64_t *numbers, uint64_t *sorted, size_t count, unsigned shift)
{
    size_t places[DIGITS + 1] = {0};

    for (size_t i = 0; i < count; i++)
        places[digit_of(numbers[i], shift) + 1]++;
    if (places[digit_of(numbers[0], shift) + 1] == count)
        return false;
    for (size_t digit = 1; digit < DIGITS; digit++)
        places[digit] += places[digit - 1];
    for (size_t i = 0; i < count; i++)
        sorted[places[digit_of(numbers[i], shift)]++] = numbers[i];
    return true;
}

uint64_t *pv_radix_sort(uint64_t *numbers, uint64_t *spare, size_t count, unsigned first,
                        unsigned end)
{
    for (unsigned shift = first; shift < end && count > 1; shift += DIGIT_BITS)
        if (sort_by_digit(numbers, spare, count, shift)) {
            uint64_t *sorted = spare;

            spare = numbers;
            numbers = sorted;
        }
    return numbers;
}
