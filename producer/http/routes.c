#include <string.h>
#include <strings.h>

#include "producer/http/endpoint_handlers.h"
#include "producer/http/endpoints.h"

static const char *const json_types[] = {"application/json", "text/plain", NULL};

/* A row an endpoint. */
static const struct pv_http_route routes[] = {
    {"/v1/views", "POST, OPTIONS", json_types, pv_endpoint_views},
    {"/v1/pixel.gif", "GET, HEAD, OPTIONS", NULL, pv_endpoint_pixel},
    {"/pv.js", "GET, HEAD, OPTIONS", NULL, pv_endpoint_script},
    {"/api/event", "POST, OPTIONS", json_types, pv_endpoint_plausible},
    {"/count", "GET, HEAD, POST, OPTIONS", NULL, pv_endpoint_goatcounter},
};

/* Whether `method` is one of "GET, HEAD". */
static bool has_method(const char *allow, const char *method)
{
    size_t length = strlen(method);

    for (; *allow != '\0'; allow += strspn(allow, ", ")) {
        size_t word = strcspn(allow, ",");

        if (word == length && memcmp(allow, method, length) == 0)
            return true;
        allow += word;
    }
    return false;
}

static const struct pv_http_route *find_path(const char *path)
{
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++)
        if (strcmp(routes[i].path, path) == 0)
            return &routes[i];
    return NULL;
}

/* What a browser asks before it sends JSON from another site. */
static void answer_options(const struct pv_http_route *route, struct pv_http_answer *answer)
{
    static const struct pv_http_header headers[] = {
        {"Access-Control-Allow-Headers", "Content-Type"},
        {"Access-Control-Max-Age", "86400"},
        {NULL, NULL},
    };

    *answer = (struct pv_http_answer){204, headers, {NULL, 0}, route->allow};
}

const struct pv_http_route *pv_http_route_find(const char *path, const char *method,
                                               struct pv_endpoints *endpoints,
                                               struct pv_http_answer *answer)
{
    const struct pv_http_route *route = find_path(path);

    if (route == NULL) {
        pv_http_answer_error(endpoints, 404, "there is no such endpoint", answer);
        return NULL;
    }
    if (!has_method(route->allow, method)) {
        pv_http_answer_error(endpoints, 405, "the endpoint has no such method", answer);
        answer->allow = route->allow;
        return NULL;
    }
    if (strcmp(method, "OPTIONS") == 0) {
        answer_options(route, answer);
        return NULL;
    }
    return route;
}

static bool ends_type(char c)
{
    return c == ';' || c == ' ' || c == '\t';
}

bool pv_http_route_takes(const struct pv_http_route *route, struct pv_text content_type)
{
    size_t length = 0;

    if (route->types == NULL)
        return true;
    while (length < content_type.length && !ends_type(content_type.data[length]))
        length++;
    for (const char *const *type = route->types; *type != NULL; type++)
        if (strlen(*type) == length && strncasecmp(*type, content_type.data, length) == 0)
            return true;
    return false;
}
