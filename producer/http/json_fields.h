/* Reading known fields from JSON objects, in place: a pass over the text, no tree and no memory.
 *
 * Not cJSON: its allocator is one for the whole process and belongs to the event parser, and a tree
 * of a hostile body would take forty times the body's size. */
#ifndef PRODUCER_HTTP_JSON_FIELDS_H
#define PRODUCER_HTTP_JSON_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pageview/event.h"

#define PV_JSON_DEPTH_MAX 16 /* arrays and objects within one another */

enum pv_json_kind {
    PV_JSON_ABSENT, /* or null */
    PV_JSON_STRING,
    PV_JSON_INTEGER, /* whole and less than 10^15 either way */
    PV_JSON_OTHER,   /* another number, true, false, an array, an object */
};

struct pv_json_field {
    const char *name;
    enum pv_json_kind kind;
    struct pv_text text; /* of PV_JSON_STRING: valid UTF-8, unescaped, living in the body */
    int64_t integer;     /* of PV_JSON_INTEGER */
};

struct pv_json_body {
    char *at, *end;
    bool is_array;
    size_t count; /* values given so far */
};

enum pv_json_next {
    PV_JSON_OBJECT,    /* the fields are filled */
    PV_JSON_NO_OBJECT, /* a value of another kind */
    PV_JSON_END,       /* no value is left, and the body was JSON */
    PV_JSON_BAD,       /* the body is no JSON, or too deep */
};

/* Begins with the `length` bytes at `text`, which are changed. False when they cannot be JSON. */
bool pv_json_body_begin(struct pv_json_body *body, char *text, size_t length);

/* The next element when the body is an array, else the body itself and then the end. Of a field
 * that stands twice in an object the last counts. */
enum pv_json_next pv_json_body_next(struct pv_json_body *body, struct pv_json_field *fields,
                                    size_t count);

#endif
