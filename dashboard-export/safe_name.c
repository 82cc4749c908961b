#include "dashboard-export/safe_name.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <sodium.h>

#include "pageview/utf8.h"

enum { DIGITS = 32 };

/* A path that is written as long as it fits. */
struct name {
    char *out;
    size_t length;
    bool fits;
};

static void add(struct name *name, const char *text, size_t length)
{
    name->fits = name->fits && length < PV_SAFE_NAME_SIZE - name->length;
    if (!name->fits)
        return;
    memcpy(name->out + name->length, text, length);
    name->length += length;
}

static void add_hash(struct name *name, const char *marker, const char *text, size_t length)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    char digits[DIGITS + 1];

    crypto_hash_sha256(hash, (const unsigned char *)text, length);
    (void)sodium_bin2hex(digits, sizeof digits, hash, DIGITS / 2);
    add(name, marker, strlen(marker));
    add(name, digits, DIGITS);
}

static bool ends_like_a_file(const char *text, size_t length)
{
    static const char *const ends[] = {".json", ".svg", ".csv", ".gz"};

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t end = strlen(ends[i]);

        if (length >= end && memcmp(text + length - end, ends[i], end) == 0)
            return true;
    }
    return false;
}

static bool is_safe_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("._-,~", c) != NULL) || (unsigned char)c >= 0x80;
}

static bool is_safe(const char *text, size_t length)
{
    if (length == 0 || length > PV_SAFE_COMPONENT_MAX || text[0] == '.' || text[0] == '~')
        return false;
    for (size_t i = 0; i < length; i++)
        if (!is_safe_char(text[i]))
            return false;
    return !ends_like_a_file(text, length) && pv_utf8_is_printable(text, length);
}

static void add_component(struct name *name, const char *text, size_t length)
{
    if (is_safe(text, length))
        add(name, text, length);
    else if (length == 0)
        add(name, "~", 1);
    else
        add_hash(name, "~", text, length);
}

static size_t write_name(const char *text, size_t length, char out[PV_SAFE_NAME_SIZE])
{
    struct name name = {.out = out, .fits = true};
    size_t at = 0;

    for (int components = 1; name.fits; components++) {
        const char *slash = length > at ? memchr(text + at, '/', length - at) : NULL;
        size_t end = slash != NULL ? (size_t)(slash - text) : length;

        add_component(&name, text + at, end - at);
        if (slash == NULL)
            break;
        name.fits = name.fits && components < PV_SAFE_COMPONENTS_MAX;
        add(&name, "/", 1);
        at = end + 1;
    }
    if (!name.fits) {
        name = (struct name){.out = out, .fits = true};
        add_hash(&name, "~~", text, length);
    }
    out[name.length] = '\0';
    return name.length;
}

size_t pv_safe_name(const char *text, size_t length, char out[PV_SAFE_NAME_SIZE])
{
    size_t skip = length > 0 && text[0] == '/';

    return write_name(text + skip, length - skip, out);
}

size_t pv_safe_section_name(const char *text, size_t length, char out[PV_SAFE_NAME_SIZE])
{
    return write_name(text, length, out);
}
