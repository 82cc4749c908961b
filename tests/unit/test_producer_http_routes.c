#include "http_endpoints.h"

static unsigned status_of(const char *method, const char *path)
{
    answer.status = 0;
    return pv_http_route_find(path, method, &endpoints, &answer) != NULL ? 0 : answer.status;
}

static void every_endpoint_has_its_methods(void **state)
{
    static const struct {
        const char *path, *methods[4], *allow;
    } rows[] = {
        {"/v1/views", {"POST"}, "POST, OPTIONS"},
        {"/v1/pixel.gif", {"GET", "HEAD"}, "GET, HEAD, OPTIONS"},
        {"/pv.js", {"GET", "HEAD"}, "GET, HEAD, OPTIONS"},
        {"/api/event", {"POST"}, "POST, OPTIONS"},
        {"/count", {"GET", "HEAD", "POST"}, "GET, HEAD, POST, OPTIONS"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size_t j = 0; rows[i].methods[j] != NULL; j++)
            assert_int_equal(status_of(rows[i].methods[j], rows[i].path), 0);
        assert_int_equal(status_of("DELETE", rows[i].path), 405);
        assert_string_equal(answer.allow, rows[i].allow);
        assert_int_equal(status_of("OPTIONS", rows[i].path), 204);
        assert_string_equal(answer.allow, rows[i].allow);
        assert_string_equal(header("Access-Control-Allow-Headers"), "Content-Type");
    }
}

static void methods_are_whole_words_in_upper_case(void **state)
{
    static const char *const methods[] = {"", "GE", "G", "get", "GET,", "GET, HEAD", " GET", ", "};

    (void)state;
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        assert_int_equal(status_of(methods[i], "/pv.js"), 405);
}

static void other_paths_are_not_found(void **state)
{
    static const char *const paths[] = {"",        "/",           "/v1",    "/v1/views/",
                                        "//pv.js", "/pv.js%20",   "/PV.JS", "/v1/%76iews",
                                        "*",       "/v1/../pv.js"};

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        assert_int_equal(status_of("GET", paths[i]), 404);
        assert_memory_equal(answer.body.data, "{\"error\":\"", 10);
    }
}

static bool takes(const char *path, const char *type)
{
    const struct pv_http_route *route = pv_http_route_find(path, "POST", &endpoints, &answer);

    assert_non_null(route);
    return pv_http_route_takes(route, type != NULL ? text_of(type) : (struct pv_text){NULL, 0});
}

static void bodies_are_json_whatever_they_are_called(void **state)
{
    static const char *const paths[] = {"/v1/views", "/api/event"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assert_true(takes(paths[i], "application/json"));
        assert_true(takes(paths[i], "Application/JSON; charset=utf-8"));
        assert_true(takes(paths[i], "text/plain;charset=UTF-8"));
        assert_false(takes(paths[i], "text/html"));
        assert_false(takes(paths[i], "application/jsonx"));
        assert_false(takes(paths[i], "application/x-www-form-urlencoded"));
        assert_false(takes(paths[i], ""));
        assert_false(takes(paths[i], NULL));
    }
    assert_true(takes("/count", NULL));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_endpoint_has_its_methods),
        TEST(methods_are_whole_words_in_upper_case),
        TEST(other_paths_are_not_found),
        TEST(bodies_are_json_whatever_they_are_called),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
