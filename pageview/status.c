#include "pageview/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* An error is one line, whatever it quotes. */
static void keep_to_line(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = ' ';
}

enum pv_status pv_error_set(struct pv_error *error, enum pv_status status, const char *format, ...)
{
    if (error != NULL) {
        va_list args;
        error->status = status;
        va_start(args, format);
        vsnprintf(error->text, sizeof error->text, format, args);
        va_end(args);
        keep_to_line(error->text);
    }
    return status;
}

enum pv_status pv_error_prefix(struct pv_error *error, const char *format, ...)
{
    char text[sizeof error->text];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    strncat(text, ": ", sizeof text - strlen(text) - 1);
    strncat(text, error->text, sizeof text - strlen(text) - 1);
    keep_to_line(text);
    memcpy(error->text, text, sizeof text);
    return error->status;
}

enum pv_status pv_error_nomem(struct pv_error *error, const char *what)
{
    return pv_error_set(error, PV_NOMEM, "out of memory for %s", what);
}

int pv_exit_code(enum pv_status status)
{
    switch (status) {
    case PV_OK:
        return 0;
    case PV_INVALID:
        return 2;
    default:
        return 1;
    }
}
