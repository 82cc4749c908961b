#include "test_pageview_support.h"

#include "dashboard-export/csv.h"

static void cells_are_quoted_and_are_no_formulas(void **state)
{
    static const struct {
        const char *text, *cell;
    } cases[] = {
        {"/a", "/a"},
        {"", ""},
        {"a,b", "\"a,b\""},
        {"say \"hi\"", "\"say \"\"hi\"\"\""},
        {"two\nlines", "\"two\nlines\""},
        {"=1+1", "'=1+1"},
        {"+1", "'+1"},
        {"-1", "'-1"},
        {"@SUM(A1)", "'@SUM(A1)"},
        {"\tx", "'\tx"},
        {"\rx", "\"'\rx\""},
        {"=HYPERLINK(\"x\",\"y\")", "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\""},
        {"a=b", "a=b"},
        {"/\xc3\xa4", "/\xc3\xa4"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pv_buffer cell = {0};

        pv_csv_cell(&cell, cases[i].text, strlen(cases[i].text));
        pv_buffer_add_char(&cell, '\0');
        assert_string_equal(cell.data, cases[i].cell);
        pv_buffer_clean_up(&cell);
    }
}

static void tables_have_a_header_and_end_their_lines_with_crlf(void **state)
{
    static const int64_t hours[] = {5, 6};
    struct pv_count_list minutes = {0};
    struct pv_buffer text = {0};
    struct pv_error error;
    struct pv_top top;

    (void)state;
    assert_int_equal(pv_top_init(&top, 10, &error), PV_OK);
    assert_int_equal(pv_top_add(&top, "/a,b", 4, 4, &error), PV_OK);
    assert_int_equal(pv_top_add(&top, "=x", 2, 9, &error), PV_OK);
    pv_top_finish(&top);
    pv_csv_top(&text, &top);
    pv_top_clean_up(&top);
    assert_int_equal(pv_count_list_add(&minutes, "13:05", 5, 7, &error), PV_OK);
    pv_count_list_finish(&minutes);
    pv_csv_site(&text, &minutes);
    pv_csv_series(&text, PV_BUCKET_HOUR, 3 * PV_HOUR_MS, hours, 2);
    pv_count_list_clean_up(&minutes);
    pv_buffer_add_char(&text, '\0');
    assert_string_equal(text.data, "rank,article,views\r\n1,'=x,9\r\n2,\"/a,b\",4\r\n"
                                   "time,views\r\n13:05,7\r\n"
                                   "time,views\r\n1970-01-01T02,5\r\n1970-01-01T03,6\r\n");
    pv_buffer_clean_up(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_are_quoted_and_are_no_formulas),
        cmocka_unit_test(tables_have_a_header_and_end_their_lines_with_crlf),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
