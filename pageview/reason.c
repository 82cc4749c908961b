#include "pageview/reason.h"

static const struct {
    const char *name;
    const char *help;
} reasons[PV_REASON_COUNT] = {{"none", "a view"},
#define X(name, help) {#name, help},
                              PV_REASON_TABLE(X)
#undef X
};

const char *pv_reason_name(enum pv_reason reason)
{
    return reasons[reason].name;
}

const char *pv_reason_help(enum pv_reason reason)
{
    return reasons[reason].help;
}
