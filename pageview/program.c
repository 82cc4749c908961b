#include "pageview/program.h"

#include <stdio.h>

#include "pageview/log.h"
#include "pageview/stop.h"

static int report(const struct pv_program *program, enum pv_status status,
                  const struct pv_error *error)
{
    fprintf(stderr, "%s: %s\n", program->name, error->text);
    return pv_exit_code(status);
}

static enum pv_status run(const struct pv_program *program, void *options,
                          enum pv_status (*start)(void *options, struct pv_error *error),
                          struct pv_error *error)
{
    pv_stop_install();
    pv_stop_start_deadline();
    pv_log(PV_LOG_INFO, "starting", PV_TEXT("program", program->name),
           PV_TEXT("version", PV_VERSION));
    return start(options, error);
}

int pv_program_main(const struct pv_program *program, int argc, char **argv, void *options,
                    enum pv_status (*check)(void *options, struct pv_error *error),
                    enum pv_status (*start)(void *options, struct pv_error *error))
{
    const struct pv_common_options *common =
        (const struct pv_common_options *)((char *)options + program->common_offset);
    struct pv_error error = {PV_OK, ""};
    enum pv_status status = pv_options_parse(program, argc, argv, options, &error);

    if (status == PV_OK && common->help) {
        pv_options_print_help(program);
    } else if (status == PV_OK && common->version) {
        printf("%s %s\n", program->name, PV_VERSION);
    } else if (status == PV_OK) {
        pv_log_set_level((enum pv_log_level)common->log_level);
        status = check(options, &error);
        if (status == PV_OK && common->check_config)
            printf("%s: the configuration is fine\n", program->name);
        else if (status == PV_OK)
            status = run(program, options, start, &error);
    }
    pv_options_clean_up(program, options);
    return status == PV_OK ? 0 : report(program, status, &error);
}
