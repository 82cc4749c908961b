/* Which answers get a response that was made before; libmicrohttpd without a server. */
#include "test_pageview_support.h"

#include "producer/http/responses.h"

static const struct pv_http_header json[] = {{"Content-Type", "application/json"}, {NULL, NULL}};
static const struct pv_http_header gif[] = {{"Content-Type", "image/gif"}, {NULL, NULL}};

static struct pv_http_answer answer_of(const struct pv_http_header *headers, const char *body)
{
    return (struct pv_http_answer){202, headers, {body, strlen(body)}, NULL};
}

static struct MHD_Response *make(void)
{
    static char nothing[1];

    return MHD_create_response_from_buffer(0, nothing, MHD_RESPMEM_PERSISTENT);
}

/* Keeps a response, or ends it. */
static bool keep(struct pv_http_responses *responses, struct pv_http_answer answer,
                 enum pv_cors cors)
{
    struct MHD_Response *response = make();
    bool kept = pv_http_responses_keep(responses, &answer, cors, response);

    if (!kept)
        MHD_destroy_response(response);
    return kept;
}

static bool has(const struct pv_http_responses *responses, struct pv_http_answer answer,
                enum pv_cors cors)
{
    return pv_http_responses_find(responses, &answer, cors) != NULL;
}

static void like_answer_has_the_same_response(void **state)
{
    struct pv_http_responses responses = {0};
    char body[] = "{\"accepted\":1}";

    (void)state;
    assert_false(has(&responses, answer_of(json, body), PV_CORS_NONE));
    assert_true(keep(&responses, answer_of(json, body), PV_CORS_NONE));
    body[12] = '2'; /* its memory is another answer's now */
    assert_true(has(&responses, answer_of(json, "{\"accepted\":1}"), PV_CORS_NONE));
    assert_false(has(&responses, answer_of(json, body), PV_CORS_NONE));
    assert_false(has(&responses, answer_of(gif, "{\"accepted\":1}"), PV_CORS_NONE));
    assert_false(has(&responses, answer_of(json, "{\"accepted\":1} "), PV_CORS_NONE));
    assert_false(has(&responses, answer_of(json, "{\"accepted\":1}"), PV_CORS_ANY));
    pv_http_responses_clean_up(&responses);
}

static void answer_that_is_not_like_others_is_not_kept(void **state)
{
    struct pv_http_responses responses = {0};
    struct pv_http_answer allowing = answer_of(json, "");
    char body[PV_HTTP_RESPONSE_BODY_MAX + 2];

    (void)state;
    allowing.allow = "GET";
    memset(body, 'x', sizeof body);
    body[sizeof body - 1] = '\0';
    assert_false(keep(&responses, answer_of(json, body), PV_CORS_NONE));
    assert_true(keep(&responses, answer_of(json, body + 1), PV_CORS_NONE));
    assert_false(keep(&responses, answer_of(json, ""), PV_CORS_ECHO));
    assert_false(keep(&responses, allowing, PV_CORS_NONE));
    assert_true(keep(&responses, answer_of(json, ""), PV_CORS_NONE));
    assert_false(has(&responses, answer_of(json, ""), PV_CORS_ECHO));
    assert_false(has(&responses, allowing, PV_CORS_NONE));
    pv_http_responses_clean_up(&responses);
}

static void oldest_response_makes_room(void **state)
{
    static const char bodies[] = "0\0001\0002\0003\0004";
    struct pv_http_responses responses = {0};

    (void)state;
    for (size_t i = 0; i <= PV_HTTP_RESPONSES; i++)
        assert_true(keep(&responses, answer_of(json, bodies + 2 * i), PV_CORS_NONE));
    assert_false(has(&responses, answer_of(json, "0"), PV_CORS_NONE));
    for (size_t i = 1; i <= PV_HTTP_RESPONSES; i++)
        assert_true(has(&responses, answer_of(json, bodies + 2 * i), PV_CORS_NONE));
    pv_http_responses_clean_up(&responses);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(like_answer_has_the_same_response),
        cmocka_unit_test(answer_that_is_not_like_others_is_not_kept),
        cmocka_unit_test(oldest_response_makes_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
