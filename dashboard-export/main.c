#include "dashboard-export/live_top.h"
#include "dashboard-export/options.h"
#include "dashboard-export/run.h"
#include "pageview/program.h"

static enum pv_status start(void *options, struct pv_error *error)
{
    const struct pv_dashboard_options *given = options;

    return given->top != 0 ? pv_live_top_run(given, error) : pv_dashboard_run(options, error);
}

int main(int argc, char **argv)
{
    struct pv_dashboard_options options = {0};

    return pv_program_main(&pv_dashboard_program, argc, argv, &options, pv_dashboard_options_check,
                           start);
}
