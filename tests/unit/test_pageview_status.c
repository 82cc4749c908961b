#include "test_pageview_support.h"

#include "pageview/status.h"

static void error_carries_status_and_text(void **state)
{
    struct pv_error error;

    (void)state;
    assert_int_equal(pv_error_set(&error, PV_IO, "read %s: %d", "a.log", 5), PV_IO);
    assert_int_equal(error.status, PV_IO);
    assert_string_equal(error.text, "read a.log: 5");
}

static void error_may_be_null(void **state)
{
    (void)state;
    assert_int_equal(pv_error_set(NULL, PV_LOST, "nobody reads this"), PV_LOST);
    assert_int_equal(pv_error_nomem(NULL, "nothing"), PV_NOMEM);
}

static void prefix_goes_in_front_and_keeps_the_status(void **state)
{
    struct pv_error error;

    (void)state;
    pv_error_set(&error, PV_REFUSED, "WRONGTYPE");
    assert_int_equal(pv_error_prefix(&error, "partition %d", 3), PV_REFUSED);
    assert_string_equal(error.text, "partition 3: WRONGTYPE");
    pv_error_prefix(&error, "committing");
    assert_string_equal(error.text, "committing: partition 3: WRONGTYPE");
}

static void text_too_long_is_cut_not_overrun(void **state)
{
    struct pv_error error;
    char huge[2 * sizeof error.text];

    (void)state;
    memset(huge, 'x', sizeof huge - 1);
    huge[sizeof huge - 1] = '\0';
    pv_error_set(&error, PV_INVALID, "%s", huge);
    assert_int_equal(strlen(error.text), sizeof error.text - 1);
    pv_error_prefix(&error, "front");
    assert_int_equal(strlen(error.text), sizeof error.text - 1);
    assert_memory_equal(error.text, "front: xxx", 10);
    pv_error_prefix(&error, "%s", huge);
    assert_int_equal(strlen(error.text), sizeof error.text - 1);
}

static void out_of_memory_says_for_what(void **state)
{
    struct pv_error error;

    (void)state;
    assert_int_equal(pv_error_nomem(&error, "the batch"), PV_NOMEM);
    assert_string_equal(error.text, "out of memory for the batch");
}

static void exit_codes_are_0_fine_2_configuration_1_the_rest(void **state)
{
    static const struct {
        enum pv_status status;
        int code;
    } cases[] = {{PV_OK, 0},   {PV_INVALID, 2}, {PV_UNAVAILABLE, 1}, {PV_REFUSED, 1},
                 {PV_LOST, 1}, {PV_IO, 1},      {PV_NOMEM, 1}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(pv_exit_code(cases[i].status), cases[i].code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(error_carries_status_and_text),
        cmocka_unit_test(error_may_be_null),
        cmocka_unit_test(prefix_goes_in_front_and_keeps_the_status),
        cmocka_unit_test(text_too_long_is_cut_not_overrun),
        cmocka_unit_test(out_of_memory_says_for_what),
        cmocka_unit_test(exit_codes_are_0_fine_2_configuration_1_the_rest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
