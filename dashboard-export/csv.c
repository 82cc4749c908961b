#include "dashboard-export/csv.h"

#include <inttypes.h>
#include <string.h>

static bool has_any(const char *text, size_t length, const char *of)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] != '\0' && strchr(of, text[i]) != NULL)
            return true;
    return false;
}

void pv_csv_cell(struct pv_buffer *buffer, const char *text, size_t length)
{
    bool is_formula = has_any(text, length > 0 ? 1 : 0, "=+-@\t\r");
    bool is_quoted = has_any(text, length, ",\"\r\n");

    if (is_quoted)
        pv_buffer_add_char(buffer, '"');
    if (is_formula)
        pv_buffer_add_char(buffer, '\'');
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '"')
            pv_buffer_add_char(buffer, '"');
        pv_buffer_add_char(buffer, text[i]);
    }
    if (is_quoted)
        pv_buffer_add_char(buffer, '"');
}

void pv_csv_top(struct pv_buffer *buffer, const struct pv_top *top)
{
    pv_buffer_add_text(buffer, "rank,article,views\r\n");
    for (size_t i = 0; i < top->count; i++) {
        pv_buffer_add_format(buffer, "%zu,", i + 1);
        pv_csv_cell(buffer, top->items[i].article, top->items[i].length);
        pv_buffer_add_format(buffer, ",%" PRId64 "\r\n", top->items[i].views);
    }
}

void pv_csv_site(struct pv_buffer *buffer, const struct pv_count_list *minutes)
{
    pv_buffer_add_text(buffer, "time,views\r\n");
    for (size_t i = 0; i < minutes->count; i++) {
        pv_csv_cell(buffer, minutes->items[i].name, minutes->items[i].length);
        pv_buffer_add_format(buffer, ",%" PRId64 "\r\n", minutes->items[i].count);
    }
}

void pv_csv_series(struct pv_buffer *buffer, enum pv_bucket_size size, int64_t last_ms,
                   const int64_t *views, size_t count)
{
    pv_buffer_add_text(buffer, "time,views\r\n");
    for (size_t i = 0; i < count; i++) {
        int64_t time_ms = last_ms - (int64_t)(count - 1 - i) * pv_bucket_length_ms(size);
        char name[PV_BUCKET_NAME_SIZE];

        if (time_ms < 0)
            continue;
        pv_bucket_name(size, time_ms, name);
        pv_buffer_add_format(buffer, "%s,%" PRId64 "\r\n", name, views[i]);
    }
}
