/* A log format given literally, however it is spelt, up to an empty line of the input; what follows
 * are lines to be read with it. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "producer/formats/log_fields.h"
#include "producer/formats/log_format.h"

static void read_lines(struct pv_log_format *format, struct pv_text rest)
{
    while (rest.length > 0) {
        struct pv_text given = fuzz_take_line(&rest);
        char *line = fuzz_copy(given.data, given.length);
        struct pv_hit hit;

        if (given.length <= PV_LOG_FORMAT_LINE_MAX &&
            pv_log_format_parse(format, line, given.length, &hit)) {
            fuzz_expect_hit(&hit, line, given.length);
            fuzz_expect_view(&hit);
        }
        free(line);
    }
}

/* Takes the format off the front. */
static struct pv_text take_format(struct pv_text *rest)
{
    struct pv_text format = {rest->data, 0};

    while (rest->length > 0) {
        struct pv_text line = fuzz_take_line(rest);

        if (line.length == 0)
            break;
        format.length = (size_t)(line.data + line.length - format.data);
    }
    return format;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pv_text rest = {(const char *)data, size}, spelt = take_format(&rest);
    char *text = fuzz_copy_text(spelt.data, spelt.length);
    struct pv_log_format *format = NULL;
    struct pv_error error = {0};
    enum pv_status status = pv_log_format_new(text, &format, &error);

    if (status == PV_OK) {
        if (!pv_log_format_is_event(format))
            read_lines(format, rest);
    } else {
        fuzz_expect(status == PV_INVALID, "a bad format is an invalid option");
        fuzz_expect(error.text[0] != '\0', "what is wrong with a format is said");
        fuzz_expect(strchr(error.text, '\n') == NULL, "an error is one line");
    }
    pv_log_format_destroy(format);
    free(text);
    return 0;
}
