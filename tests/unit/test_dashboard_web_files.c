#include "test_pageview_support.h"

#include "dashboard-export/web_files.h"
#include "dashboard_files.h"

/* What a page may cost that many keep open, some of them on the move. */
enum { DASHBOARD_BYTES_MAX = 150000 };

struct fixture {
    char path[TEST_PATH_SIZE];
    struct pv_dashboard_options options;
    struct pv_progress progress;
    struct pv_exporter exporter;
    struct pv_round round;
};

static void set_up(struct fixture *fixture, bool dashboard)
{
    struct pv_error error;

    *fixture = (struct fixture){.options = {.dashboard = dashboard}};
    make_directory(fixture->path);
    fixture->options.out = fixture->path;
    pv_exporter_init(&fixture->exporter, &fixture->options, NULL, &fixture->progress);
    fixture->round = (struct pv_round){.exporter = &fixture->exporter, .failure = {PV_OK, ""}};
    assert_int_equal(pv_directory_open(&fixture->exporter.directory, &error), PV_OK);
}

static void tear_down(struct fixture *fixture)
{
    pv_exporter_clean_up(&fixture->exporter);
    remove_directory(fixture->path);
}

static void assert_there(const struct fixture *fixture, const struct pv_web_file *file)
{
    struct pv_buffer text = get_file(fixture->path, file->path);

    assert_int_equal(text.length, file->size);
    assert_memory_equal(text.data, file->data, file->size);
    pv_buffer_clean_up(&text);
}

static void every_file_is_put_beside_the_counts(void **state)
{
    struct fixture fixture;

    (void)state;
    set_up(&fixture, true);
    assert_int_equal(pv_web_files_export(&fixture.round), PV_OK);
    for (const struct pv_web_file *file = pv_web_files; file->path != NULL; file++)
        assert_there(&fixture, file);
    assert_true(file_exists(fixture.path, "index.html"));
    assert_true(file_exists(fixture.path, "dashboard/uplot-license.txt"));
    tear_down(&fixture);
}

static void without_the_dashboard_there_is_the_script_for_pages(void **state)
{
    struct fixture fixture;

    (void)state;
    set_up(&fixture, false);
    assert_int_equal(pv_web_files_export(&fixture.round), PV_OK);
    assert_true(file_exists(fixture.path, "views.js"));
    assert_int_equal(count_entries(fixture.path), 1);
    tear_down(&fixture);
}

static void files_are_written_once(void **state)
{
    struct fixture fixture;

    (void)state;
    set_up(&fixture, true);
    assert_int_equal(pv_web_files_export(&fixture.round), PV_OK);
    put_file(fixture.path, "index.html", "mine", 4);
    assert_int_equal(pv_web_files_export(&fixture.round), PV_OK);
    assert_file(fixture.path, "index.html", "mine");
    tear_down(&fixture);
}

static void another_process_writes_only_what_differs(void **state)
{
    struct fixture fixture;
    struct stat script, page;

    (void)state;
    set_up(&fixture, true);
    assert_int_equal(pv_web_files_export(&fixture.round), PV_OK);
    script = file_identity(fixture.path, "views.js");
    put_file(fixture.path, "index.html", "of another version", 18);
    page = file_identity(fixture.path, "index.html");
    fixture.exporter.web_opening = 0;
    assert_int_equal(pv_web_files_export(&fixture.round), PV_OK);
    assert_untouched(fixture.path, "views.js", script);
    assert_int_not_equal(file_identity(fixture.path, "index.html").st_size, page.st_size);
    tear_down(&fixture);
}

static void directory_that_was_replaced_gets_them_again(void **state)
{
    struct fixture fixture;
    struct pv_error error;

    (void)state;
    set_up(&fixture, true);
    assert_int_equal(pv_web_files_export(&fixture.round), PV_OK);
    remove_directory(fixture.path);
    assert_int_equal(pv_directory_open(&fixture.exporter.directory, &error), PV_OK);
    assert_int_equal(pv_web_files_export(&fixture.round), PV_OK);
    assert_true(file_exists(fixture.path, "index.html"));
    tear_down(&fixture);
}

static void file_that_failed_is_tried_again_and_the_others_are_there(void **state)
{
    struct fixture fixture;
    char path[TEST_PATH_SIZE];

    (void)state;
    set_up(&fixture, true);
    join_path(path, fixture.path, "views.js");
    assert_return_code(mkdir(path, 0755), 0);
    assert_int_equal(pv_web_files_export(&fixture.round), PV_OK);
    assert_int_equal(fixture.round.failure.status, PV_IO);
    assert_contains(fixture.round.failure.text, "views.js");
    assert_true(file_exists(fixture.path, "index.html"));
    assert_return_code(rmdir(path), 0);
    fixture.round.failure.status = PV_OK;
    assert_int_equal(pv_web_files_export(&fixture.round), PV_OK);
    assert_true(file_exists(fixture.path, "views.js"));
    tear_down(&fixture);
}

static void dashboard_is_small(void **state)
{
    size_t bytes = 0;

    (void)state;
    for (const struct pv_web_file *file = pv_web_files; file->path != NULL; file++)
        bytes += file->is_dashboard ? file->size : 0;
    print_message("the dashboard has %zu bytes\n", bytes);
    assert_in_range(bytes, 1, DASHBOARD_BYTES_MAX);
}

static void page_comes_last_and_names_each_of_its_files(void **state)
{
    const struct pv_web_file *page = pv_web_files, *file;
    struct pv_buffer text = {0};

    (void)state;
    while (page[1].path != NULL)
        page++;
    assert_string_equal(page->path, "index.html");
    pv_buffer_add(&text, page->data, page->size);
    pv_buffer_add_char(&text, '\0');
    for (file = pv_web_files; file < page; file++)
        if (file->is_dashboard)
            assert_contains(text.data, file->path);
    pv_buffer_clean_up(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_file_is_put_beside_the_counts),
        cmocka_unit_test(without_the_dashboard_there_is_the_script_for_pages),
        cmocka_unit_test(files_are_written_once),
        cmocka_unit_test(another_process_writes_only_what_differs),
        cmocka_unit_test(directory_that_was_replaced_gets_them_again),
        cmocka_unit_test(file_that_failed_is_tried_again_and_the_others_are_there),
        cmocka_unit_test(dashboard_is_small),
        cmocka_unit_test(page_comes_last_and_names_each_of_its_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
