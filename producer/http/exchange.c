/* libmicrohttpd cannot answer a body that is still being sent: it would close the socket with
 * unread bytes in it, and the answer would be lost with them. Such an answer is written to the
 * socket here (pv_http_answer_send_last), the connection lingers, and what still comes is thrown
 * away. */
#include "producer/http/exchange.h"

#include <string.h>

#include "producer/http/answer.h"
#include "producer/http/serve.h"

enum {
    BODY_BYTES_MAX = 8388608, /* of all bodies being received */
    DISCARDED_MAX = 1048576,  /* of what a refused client still sends */
};

struct exchange {
    struct pv_collector *collector;
    struct MHD_Connection *mhd;
    struct pv_http_connection *connection;
    const char *path, *method, *version;
};

static enum MHD_Result add_field(void *head, enum MHD_ValueKind kind, const char *name,
                                 size_t name_length, const char *value, size_t value_length)
{
    (void)kind;
    pv_http_head_add(head, (struct pv_text){name, name_length},
                     value != NULL ? (struct pv_text){value, value_length}
                                   : (struct pv_text){"", 0});
    return MHD_YES;
}

static void read_head(const struct exchange *exchange)
{
    struct pv_http_head *head = &exchange->connection->head;

    *head = (struct pv_http_head){.needs_host = strcmp(exchange->version, "HTTP/1.1") == 0};
    MHD_get_connection_values_n(exchange->mhd, MHD_HEADER_KIND, add_field, head);
}

static void enter(const struct exchange *exchange, int phase)
{
    pv_http_client_enter(&exchange->connection->client, phase,
                         pv_serve_now_ms(exchange->collector));
}

/* Answers a request whose body is not wanted, or is not wanted any more. */
static enum MHD_Result refuse(const struct exchange *exchange, const struct pv_http_answer *answer)
{
    const struct pv_endpoints *endpoints = &exchange->collector->endpoints;
    struct pv_text origin = exchange->connection->head.origin;

    pv_http_answer_count(endpoints->metrics, answer);
    pv_http_answer_send_last(exchange->connection->client.fd, answer,
                             pv_cors_of(endpoints->allow_hosts, origin), origin);
    pv_serve_forget(exchange->collector, exchange->connection);
    enter(exchange, PV_HTTP_LINGER);
    return MHD_YES;
}

/* 0, or the status of a request that is refused whatever it asks for. */
static unsigned check(const struct pv_http_connection *connection, const char **problem)
{
    if (connection->client.is_over_limit) {
        *problem = "too many connections from this address";
        return 429;
    }
    if (connection->query.failed) {
        *problem = "out of memory: send it again later";
        return 503;
    }
    return pv_http_head_check(&connection->head, problem);
}

/* What can be said of a request before its body is there. False: `*answer` says it all. */
static bool admit(const struct exchange *exchange, struct pv_http_answer *answer)
{
    struct pv_endpoints *endpoints = &exchange->collector->endpoints;
    struct pv_http_connection *connection = exchange->connection;
    const char *problem = NULL;
    unsigned status = check(connection, &problem);

    if (status != 0) {
        connection->closes = true; /* where the next request begins is not certain */
        pv_http_answer_error(endpoints, status, problem, answer);
        return false;
    }
    connection->route = pv_http_route_find(exchange->path, exchange->method, endpoints, answer);
    if (connection->route == NULL)
        return false;
    if (pv_http_head_has_body(&connection->head) &&
        !pv_http_route_takes(connection->route, connection->head.content_type)) {
        pv_http_answer_error(endpoints, 415, "send application/json or text/plain", answer);
        return false;
    }
    return true;
}

/* A request without a body is looked at in take_end: libmicrohttpd closes a connection that is
 * answered before that. */
static enum MHD_Result take_head(const struct exchange *exchange)
{
    struct pv_http_answer answer;

    read_head(exchange);
    enter(exchange, PV_HTTP_BODY);
    exchange->connection->piece_ms = exchange->connection->client.since_ms;
    if (!pv_http_head_has_body(&exchange->connection->head) || admit(exchange, &answer))
        return MHD_YES;
    return refuse(exchange, &answer);
}

/* 0 when the piece is kept, or the status to refuse the body with. */
static unsigned keep(struct pv_collector *collector, struct pv_http_connection *connection,
                     const char *piece, size_t size, const char **problem)
{
    if (connection->body.length + size > PV_HTTP_BODY_MAX) {
        *problem = "a body of more than 64 KiB";
        return 413;
    }
    *problem = "out of memory: send it again later";
    if (collector->body_bytes + size > BODY_BYTES_MAX)
        return 503;
    pv_buffer_add(&connection->body, piece, size);
    if (connection->body.failed)
        return 503;
    collector->body_bytes += size;
    connection->body_bytes += size;
    return 0;
}

static enum MHD_Result take_piece(const struct exchange *exchange, const char *piece, size_t size)
{
    struct pv_http_connection *connection = exchange->connection;
    const char *problem;
    struct pv_http_answer answer;
    unsigned status;

    if (connection->client.phase != PV_HTTP_BODY) {
        connection->discarded += size;
        return connection->discarded > DISCARDED_MAX ? MHD_NO : MHD_YES;
    }
    connection->piece_ms = pv_serve_now_ms(exchange->collector);
    status = keep(exchange->collector, connection, piece, size, &problem);
    if (status == 0)
        return MHD_YES;
    pv_http_answer_error(&exchange->collector->endpoints, status, problem, &answer);
    return refuse(exchange, &answer);
}

static struct pv_http_request make_request(const struct exchange *exchange)
{
    static const struct pv_text none = {"", 0};
    static char empty[1];
    struct pv_http_connection *connection = exchange->connection;
    const struct pv_http_head *head = &connection->head;

    return (struct pv_http_request){
        .is_head = strcmp(exchange->method, MHD_HTTP_METHOD_HEAD) == 0,
        .query = connection->query.data != NULL ? connection->query.data : empty,
        .query_length = connection->query.length,
        .body = connection->body.data != NULL ? connection->body.data : empty,
        .body_length = connection->body.length,
        .user_agent = head->user_agent.data != NULL ? head->user_agent : none,
        .referer = head->referer,
        .origin = head->origin,
        .purpose = head->purpose,
        .if_none_match = head->if_none_match,
        .no_consent = head->no_consent,
    };
}

/* The body has been read, and the text is the next request's. */
static void keep_answer(struct pv_http_connection *connection)
{
    struct pv_text *body = &connection->answer.body;

    pv_buffer_reset(&connection->body);
    pv_buffer_add(&connection->body, body->data, body->length);
    *body = (struct pv_text){connection->body.data, connection->body.length};
}

/* Handles a request that is whole. When it has views they are spooled first, with those of all
 * requests of this turn. */
static void handle(const struct exchange *exchange)
{
    struct pv_collector *collector = exchange->collector;
    struct pv_http_connection *connection = exchange->connection;
    const struct pv_http_head *head = &connection->head;
    struct pv_http_request request = make_request(exchange);
    struct pv_ip client = pv_client_of(collector->trusted, &connection->client.ip, head->forwarded,
                                       head->forwarded_count);
    char address[PV_IP_TEXT_SIZE];

    pv_ip_write(&client, address);
    request.address = (struct pv_text){address, strlen(address)};
    if (pv_endpoints_are_full(&collector->endpoints))
        pv_serve_flush(collector);
    if (!pv_endpoints_handle(&collector->endpoints, connection->route, &request,
                             &connection->answer))
        return;
    enter(exchange, PV_HTTP_SPOOLING);
    if (connection->answer.body.data == collector->endpoints.text.data)
        keep_answer(connection);
}

static enum MHD_Result take_end(const struct exchange *exchange)
{
    struct pv_collector *collector = exchange->collector;
    struct pv_http_connection *connection = exchange->connection;
    const struct pv_http_head *head = &connection->head;

    if (connection->client.phase == PV_HTTP_SPOOLING)
        return MHD_YES;
    if (connection->client.phase != PV_HTTP_BODY && connection->client.phase != PV_HTTP_ANSWER)
        return MHD_NO; /* was answered */
    if (connection->client.phase == PV_HTTP_BODY) {
        if (pv_http_head_has_body(head) || admit(exchange, &connection->answer))
            handle(exchange);
        if (connection->client.phase == PV_HTTP_SPOOLING)
            return MHD_YES;
        enter(exchange, PV_HTTP_ANSWER);
    }
    pv_http_answer_count(collector->endpoints.metrics, &connection->answer);
    return pv_http_answer_queue(exchange->mhd, &collector->responses, &connection->answer,
                                pv_cors_of(collector->endpoints.allow_hosts, head->origin),
                                head->origin, connection->closes);
}

enum MHD_Result pv_http_exchange(void *context, struct MHD_Connection *mhd, const char *path,
                                 const char *method, const char *version, const char *piece,
                                 size_t *size, void **request)
{
    const struct exchange exchange = {context, mhd, *request, path, method, version};
    size_t given = *size;

    if (exchange.connection == NULL)
        return MHD_NO;
    if (exchange.connection->client.phase == PV_HTTP_REQUEST)
        return take_head(&exchange);
    *size = 0;
    return given > 0 ? take_piece(&exchange, piece, given) : take_end(&exchange);
}
