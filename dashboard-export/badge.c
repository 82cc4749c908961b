#include "dashboard-export/badge.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "pageview/utf8.h"

/* Groups of three digits are set apart by a space that is narrow and does not break. */
#define NARROW_SPACE "\xe2\x80\xaf"

/* Pixels: what a character takes in a sans serif of 11, and what stands beside the text. */
enum { CHARACTER_WIDTH = 7, PADDING = 16 };

/* The largest number has 19 digits and 6 spaces of 3 bytes. */
enum { NUMBER_SIZE = 40, WORD_SIZE = PV_BADGE_WORD_MAX + 1 };

const struct pv_badge_words pv_badge_english = {"view", "views"};

/* Writes a number in groups; returns its characters. */
static size_t write_number(int64_t number, char out[NUMBER_SIZE])
{
    char digits[NUMBER_SIZE];
    size_t count = (size_t)snprintf(digits, sizeof digits, "%" PRId64, number), length = 0;

    for (size_t i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0) {
            memcpy(out + length, NARROW_SPACE, strlen(NARROW_SPACE));
            length += strlen(NARROW_SPACE);
        }
        out[length++] = digits[i];
    }
    out[length] = '\0';
    return count + (count - 1) / 3;
}

/* What a character that means something to XML is written as; NULL for any other. */
static const char *escape(char c)
{
    static const struct {
        char c;
        const char *as;
    } escapes[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}};

    for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++)
        if (escapes[i].c == c)
            return escapes[i].as;
    return NULL;
}

static bool is_drawn(uint32_t code_point)
{
    return !pv_utf8_is_control(code_point) && code_point != 0xfffe && code_point != 0xffff;
}

/* Writes what XML can hold of the word; returns its characters. */
static size_t write_word(const char *word, char out[WORD_SIZE])
{
    size_t length = strlen(word), at = 0, end = 0, characters = 0;

    while (at < length) {
        uint32_t code_point = 0;
        size_t bytes = pv_utf8_decode(word + at, length - at, &code_point);
        const char *escaped = bytes == 1 ? escape(word[at]) : NULL;
        const char *written = escaped != NULL ? escaped : word + at;
        size_t size = escaped != NULL ? strlen(escaped) : bytes;

        at += bytes > 0 ? bytes : 1;
        if (bytes == 0 || !is_drawn(code_point))
            continue;
        if (end + size > PV_BADGE_WORD_MAX)
            break;
        memcpy(out + end, written, size);
        end += size;
        characters++;
    }
    out[end] = '\0';
    return characters;
}

void pv_badge_write(struct pv_buffer *buffer, int64_t views, const struct pv_badge_words *words)
{
    char number[NUMBER_SIZE], word[WORD_SIZE], text[NUMBER_SIZE + 1 + WORD_SIZE];
    size_t width =
        PADDING + CHARACTER_WIDTH * (write_number(views, number) + 1 +
                                     write_word(views == 1 ? words->one : words->many, word));

    snprintf(text, sizeof text, "%s %s", number, word);
    pv_buffer_add_format(buffer,
                         "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%zu\" height=\"20\" "
                         "role=\"img\" aria-label=\"%s\"><title>%s</title><style>"
                         "rect{fill:#e8ebee}text{fill:#1d2125;font:11px Verdana,sans-serif}"
                         "@media(prefers-color-scheme:dark){rect{fill:#2b3036}text{fill:#f0f2f4}}"
                         "</style><rect width=\"%zu\" height=\"20\" rx=\"3\"/>"
                         "<text x=\"50%%\" y=\"14\" text-anchor=\"middle\">%s</text></svg>\n",
                         width, text, text, width, text);
}
