#include "pageview/options.h"

#include <ctype.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pageview/buffer.h"
#include "pageview/nearest_name.h"
#include "pageview/option_value.h"

static const char kafka_prefix[] = "kafka.";
static const size_t kafka_prefix_length = sizeof kafka_prefix - 1;

const char *const pv_log_level_choices[] = {"debug", "info", "warn", "error", NULL};

/* Where values come from, in rising strength. A list from a stronger source replaces the
 * whole list of a weaker one. */
enum origin { FROM_DEFAULT, FROM_FILE, FROM_ENVIRONMENT, FROM_FLAG };

struct parse {
    const struct pv_program *program;
    void *options;
    struct pv_error *error;
    enum origin *origins; /* one an option */
};

static const char *option_name_at(const void *context, size_t i)
{
    return ((const struct pv_program *)context)->options[i].name;
}

static struct pv_common_options *common_of(struct parse *parse)
{
    return (struct pv_common_options *)((char *)parse->options + parse->program->common_offset);
}

static const struct pv_option *find_option(const struct pv_program *program, const char *name)
{
    for (size_t i = 0; i < program->option_count; i++)
        if (strcmp(program->options[i].name, name) == 0)
            return &program->options[i];
    return NULL;
}

static const char command_line[] = "command line";

/* An option is written with these there. */
static const char *dashes(const char *where)
{
    return where == command_line ? "--" : "";
}

static enum pv_status unknown_option(struct parse *parse, const char *where, const char *name)
{
    const char *nearest =
        pv_nearest_name(name, parse->program->option_count, option_name_at, parse->program);

    if (nearest != NULL)
        return pv_error_set(parse->error, PV_INVALID,
                            "%s: unknown option %s%s: did you mean %s%s? (--help lists all)", where,
                            dashes(where), name, dashes(where), nearest);
    return pv_error_set(parse->error, PV_INVALID, "%s: unknown option %s%s (--help lists all)",
                        where, dashes(where), name);
}

static enum pv_status set_kafka_property(struct parse *parse, const char *where, const char *name,
                                         const char *value)
{
    struct pv_buffer text = {0};
    enum pv_status status;

    if (!parse->program->takes_kafka)
        return pv_error_set(parse->error, PV_INVALID, "%s: %s does not talk to Kafka: remove %s",
                            where, parse->program->name, name);
    pv_buffer_add_format(&text, "%s=%s", name + kafka_prefix_length, value);
    if (text.failed)
        return pv_error_nomem(parse->error, "options");
    status = pv_list_add(&common_of(parse)->kafka_properties, text.data, parse->error);
    if (status != PV_OK)
        status = pv_error_prefix(parse->error, "%s: %s", where, name);
    pv_buffer_clean_up(&text);
    return status;
}

static enum pv_status set_option(struct parse *parse, enum origin origin, const char *where,
                                 const char *name, const char *value)
{
    const struct pv_option *option = find_option(parse->program, name);
    enum origin *last;
    struct pv_error why;

    if (strncmp(name, kafka_prefix, kafka_prefix_length) == 0)
        return set_kafka_property(parse, where, name, value);
    if (option == NULL)
        return unknown_option(parse, where, name);
    last = &parse->origins[option - parse->program->options];
    if (origin > *last)
        pv_option_value_clear(option, parse->options);
    *last = origin;
    if (pv_option_value_set(option, parse->options, value, &why) != PV_OK)
        return pv_error_set(parse->error, why.status, "%s: %s%s=%s: %s", where, dashes(where), name,
                            value, why.text);
    return PV_OK;
}

static enum pv_status apply_defaults(struct parse *parse)
{
    for (size_t i = 0; i < parse->program->option_count; i++) {
        const struct pv_option *option = &parse->program->options[i];
        enum pv_status status;

        if (option->default_value == NULL)
            continue;
        status = set_option(parse, FROM_DEFAULT, "default", option->name, option->default_value);
        if (status != PV_OK)
            return status;
    }
    return PV_OK;
}

/* A configuration file being read, and the line that it is at. */
struct config_file {
    struct parse *parse;
    FILE *stream;
    const char *path;
    int line;
    char text[PV_CONFIG_LINE_MAX + 2]; /* of the line, with its line feed */
    enum pv_status status;
};

static int on_file_setting(void *context, const char *section, const char *name, const char *value)
{
    struct config_file *file = context;
    struct pv_error *error = file->parse->error;
    char where[512];

    snprintf(where, sizeof where, "%s: line %d", file->path, file->line);
    if (section[0] != '\0')
        file->status = pv_error_set(error, PV_INVALID,
                                    "%s: below section [%s]: this file has no sections, only "
                                    "\"name = value\" lines",
                                    where, section);
    else if (strcmp(name, "config") == 0)
        file->status = pv_error_set(error, PV_INVALID,
                                    "%s: config cannot be set in a configuration file", where);
    else
        file->status = set_option(file->parse, FROM_FILE, where, name, value);
    return file->status == PV_OK;
}

/* Without the blanks around it. */
static char *trim(char *text)
{
    size_t length;

    text += strspn(text, " \t");
    for (length = strlen(text); length > 0 && isspace((unsigned char)text[length - 1]);)
        length--;
    text[length] = '\0';
    return text;
}

/* A setting that is too long for inih, by inih's rules. */
static void take_long_line(struct config_file *file, char *text)
{
    char *equals = strchr(text, '='), *comment;

    if (equals == NULL) {
        file->status = pv_error_set(file->parse->error, PV_INVALID,
                                    "%s: line %d: not \"name = value\"", file->path, file->line);
        return;
    }
    *equals = '\0';
    for (comment = equals + 2; *comment != '\0'; comment++)
        if (*comment == ';' && isspace((unsigned char)comment[-1])) {
            *comment = '\0';
            break;
        }
    (void)on_file_setting(file, "", trim(text), trim(equals + 1));
}

/* Gives inih one line, and none behind the first mistake. Blanks at its start are taken away, or
 * inih would silently take the line as another value of the name before. inih takes lines of `size`
 * bytes, and the rest of a longer one as a line of its own; so it is given an empty one instead. */
static char *read_config_line(char *text, int size, void *context)
{
    struct config_file *file = context;
    char *line;
    size_t length;

    if (file->status != PV_OK || fgets(file->text, sizeof file->text, file->stream) == NULL)
        return NULL;
    file->line++;
    length = strlen(file->text);
    if (length + 1 == sizeof file->text && file->text[length - 1] != '\n') {
        file->status =
            pv_error_set(file->parse->error, PV_INVALID, "%s: line %d: has more than %d characters",
                         file->path, file->line, PV_CONFIG_LINE_MAX);
        return NULL;
    }
    line = file->text + strspn(file->text, " \t");
    if (strlen(line) < (size_t)size)
        return strcpy(text, line);
    if (*line != '#' && *line != ';')
        take_long_line(file, line);
    return file->status == PV_OK ? strcpy(text, "\n") : NULL;
}

static enum pv_status apply_file(struct parse *parse, const char *path)
{
    struct config_file file = {.parse = parse, .path = path, .stream = fopen(path, "r")};
    bool failed = file.stream == NULL;
    int line = 0;

    if (!failed) {
        line = ini_parse_stream(read_config_line, &file, on_file_setting, &file);
        failed = ferror(file.stream) != 0; /* such as a directory */
        (void)fclose(file.stream);         /* nothing was written */
    }
    if (failed)
        return pv_error_set(parse->error, PV_INVALID,
                            "--config=%s: cannot read it: does the file exist, and may this user "
                            "read it?",
                            path);
    if (line > 0 && (file.status == PV_OK || line < file.line))
        return pv_error_set(parse->error, PV_INVALID, "%s: line %d: not \"name = value\"", path,
                            line);
    return file.status;
}

static void environment_name(const char *option_name, char name[80])
{
    size_t at = 0;

    memcpy(name, "PV_", 3);
    for (at = 0; option_name[at] != '\0' && at < 70; at++)
        name[3 + at] =
            (char)(option_name[at] == '-' ? '_' : toupper((unsigned char)option_name[at]));
    name[3 + at] = '\0';
}

/* What is asked of one run: PV_VERSION in a container's environment means something else. */
static bool is_for_one_run(const char *name)
{
    return strcmp(name, "help") == 0 || strcmp(name, "version") == 0 ||
           strcmp(name, "check-config") == 0;
}

static enum pv_status apply_environment(struct parse *parse)
{
    for (size_t i = 0; i < parse->program->option_count; i++) {
        char name[80];
        const char *value;
        enum pv_status status;

        environment_name(parse->program->options[i].name, name);
        value = getenv(name);
        if (value == NULL || is_for_one_run(parse->program->options[i].name))
            continue;
        status = set_option(parse, FROM_ENVIRONMENT, name, parse->program->options[i].name, value);
        if (status != PV_OK)
            return status;
    }
    return PV_OK;
}

/* "name=value" or "name" of a flag. */
static enum pv_status apply_flag(struct parse *parse, const char *text)
{
    char name[128];
    const char *equals = strchr(text, '=');
    size_t length = equals != NULL ? (size_t)(equals - text) : strlen(text);
    const struct pv_option *option;

    if (length == 0 || length >= sizeof name)
        return pv_error_set(parse->error, PV_INVALID, "--%s: not an option (--help lists all)",
                            text);
    memcpy(name, text, length);
    name[length] = '\0';
    if (equals != NULL)
        return set_option(parse, FROM_FLAG, command_line, name, equals + 1);
    option = find_option(parse->program, name);
    if (option == NULL)
        return unknown_option(parse, command_line, name);
    if (option->type == PV_OPTION_OPTIONAL)
        return set_option(parse, FROM_FLAG, command_line, name, option->choices[0]);
    if (option->type != PV_OPTION_FLAG)
        return pv_error_set(parse->error, PV_INVALID, "command line: --%s needs a value: --%s=%s",
                            name, name, option->metavar != NULL ? option->metavar : "VALUE");
    return set_option(parse, FROM_FLAG, command_line, name, "on");
}

static enum pv_status apply_flags(struct parse *parse, int argc, char **argv)
{
    enum pv_status status = PV_OK;

    for (int i = 1; i < argc && status == PV_OK; i++) {
        if (strncmp(argv[i], "--", 2) == 0) {
            status = apply_flag(parse, argv[i] + 2);
        } else if (strncmp(argv[i], "-X", 2) == 0) {
            const char *property = argv[i] + 2;

            if (property[0] == '\0' && ++i < argc)
                property = argv[i];
            if (strncmp(property, kafka_prefix, kafka_prefix_length) != 0 ||
                strchr(property, '=') == NULL)
                return pv_error_set(parse->error, PV_INVALID,
                                    "command line: -X takes kafka.PROPERTY=VALUE");
            status = apply_flag(parse, property);
        } else {
            return pv_error_set(parse->error, PV_INVALID,
                                "command line: %s: options are written --name=value (--help lists "
                                "all)",
                                argv[i]);
        }
    }
    return status;
}

/* --config must be known before the file is read, but the file is weaker than all flags. */
static const char *config_path(int argc, char **argv)
{
    const char *path = getenv("PV_CONFIG");

    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], "--config=", 9) == 0)
            path = argv[i] + 9;
    return path;
}

enum pv_status pv_options_parse(const struct pv_program *program, int argc, char **argv,
                                void *options, struct pv_error *error)
{
    struct parse parse = {.program = program, .options = options, .error = error};
    const char *config = config_path(argc, argv);
    enum pv_status status;

    parse.origins = calloc(program->option_count, sizeof *parse.origins);
    if (parse.origins == NULL)
        return pv_error_nomem(error, "options");
    status = apply_defaults(&parse);
    if (status == PV_OK && config != NULL)
        status = apply_file(&parse, config);
    if (status == PV_OK)
        status = apply_environment(&parse);
    if (status == PV_OK)
        status = apply_flags(&parse, argc, argv);
    free(parse.origins);
    return status;
}

void pv_options_clean_up(const struct pv_program *program, void *options)
{
    struct parse parse = {.program = program, .options = options};

    for (size_t i = 0; i < program->option_count; i++)
        pv_option_value_clear(&program->options[i], options);
    pv_list_clear(&common_of(&parse)->kafka_properties);
}

static void print_option(const struct pv_option *option)
{
    char left[128];
    size_t length = (size_t)snprintf(left, sizeof left, "--%s", option->name);

    if (option->choices != NULL) {
        for (int i = 0; option->choices[i] != NULL && length < sizeof left; i++)
            length += (size_t)snprintf(left + length, sizeof left - length, "%c%s",
                                       i == 0 ? '=' : '|', option->choices[i]);
    } else if (option->type != PV_OPTION_FLAG) {
        snprintf(left + length, sizeof left - length, "=%s", option->metavar);
    }
    printf("  %-30s %s", left, option->help);
    if (option->default_value != NULL)
        printf(" (default %s)", option->default_value);
    if (option->type == PV_OPTION_LIST)
        printf(" (repeatable)");
    putchar('\n');
}

void pv_options_print_help(const struct pv_program *program)
{
    printf("Usage: %s [--name=value ...]\n%s\n\n", program->name, program->summary);
    for (size_t i = 0; i < program->option_count; i++)
        print_option(&program->options[i]);
    if (program->takes_kafka)
        printf("  %-30s %s\n", "-X kafka.PROPERTY=VALUE", "set a librdkafka property (repeatable)");
    printf("\nEach option can also be PV_NAME in the environment or \"name = value\" in --config.\n"
           "A flag beats the environment, which beats the file.\n"
           "Exit codes: 0 fine, 1 failed while running, 2 usage or configuration.\n");
}
