#include "dashboard-export/serve/written_files.h"

#include <string.h>

#include "pageview/event_json.h"

static const char *const directories_of_articles[] = {"articles/", "also-read/"};

void pv_written_files_clean_up(struct pv_written_files *files)
{
    pv_buffer_clean_up(&files->text);
    *files = (struct pv_written_files){0};
}

static bool is_of_article(const char *path)
{
    size_t directories = sizeof directories_of_articles / sizeof *directories_of_articles;

    for (size_t i = 0; i < directories; i++)
        if (strncmp(path, directories_of_articles[i], strlen(directories_of_articles[i])) == 0)
            return true;
    return false;
}

void pv_written_files_add(struct pv_written_files *files, const char *path)
{
    if (is_of_article(path))
        return;
    files->count++;
    if (files->text.length > PV_WRITTEN_FILES_MAX) {
        files->more = true;
        return;
    }
    if (files->text.length > 0)
        pv_buffer_add_char(&files->text, ',');
    pv_json_string_write(&files->text, path, strlen(path));
}

bool pv_written_files_take(struct pv_written_files *files, struct pv_buffer *json)
{
    bool some = files->count > 0;

    if (some) {
        pv_buffer_add_text(json, "{\"paths\":[");
        pv_buffer_add(json, files->text.data, files->text.length);
        pv_buffer_add_text(json, files->more ? "],\"more\":true}" : "]}");
        json->failed = json->failed || files->text.failed;
    }
    pv_buffer_reset(&files->text);
    files->count = 0;
    files->more = false;
    return some;
}
