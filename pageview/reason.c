#include "pageview/reason.h"

static const char *const names[PV_REASON_COUNT] = {"none",
#define X(name, meaning) #name,
                                                   PV_REASON_TABLE(X)
#undef X
};

const char *pv_reason_name(enum pv_reason reason)
{
    return names[reason];
}

enum pv_reason pv_reason_of_agent(enum pv_agent agent)
{
    static const enum pv_reason by_agent[] = {
        [PV_AGENT_USER] = PV_REASON_NONE,
        [PV_AGENT_SPIDER] = PV_REASON_spider,
        [PV_AGENT_AUTOMATED] = PV_REASON_automated,
    };

    return by_agent[agent];
}
