#include "test_pageview_support.h"

#include "dashboard-export/timezone.h"
#include "dashboard_files.h"

static char database[TEST_PATH_SIZE];

static int set_up(void **state)
{
    char below[TEST_PATH_SIZE];

    (void)state;
    make_directory(database);
    join_path(below, database, "Europe");
    assert_return_code(mkdir(below, 0755), 0);
    put_file(database, "Europe/Berlin", "TZif2", 5);
    put_file(database, "tzdata.zi", "# version", 9);
    put_file(database, "short", "TZ", 2);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    remove_directory(database);
    return 0;
}

static void zone_of_the_database_is_taken(void **state)
{
    struct pv_error error;

    (void)state;
    assert_int_equal(pv_timezone_check("Europe/Berlin", database, &error), PV_OK);
}

static void zone_that_is_not_there_is_refused_and_named(void **state)
{
    static const char *const names[] = {"Europe/Bärlin", "Europe/Paris",  "Europe", "short",
                                        "tzdata.zi",     "../etc/passwd", "",       "/Berlin"};
    struct pv_error error;

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_int_equal(pv_timezone_check(names[i], database, &error), PV_INVALID);
        assert_contains(error.text, "--timezone=");
        assert_contains(error.text, names[i]);
        assert_contains(error.text, "Europe/Berlin");
    }
}

static void without_a_database_the_name_only_has_to_look_like_one(void **state)
{
    static const char too_long[] =
        "Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    struct pv_error error;

    (void)state;
    assert_int_equal(pv_timezone_check("Etc/GMT+7", "/nowhere", &error), PV_OK);
    assert_int_equal(pv_timezone_check("America/Port-au-Prince", "/nowhere", &error), PV_OK);
    assert_int_equal(pv_timezone_check("Europe/\"Berlin", "/nowhere", &error), PV_INVALID);
    assert_int_equal(pv_timezone_check(too_long, "/nowhere", &error), PV_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zone_of_the_database_is_taken),
        cmocka_unit_test(zone_that_is_not_there_is_refused_and_named),
        cmocka_unit_test(without_a_database_the_name_only_has_to_look_like_one),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
