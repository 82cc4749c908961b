/* A request to the collector, as it stands on the wire: a request line, header fields and, behind
 * an empty line, a body. It takes the way that a request takes through producer/http, but for the
 * socket and libmicrohttpd.
 *
 * The first byte is not part of it. Its bits say how the collector is set up, and what the spool
 * answers: see enum setting. */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "producer/http/endpoints.h"
#include "producer/http/head.h"
#include "producer/http/json_fields.h"
#include "producer/http/peer.h"
#include "producer/http/sites.h"

enum setting {
    CLIENT_TIME = 1,
    SPOOL_FULL = 2,
    SPOOL_FAILS = 4,
    ONE_SITE = 8,
    TWICE = 16, /* the request comes twice before the spool is written to */
};

enum {
    APPENDED_MAX = 1048576,      /* bytes that pv_spool_write takes at once */
    ADDED_MAX = APPENDED_MAX / 2 /* by one request */
};

struct request {
    char *path, *method;
    struct pv_http_head head;
    struct pv_http_request parts;
    char address[PV_IP_TEXT_SIZE];
};

/* Of the input at hand. */
static enum pv_spool_result spool_result;
static int64_t appended;

static int count_lines(const char *lines, size_t length)
{
    struct pv_text rest = {lines, length};
    int count = 0;

    for (; rest.length > 0; count++) {
        struct pv_text line = fuzz_take_line(&rest);

        fuzz_expect_event(line.data, line.length);
    }
    return count;
}

/* The linker puts it in the place of pv_spool_write. */
enum pv_spool_result __wrap_pv_spool_write(struct pv_spool_writer *writer, const char *lines,
                                           size_t length);

enum pv_spool_result __wrap_pv_spool_write(struct pv_spool_writer *writer, const char *lines,
                                           size_t length)
{
    (void)writer;
    fuzz_expect(length > 0 && length <= APPENDED_MAX, "a request's views fit into one append");
    fuzz_expect(lines[length - 1] == '\n', "lines are whole");
    appended += count_lines(lines, length);
    return spool_result;
}

static struct pv_collector_metrics metrics;

static struct pv_endpoints *endpoints_of(unsigned settings)
{
    static const char *hosts[] = {"example.org"};
    static const struct pv_list one_site = {hosts, 1};
    static struct pv_endpoints endpoints;

    endpoints.clock = &fuzz_clock;
    endpoints.metrics = &metrics;
    endpoints.to_spool.policy = fuzz_policy();
    endpoints.trust_client_time = (settings & CLIENT_TIME) != 0;
    endpoints.allow_hosts = (settings & ONE_SITE) != 0 ? &one_site : NULL;
    spool_result = (settings & SPOOL_FAILS) != 0  ? PV_SPOOL_FAILED
                   : (settings & SPOOL_FULL) != 0 ? PV_SPOOL_FULL
                                                  : PV_SPOOL_OK;
    return &endpoints;
}

/* Only its own part of the input is a field's, and has a NUL behind it as libmicrohttpd has it. */
static void add_field(struct pv_http_head *head, char *line)
{
    char *colon = strchr(line, ':');
    size_t length = strlen(line);

    if (length > 0 && line[length - 1] == '\r')
        line[--length] = '\0';
    if (colon == NULL)
        return;
    *colon++ = '\0';
    colon += strspn(colon, " ");
    pv_http_head_add(head, (struct pv_text){line, strlen(line)},
                     (struct pv_text){colon, strlen(colon)});
}

static char *line_at(char **text)
{
    char *line = *text, *feed = strchr(line, '\n');

    if (feed == NULL) {
        *text = line + strlen(line);
        return line;
    }
    *feed = '\0';
    *text = feed + 1;
    return line;
}

/* Everything in front of the body is in `front`, which is changed. */
static void read_front(char *front, struct request *request)
{
    char *line = line_at(&front), *query;

    request->method = line;
    request->path = line + strcspn(line, " ");
    if (*request->path != '\0')
        *request->path++ = '\0';
    request->path[strcspn(request->path, " \r")] = '\0';
    query = strchr(request->path, '?');
    if (query != NULL) {
        *query++ = '\0';
        request->parts.query_length = strlen(query);
        request->parts.query = query;
    }
    while (*front != '\0')
        add_field(&request->head, line_at(&front));
}

/* The length of what is in front of the body, and in `*behind` where that begins. */
static size_t front_length(struct pv_text input, size_t *behind)
{
    for (size_t i = 0; i + 1 < input.length; i++) {
        if (input.data[i] != '\n' || input.data[i + 1] == '\0')
            continue;
        *behind = i + (input.data[i + 1] == '\r' ? 3 : 2);
        if (*behind <= input.length && input.data[*behind - 1] == '\n')
            return i + 1;
    }
    *behind = input.length;
    return input.length;
}

static struct pv_networks *trusted(void)
{
    static const char *items[] = {"10.0.0.0/8", "2001:db8::/32"};
    static const struct pv_list list = {items, 2};
    static struct pv_networks *networks;
    struct pv_error error;

    if (networks == NULL && pv_networks_new("--trusted-proxy", &list, &networks, &error) != PV_OK)
        fuzz_fail(error.text);
    return networks;
}

static void fill_parts(struct request *request)
{
    const struct pv_http_head *head = &request->head;
    const struct pv_ip peer = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1}};
    struct pv_ip client = pv_client_of(trusted(), &peer, head->forwarded, head->forwarded_count);
    struct pv_http_request *parts = &request->parts;

    pv_ip_write(&client, request->address);
    parts->address = (struct pv_text){request->address, strlen(request->address)};
    parts->is_head = strcmp(request->method, "HEAD") == 0;
    parts->user_agent = head->user_agent.data != NULL ? head->user_agent : (struct pv_text){"", 0};
    parts->referer = head->referer;
    parts->origin = head->origin;
    parts->purpose = head->purpose;
    parts->if_none_match = head->if_none_match;
    parts->no_consent = head->no_consent;
}

/* Whether an endpoint gets it; if not, something else was answered. */
static const struct pv_http_route *admit(struct request *request, struct pv_endpoints *endpoints,
                                         struct pv_http_answer *answer)
{
    const char *problem = NULL;
    unsigned status = pv_http_head_check(&request->head, &problem);
    const struct pv_http_route *route;

    if (status != 0) {
        pv_http_answer_error(endpoints, status, problem, answer);
        return NULL;
    }
    route = pv_http_route_find(request->path, request->method, endpoints, answer);
    if (route == NULL || !pv_http_head_has_body(&request->head) ||
        pv_http_route_takes(route, request->head.content_type))
        return route;
    pv_http_answer_error(endpoints, 415, "another type", answer);
    return NULL;
}

static bool is_json_answer(const struct pv_http_answer *answer)
{
    for (const struct pv_http_header *header = answer->headers;
         header != NULL && header->name != NULL; header++)
        if (strcmp(header->value, "application/json") == 0)
            return true;
    return false;
}

/* With `accepted`, what the answer says it to be; -1: it does not say. */
static int64_t expect_json(struct pv_text body)
{
    struct pv_json_field fields[] = {{.name = "accepted"}, {.name = "error"}};
    char *copy = fuzz_copy(body.data, body.length);
    struct pv_json_body json;
    int64_t accepted = -1;

    fuzz_expect(pv_json_body_begin(&json, copy, body.length), "an answer is JSON");
    fuzz_expect(pv_json_body_next(&json, fields, 2) == PV_JSON_OBJECT, "an answer is an object");
    if (fields[0].kind == PV_JSON_INTEGER)
        accepted = fields[0].integer;
    else
        fuzz_expect(fields[1].kind == PV_JSON_STRING, "a refusal says why");
    fuzz_expect(pv_json_body_next(&json, NULL, 0) == PV_JSON_END, "an answer is one object");
    free(copy);
    return accepted;
}

static bool is_status(unsigned status)
{
    static const unsigned known[] = {200, 202, 204, 304, 400, 404, 405, 413, 415, 431, 503};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i] == status)
            return true;
    return false;
}

/* One request, up to the point where the spool is to be written to. Returns the views that it has
 * added. */
static int64_t handle(struct request *request, struct pv_endpoints *endpoints)
{
    size_t count = endpoints->to_spool.count, length = endpoints->to_spool.lines.length;
    struct pv_http_answer answer = {0};
    const struct pv_http_route *route;
    bool waits = false;
    int64_t said;

    fill_parts(request);
    route = admit(request, endpoints, &answer);
    if (route != NULL)
        waits = pv_endpoints_handle(endpoints, route, &request->parts, &answer);
    pv_cors_of(endpoints->allow_hosts, request->parts.origin);
    count = endpoints->to_spool.count - count;
    fuzz_expect(is_status(answer.status), "an answer has a status that is documented");
    fuzz_expect(waits == (count > 0), "what adds views waits for the spool, and nothing else");
    fuzz_expect(answer.status < 400 || count == 0, "a request that is refused adds no views");
    fuzz_expect(endpoints->to_spool.lines.length - length <= ADDED_MAX,
                "a request adds at most half of what an append takes");
    said = is_json_answer(&answer) ? expect_json(answer.body) : -1;
    fuzz_expect(said < 0 || said == (int64_t)count, "an answer says what was accepted");
    return (int64_t)count;
}

/* Behind `added` views. */
static void flush(struct pv_endpoints *endpoints, int64_t added)
{
    int64_t accepted = pv_metric_get(&metrics.accepted), refused = pv_metric_get(&metrics.refused);
    bool has_room = spool_result == PV_SPOOL_OK;

    appended = 0;
    if (added > 0)
        fuzz_expect(pv_endpoints_flush(endpoints) == has_room, "a full spool is told");
    accepted = pv_metric_get(&metrics.accepted) - accepted;
    refused = pv_metric_get(&metrics.refused) - refused;
    fuzz_expect(appended == added, "each view is a line");
    fuzz_expect(accepted == (has_room ? added : 0), "views that the spool has are accepted");
    fuzz_expect(refused == (has_room ? 0 : added), "views that it has not are refused");
    fuzz_expect(endpoints->to_spool.lines.length == 0, "no line is left for the next requests");
}

static int64_t take_request(struct pv_text input, struct pv_endpoints *endpoints)
{
    static char empty[1];
    struct request request = {0};
    size_t behind, length = front_length(input, &behind);
    char *front = fuzz_copy_text(input.data, length), *query = NULL, *body = NULL;
    int64_t added;

    read_front(front, &request);
    if (request.parts.query != NULL)
        request.parts.query = query = fuzz_copy(request.parts.query, request.parts.query_length);
    else
        request.parts.query = empty;
    request.parts.body = empty;
    if (behind < input.length && input.length - behind <= PV_HTTP_BODY_MAX) {
        request.parts.body_length = input.length - behind;
        request.parts.body = body = fuzz_copy(input.data + behind, input.length - behind);
    }
    added = handle(&request, endpoints);
    free(query);
    free(body);
    free(front);
    return added;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pv_text input = {(const char *)data + 1, size - 1};
    struct pv_endpoints *endpoints;
    int64_t added;

    if (size == 0)
        return 0;
    endpoints = endpoints_of(data[0]);
    added = take_request(input, endpoints);
    if ((data[0] & TWICE) != 0)
        added += take_request(input, endpoints);
    flush(endpoints, added);
    return 0;
}
