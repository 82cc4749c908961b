/* Reading the text of a position. */
#ifndef PRODUCER_SOURCES_POSITION_TEXT_H
#define PRODUCER_SOURCES_POSITION_TEXT_H

#include <stdbool.h>
#include <stdint.h>

/* Reads the digits of a number in base 10 or 16, without sign or blank before them, that is at most
 * `limit`, and moves `*text` behind them. */
bool pv_position_number(const char **text, int base, uint64_t limit, uint64_t *number);

#endif
