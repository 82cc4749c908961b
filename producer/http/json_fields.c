/* pv_json_strict has looked at strings, numbers and stray bytes before: what is left here is the
 * grammar of brackets, commas and words, and which escapes there are. */
#include "producer/http/json_fields.h"

#include <stdlib.h>
#include <string.h>

#include "pageview/eight_bytes.h"
#include "pageview/hex.h"
#include "pageview/json_strict.h"
#include "pageview/utf8.h"

static void skip_blanks(struct pv_json_body *body)
{
    while (body->at < body->end &&
           (*body->at == ' ' || *body->at == '\t' || *body->at == '\n' || *body->at == '\r'))
        body->at++;
}

static bool take(struct pv_json_body *body, char c)
{
    skip_blanks(body);
    if (body->at == body->end || *body->at != c)
        return false;
    body->at++;
    return true;
}

static bool take_word(struct pv_json_body *body, const char *word)
{
    size_t length = strlen(word);

    if ((size_t)(body->end - body->at) < length || memcmp(body->at, word, length) != 0)
        return false;
    body->at += length;
    return true;
}

static unsigned hex4(const char *at)
{
    unsigned code = 0;

    for (int i = 0; i < 4; i++)
        code = code << 4 | (unsigned)pv_hex_value(at[i]);
    return code;
}

/* From behind a `\u`, whose digits are known to be there, and the second half of a pair as well. An
 * escape is never shorter than its character. */
static char *unicode_escape(struct pv_json_body *body, char *out)
{
    unsigned code = hex4(body->at);

    body->at += 4;
    if (code >= 0xd800 && code <= 0xdbff) {
        code = 0x10000 + ((code - 0xd800) << 10) + (hex4(body->at + 2) - 0xdc00);
        body->at += 6;
    }
    return out + pv_utf8_encode(code, out);
}

/* From behind the backslash. NULL: there is no such escape. */
static char *escape(struct pv_json_body *body, char *out)
{
    static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    char c = *body->at++;
    const char *letter;

    if (c == 'u')
        return unicode_escape(body, out);
    letter = c != '\0' ? strchr(letters, c) : NULL;
    if (letter == NULL)
        return NULL;
    *out++ = meant[letter - letters];
    return out;
}

/* From behind the opening quote. The closing one is known to be there. */
static bool string(struct pv_json_body *body, struct pv_text *text)
{
    char *out = body->at + pv_json_plain_bytes(body->at, body->end);

    text->data = body->at;
    body->at = out;
    while (*body->at != '"') {
        if (*body->at != '\\') {
            *out++ = *body->at++;
            continue;
        }
        body->at++;
        out = escape(body, out);
        if (out == NULL)
            return false;
    }
    body->at++;
    text->length = (size_t)(out - text->data);
    return true;
}

static bool is_in_number(char c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

/* pv_json_strict has seen to it that a double tells whole numbers from others, and that it is below
 * 10^15. */
static void number(struct pv_json_body *body, struct pv_json_field *field)
{
    char text[64];
    size_t length = 0;
    double value;

    for (; body->at < body->end && is_in_number(*body->at); body->at++)
        if (length < sizeof text - 1)
            text[length++] = *body->at;
    text[length] = '\0';
    value = strtod(text, NULL);
    field->kind = PV_JSON_OTHER;
    if ((double)(int64_t)value == value) {
        field->kind = PV_JSON_INTEGER;
        field->integer = (int64_t)value;
    }
}

static bool value(struct pv_json_body *body, int depth, struct pv_json_field *field);

/* From behind the opening bracket of an array whose values nobody wants. */
static bool skip_array(struct pv_json_body *body, int depth)
{
    struct pv_json_field unused;

    if (take(body, ']'))
        return true;
    do {
        if (!value(body, depth, &unused))
            return false;
    } while (take(body, ','));
    return take(body, ']');
}

static struct pv_json_field *find(struct pv_text name, struct pv_json_field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (pv_text_is(name, fields[i].name))
            return &fields[i];
    return NULL;
}

/* From behind the opening brace. */
static bool object(struct pv_json_body *body, int depth, struct pv_json_field *fields, size_t count)
{
    if (take(body, '}'))
        return true;
    do {
        struct pv_json_field unused, *field;
        struct pv_text name;

        if (!take(body, '"') || !string(body, &name) || !take(body, ':'))
            return false;
        field = find(name, fields, count);
        if (!value(body, depth, field != NULL ? field : &unused))
            return false;
    } while (take(body, ','));
    return take(body, '}');
}

static bool word(struct pv_json_body *body, struct pv_json_field *field)
{
    field->kind = PV_JSON_OTHER;
    if (take_word(body, "true") || take_word(body, "false"))
        return true;
    field->kind = PV_JSON_ABSENT;
    return take_word(body, "null");
}

/* One value at `depth`, the number of brackets around it. */
static bool value(struct pv_json_body *body, int depth, struct pv_json_field *field)
{
    field->kind = PV_JSON_OTHER;
    skip_blanks(body);
    if (body->at == body->end)
        return false;
    switch (*body->at) {
    case '"':
        body->at++;
        field->kind = PV_JSON_STRING;
        return string(body, &field->text);
    case '[':
        body->at++;
        return depth < PV_JSON_DEPTH_MAX && skip_array(body, depth + 1);
    case '{':
        body->at++;
        return depth < PV_JSON_DEPTH_MAX && object(body, depth + 1, NULL, 0);
    case 't':
    case 'f':
    case 'n':
        return word(body, field);
    default:
        if (*body->at != '-' && (*body->at < '0' || *body->at > '9'))
            return false;
        number(body, field);
        return true;
    }
}

bool pv_json_body_begin(struct pv_json_body *body, char *text, size_t length)
{
    *body = (struct pv_json_body){text, text + length, false, 0};
    if (!pv_json_strict(text, length))
        return false;
    body->is_array = take(body, '[');
    return true;
}

static enum pv_json_next end_of(struct pv_json_body *body)
{
    skip_blanks(body);
    return body->at == body->end ? PV_JSON_END : PV_JSON_BAD;
}

/* Passes the comma in front of the next element. PV_JSON_OBJECT: there is one to read. */
static enum pv_json_next next_element(struct pv_json_body *body)
{
    if (!body->is_array)
        return body->count == 0 ? PV_JSON_OBJECT : end_of(body);
    if (take(body, ']')) {
        body->is_array = false; /* only blanks may follow */
        body->count++;
        return end_of(body);
    }
    return body->count == 0 || take(body, ',') ? PV_JSON_OBJECT : PV_JSON_BAD;
}

enum pv_json_next pv_json_body_next(struct pv_json_body *body, struct pv_json_field *fields,
                                    size_t count)
{
    struct pv_json_field unused;
    enum pv_json_next next = next_element(body);
    int depth = body->is_array ? 1 : 0;

    if (next != PV_JSON_OBJECT)
        return next;
    body->count++;
    for (size_t i = 0; i < count; i++)
        fields[i].kind = PV_JSON_ABSENT;
    if (take(body, '{'))
        return object(body, depth + 1, fields, count) ? PV_JSON_OBJECT : PV_JSON_BAD;
    return value(body, depth, &unused) ? PV_JSON_NO_OBJECT : PV_JSON_BAD;
}
