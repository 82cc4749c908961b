#include "producer/sources/position_text.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

bool pv_position_number(const char **text, int base, uint64_t limit, uint64_t *number)
{
    char *end;

    if (!isxdigit((unsigned char)**text))
        return false;
    errno = 0;
    *number = strtoull(*text, &end, base);
    if (end == *text || errno != 0 || *number > limit)
        return false;
    *text = end;
    return true;
}
