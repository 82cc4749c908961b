/* Connections come and go, and have their time. All of this runs in the server's thread. */
#include "producer/http/serve.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "pageview/clock.h"
#include "producer/http/answer.h"
#include "producer/http/exchange.h"

enum {
    TICK_MS = 100,
    KEPT_BYTES_MAX = 4096, /* of a connection's own memory between two requests */
};

int64_t pv_serve_now_ms(struct pv_collector *collector)
{
    if (collector->now_ms == 0)
        collector->now_ms = pv_monotonic_ms();
    return collector->now_ms;
}

void pv_serve_forget(struct pv_collector *collector, struct pv_http_connection *connection)
{
    collector->body_bytes -= connection->body_bytes;
    connection->body_bytes = 0;
    pv_buffer_reset(&connection->body);
    pv_buffer_reset(&connection->query);
    if (connection->body.capacity > KEPT_BYTES_MAX)
        pv_buffer_clean_up(&connection->body);
    if (connection->query.capacity > KEPT_BYTES_MAX)
        pv_buffer_clean_up(&connection->query);
}

static void on_gone(void *context, struct pv_http_client *client)
{
    struct pv_http_connection *connection = pv_http_connection_of(client);

    pv_serve_forget(context, connection);
    pv_buffer_clean_up(&connection->body);
    pv_buffer_clean_up(&connection->query);
}

static bool is_trusted(void *context, const struct pv_ip *ip)
{
    return pv_networks_have(((struct pv_collector *)context)->trusted, ip);
}

/* The query is kept as it was sent, and taken away from libmicrohttpd, which would take it apart
 * after this: it has some 60 bytes for each '&', and closes the connection without an answer when
 * there are more of them than fit into its memory. `target` lies in that memory. */
static void *on_target(void *context, const char *target, struct MHD_Connection *mhd)
{
    struct pv_http_connection *connection = pv_http_client_of(mhd);
    char *query = strchr((char *)(uintptr_t)target, '?');

    (void)context;
    if (connection != NULL && query != NULL) {
        pv_buffer_add_text(&connection->query, query + 1);
        query[1] = '\0';
    }
    return connection;
}

static void on_completed(void *context, struct pv_http_client *client)
{
    pv_serve_forget(context, pv_http_connection_of(client));
    pv_http_connection_of(client)->requests++;
    if (client->phase != PV_HTTP_LINGER && client->phase != PV_HTTP_CLOSING)
        pv_http_client_enter(client, PV_HTTP_REQUEST, pv_serve_now_ms(context));
}

static void flush(struct pv_collector *collector)
{
    int64_t now_ms = pv_serve_now_ms(collector);
    bool spooled;

    if (collector->endpoints.to_spool.count == 0)
        return;
    spooled = pv_endpoints_flush(&collector->endpoints);
    for (struct pv_http_client *at = collector->http.clients.first; at != NULL; at = at->next) {
        if (at->phase != PV_HTTP_SPOOLING)
            continue;
        if (!spooled)
            pv_http_connection_of(at)->answer = pv_http_answer_refusal;
        pv_http_client_enter(at, PV_HTTP_ANSWER, now_ms);
    }
}

void pv_serve_flush(struct pv_collector *collector)
{
    flush(collector);
    collector->now_ms = 0;
}

/* Whether the client has sent anything: who only opened a connection is not told that it is late.
 */
static bool has_spoken(const struct pv_http_connection *connection)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;

    if (connection->client.phase == PV_HTTP_BODY)
        return true;
    return connection->client.phase == PV_HTTP_REQUEST && connection->requests == 0 &&
           getsockopt(connection->client.fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
           info.tcpi_bytes_received > 0;
}

static void end_late(struct pv_collector *collector, struct pv_http_connection *connection)
{
    struct pv_http_answer answer;

    if (has_spoken(connection)) {
        pv_http_answer_error(&collector->endpoints, 408, "the request took too long", &answer);
        pv_http_answer_count(collector->endpoints.metrics, &answer);
        pv_http_answer_send_last(connection->client.fd, &answer, PV_CORS_NONE,
                                 (struct pv_text){NULL, 0});
    }
    pv_http_client_shut(&connection->client);
}

/* One turn: what has come is read and answered. */
static bool turn(void *context)
{
    struct pv_collector *collector = context;
    int64_t now_ms;

    MHD_run_wait(collector->http.daemon, TICK_MS);
    if (collector->endpoints.to_spool.count > 0)
        MHD_run(collector->http.daemon); /* what came meanwhile shares the write */
    pv_serve_flush(collector);
    now_ms = pv_monotonic_ms();
    if (now_ms - collector->ticked_ms >= TICK_MS) {
        collector->ticked_ms = now_ms;
        for (struct pv_http_client *at = collector->http.clients.first; at != NULL; at = at->next)
            if (pv_http_connection_is_late(pv_http_connection_of(at), &collector->times, now_ms))
                end_late(collector, pv_http_connection_of(at));
        pv_hit_to_spool_tick(&collector->endpoints.to_spool);
    }
    return !atomic_load(&collector->is_stopping);
}

enum pv_status pv_serve_listen(struct pv_collector *collector, const char *address, size_t most,
                               size_t per_address, struct pv_error *error)
{
    static const struct MHD_OptionItem options[] = {
        {MHD_OPTION_STRICT_FOR_CLIENT, 0, NULL},
        {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)on_target, NULL},
        {MHD_OPTION_END, 0, NULL},
    };

    collector->http.service = (struct pv_http_service){
        .option = "http",
        .client_size = sizeof(struct pv_http_connection),
        .options = options,
        .on_request = pv_http_exchange,
        .on_completed = on_completed,
        .on_gone = on_gone,
        .is_unlimited = is_trusted,
        .turn = turn,
        .is_busy = pv_http_connection_is_busy,
        .connections = &collector->endpoints.metrics->connections,
        .context = collector,
    };
    collector->http.clients.most = most;
    collector->http.clients.per_address = per_address;
    return pv_http_server_listen(&collector->http, address, error);
}
