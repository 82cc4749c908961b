#include "dashboard-export/options.h"
#include "dashboard-export/run.h"
#include "pageview/program.h"

int main(int argc, char **argv)
{
    struct pv_dashboard_options options = {0};

    return pv_program_main(&pv_dashboard_program, argc, argv, &options, pv_dashboard_options_check,
                           pv_dashboard_run);
}
