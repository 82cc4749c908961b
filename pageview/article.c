/* The rules, in docs/policy.md's order: take the path; cut query and fragment, but keep the
 * parameters that are asked for; percent-decode; collapse `//`; resolve `.` and `..`; drop a
 * trailing index file, `/amp`, and slash.
 *
 * An id has to be its own id, or one article gets two counters when a link is copied from a
 * report. Each rule done once does not give that, so each is carried to its own end before the
 * next begins:
 * - Decoding can make new escapes (`%%34%31` → `%41` → `A`). decode() goes from right to left,
 *   so that what is behind a `%` is final when the `%` is looked at. As no two escapes share a
 *   byte, the order of decoding does not matter, and one such pass ends where repeated passes do.
 * - Dropping a suffix can uncover another (/a/amp/index.html). With the slash at the end gone,
 *   a path is a list of names, and as long as the last one is an index file or `amp` it is
 *   dropped.
 * After that no rule finds anything to do: the later ones bring no `%`, `//` or `.` together. */
#include "pageview/article.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "pageview/hex.h"
#include "pageview/utf8.h"

#define TARGET_MAX ((size_t)65536)

/* Escapes of these stay: decoded, they would mean something else. In a parameter, so would the
 * separator and the plus that stands for a space. */
#define KEPT_IN_PATH  "/?#%"
#define KEPT_IN_QUERY "/?#%&+"

/* Where text is decoded, from its end on. One byte more than a target: its first name gets the
 * slash that it may lack. */
struct room {
    char text[1 + TARGET_MAX];
};

/* Each kept parameter has at least a name of one byte and a separator. */
#define PARAMS_MAX (PV_ARTICLE_SIZE_MAX / 2)

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_scheme_char(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '.' || c == '-';
}

/* Length of "scheme://host" at the start of the text (not empty), or 0. */
static size_t origin_length(struct pv_text text)
{
    size_t at = 0;
    const char *slash;

    if (!is_letter(text.data[0]))
        return 0;
    while (at < text.length && is_scheme_char(text.data[at]))
        at++;
    if (text.length - at < 3 || memcmp(text.data + at, "://", 3) != 0)
        return 0;
    at += 3;
    slash = memchr(text.data + at, '/', text.length - at);
    return slash != NULL ? (size_t)(slash - text.data) : text.length;
}

struct pv_text pv_article_path(struct pv_text target, struct pv_text *query)
{
    struct pv_text path = {target.data, 0};
    size_t end;

    while (path.length < target.length && target.data[path.length] != '?' &&
           target.data[path.length] != '#')
        path.length++;
    *query = (struct pv_text){"", 0};
    if (path.length < target.length && target.data[path.length] == '?') {
        const char *begin = target.data + path.length + 1;
        size_t rest = target.length - path.length - 1;
        const char *hash = memchr(begin, '#', rest);

        *query = (struct pv_text){begin, hash != NULL ? (size_t)(hash - begin) : rest};
    }
    if (path.length == 0 || path.data[0] == '/')
        return path;
    end = origin_length(path);
    if (end > 0 && end == path.length)
        return (struct pv_text){"/", 1};
    return (struct pv_text){path.data + end, path.length - end};
}

/* The byte that the two hex digits at `at` stand for, or -1. */
static int hex_byte(const char *at, const char *end)
{
    int high, low;

    if (end - at < 2)
        return -1;
    high = pv_hex_value(at[0]);
    low = pv_hex_value(at[1]);
    return high >= 0 && low >= 0 ? high * 16 + low : -1;
}

/* Puts the escape of `byte` in front of the decoded text [at, end): as a character, if it makes
 * one, with the escapes that follow it where it takes several; else as an escape. Returns the
 * new start, at most three bytes before `at`. */
static char *put_escape(unsigned char byte, char *at, const char *end, const char *kept)
{
    static const char hex[] = "0123456789ABCDEF";
    char bytes[4] = {(char)byte};
    size_t count = 1, size;
    uint32_t code_point;

    while (byte >= 0xc2 && count < sizeof bytes && end - (at + 3 * (count - 1)) >= 3 &&
           at[3 * (count - 1)] == '%') {
        int next = hex_byte(at + 3 * (count - 1) + 1, end);

        if (next < 0)
            break;
        bytes[count++] = (char)next;
    }
    size = pv_utf8_decode(bytes, count, &code_point);
    if (size == 0 || pv_utf8_is_control(code_point) ||
        (size == 1 && strchr(kept, bytes[0]) != NULL)) {
        *--at = hex[byte & 15];
        *--at = hex[byte >> 4];
        *--at = '%';
        return at;
    }
    at += 3 * (size - 1);
    at -= size;
    memcpy(at, bytes, size);
    return at;
}

/* Writes the decoded text so that it ends at `end`, and returns where it begins: at most
 * text.length bytes before. */
static char *decode(struct pv_text text, const char *kept, char *end)
{
    char *at = end;

    for (size_t i = text.length; i-- > 0;) {
        int byte = text.data[i] == '%' ? hex_byte(at, end) : -1;

        if (byte >= 0)
            at = put_escape((unsigned char)byte, at + 2, end, kept);
        else
            *--at = text.data[i];
    }
    return at;
}

/* Rewrites the path at [from, end) as "/name/name", without empty, `.` and `..` names, to `out`,
 * which may be the same memory if it begins before `from`. Returns its length, 0 for the root. */
static size_t resolve(const char *from, const char *end, char *out)
{
    size_t length = 0;

    while (from < end) {
        const char *slash = memchr(from, '/', (size_t)(end - from));
        size_t size = (size_t)((slash != NULL ? slash : end) - from);

        if (size == 2 && memcmp(from, "..", 2) == 0) {
            while (length > 0 && out[--length] != '/')
                ;
        } else if (size > 0 && !(size == 1 && from[0] == '.')) {
            out[length] = '/';
            memmove(out + length + 1, from, size);
            length += 1 + size;
        }
        from += size + (slash != NULL ? 1 : 0);
    }
    return length;
}

/* True when the path begins with `/` and is printable ASCII without `%`, `//` and `/.`: nearly
 * all are, and then nothing is left to do but to look at its end. */
static bool is_plain(struct pv_text path)
{
    bool after_slash = false;

    if (path.data[0] != '/')
        return false;
    for (size_t i = 0; i < path.length; i++) {
        char c = path.data[i];

        if (c < 0x20 || c > 0x7e || c == '%' || (after_slash && (c == '/' || c == '.')))
            return false;
        after_slash = c == '/';
    }
    return true;
}

static bool ends_with(struct pv_text path, const char *name, size_t size)
{
    return path.length >= size && memcmp(path.data + path.length - size, name, size) == 0;
}

#define ENDS_WITH(path, literal) ends_with((path), (literal), sizeof(literal) - 1)

/* Drops index files and `amp` from the end of "/name/name". */
static struct pv_text drop_suffixes(struct pv_text path)
{
    for (;;) {
        if (ENDS_WITH(path, "/index.html"))
            path.length -= sizeof "/index.html" - 1;
        else if (ENDS_WITH(path, "/index.htm") || ENDS_WITH(path, "/index.php"))
            path.length -= sizeof "/index.htm" - 1;
        else if (ENDS_WITH(path, "/amp"))
            path.length -= sizeof "/amp" - 1;
        else
            return path;
    }
}

static bool is_kept_param(struct pv_text name, const struct pv_list *keep_params)
{
    for (size_t i = 0; i < keep_params->count; i++)
        if (pv_text_is(name, keep_params->items[i]))
            return name.length > 0;
    return false;
}

/* The parameters that are kept, decoded and sorted bytewise. */
struct params {
    struct pv_text items[PARAMS_MAX];
    size_t count;
    char text[PV_ARTICLE_SIZE_MAX];
    size_t length;
};

static int compare(struct pv_text a, struct pv_text b)
{
    int order = memcmp(a.data, b.data, a.length < b.length ? a.length : b.length);

    if (order != 0)
        return order;
    return a.length < b.length ? -1 : a.length > b.length;
}

/* Only the value is decoded, so that a parameter keeps the name it is kept for. */
static bool add_param(struct params *params, struct pv_text name, struct pv_text value,
                      struct room *room)
{
    char *end = room->text + sizeof room->text;
    const char *decoded = decode(value, KEPT_IN_QUERY, end);
    size_t decoded_length = (size_t)(end - decoded);
    struct pv_text item = {params->text + params->length, name.length + decoded_length};
    size_t at = params->count;

    if (!pv_utf8_is_printable(name.data, name.length) ||
        !pv_utf8_is_printable(value.data, value.length))
        return false;
    if (item.length + 1 > sizeof params->text - params->length)
        return false;
    memcpy(params->text + params->length, name.data, name.length);
    memcpy(params->text + params->length + name.length, decoded, decoded_length);
    params->length += item.length + 1;
    for (; at > 0 && compare(params->items[at - 1], item) > 0; at--)
        params->items[at] = params->items[at - 1];
    params->items[at] = item;
    params->count++;
    return true;
}

/* False when a kept parameter cannot be part of an id, or there are too many. */
static bool collect_params(struct pv_text query, const struct pv_list *keep_params,
                           struct params *params)
{
    struct room room;
    const char *at = query.data, *stop = query.data + query.length;

    while (at < stop) {
        const char *separator = memchr(at, '&', (size_t)(stop - at));
        size_t size = (size_t)((separator != NULL ? separator : stop) - at);
        const char *equals = memchr(at, '=', size);
        size_t name_size = equals != NULL ? (size_t)(equals - at) : size;

        if (is_kept_param((struct pv_text){at, name_size}, keep_params)) {
            /* The `=` counts as part of the value: it is there or not, and stays so. */
            struct pv_text value = {at + name_size, size - name_size};

            if (!add_param(params, (struct pv_text){at, name_size}, value, &room))
                return false;
        }
        at += size + (separator != NULL ? 1 : 0);
    }
    return true;
}

/* "/name/name", in `room`, for a path that is not plain; data NULL when it is no UTF-8, or what is
 * left of it has control characters. */
static struct pv_text canonical_names(struct pv_text path, struct room *room)
{
    char *end = room->text + sizeof room->text;
    size_t length;

    if (!pv_utf8_is_valid(path.data, path.length))
        return (struct pv_text){NULL, 0};
    length = resolve(decode(path, KEPT_IN_PATH, end), end, room->text);
    if (!pv_utf8_is_printable(room->text, length))
        return (struct pv_text){NULL, 0};
    return (struct pv_text){room->text, length};
}

/* The id of a path alone, or 0. */
static size_t canonical_path(struct pv_text path, char out[PV_ARTICLE_SIZE_MAX])
{
    struct room room;
    struct pv_text id = path;

    if (!is_plain(path))
        id = canonical_names(path, &room);
    else if (path.data[path.length - 1] == '/')
        id.length--;
    if (id.data == NULL)
        return 0;
    id = drop_suffixes(id);
    if (id.length == 0)
        id = (struct pv_text){"/", 1};
    if (id.length > PV_ARTICLE_SIZE_MAX)
        return 0;
    memcpy(out, id.data, id.length);
    return id.length;
}

/* Appends "?a=1&b=2", what is kept of the query, to the id; returns its new length, or 0. */
static size_t add_query(struct pv_text query, const struct pv_list *keep_params,
                        char out[PV_ARTICLE_SIZE_MAX], size_t length)
{
    struct params params;

    params.count = params.length = 0;
    if (!collect_params(query, keep_params, &params))
        return 0;
    for (size_t i = 0; i < params.count; i++) {
        struct pv_text item = params.items[i];

        if (item.length + 1 > PV_ARTICLE_SIZE_MAX - length)
            return 0;
        out[length++] = i == 0 ? '?' : '&';
        memcpy(out + length, item.data, item.length);
        length += item.length;
    }
    return length;
}

size_t pv_article_canonical(const char *target, size_t length, const struct pv_list *keep_params,
                            char out[PV_ARTICLE_SIZE_MAX])
{
    struct pv_text path, query;

    if (length == 0 || length > TARGET_MAX)
        return 0;
    path = pv_article_path((struct pv_text){target, length}, &query);
    if (path.length == 0)
        return 0;
    length = canonical_path(path, out);
    if (length > 0 && query.length > 0 && keep_params != NULL && keep_params->count > 0)
        length = add_query(query, keep_params, out, length);
    return length;
}
