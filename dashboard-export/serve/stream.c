/* A listener is suspended while there is nothing for it: then it costs a descriptor and some
 * memory. When there is something it goes on, libmicrohttpd asks for bytes until none are left, and
 * it is suspended again. One that takes nothing waits in libmicrohttpd, and is ended there. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "dashboard-export/serve/parts.h"
#include "pageview/clock.h"

enum { COMMENT_MS = 15000, BLOCK_SIZE = 4096 };

/* What is being sent; false: nothing. */
static bool at_hand(const struct pv_connection *connection, const char **text, size_t *length)
{
    if (connection->line != NULL) {
        *text = connection->line;
        *length = strlen(connection->line);
    } else if (connection->event != NULL) {
        *text = connection->event->text;
        *length = connection->event->length;
    } else {
        return false;
    }
    return true;
}

static void drop_event(struct pv_connection *connection)
{
    pv_event_release(connection->event);
    connection->event = NULL;
    connection->line = NULL;
    connection->sent = 0;
}

/* Copies what fits, event after event. */
static size_t fill(struct pv_connection *connection, char *buffer, size_t size)
{
    const struct pv_events *events = &connection->server->events;
    size_t filled = 0, length;
    const char *text;

    while (filled < size) {
        size_t piece;

        if (!at_hand(connection, &text, &length)) {
            bool missed;

            connection->event = pv_events_next(events, &connection->position, &missed);
            connection->ends = connection->ends || missed;
            if (connection->event == NULL)
                break;
            continue;
        }
        piece =
            length - connection->sent < size - filled ? length - connection->sent : size - filled;
        memcpy(buffer + filled, text + connection->sent, piece);
        filled += piece;
        connection->sent += piece;
        if (connection->sent == length)
            drop_event(connection);
    }
    return filled;
}

static ssize_t on_bytes(void *context, uint64_t position, char *buffer, size_t size)
{
    struct pv_connection *connection = context;
    size_t filled = fill(connection, buffer, size);

    (void)position;
    if (filled > 0) {
        connection->told_ms = pv_monotonic_ms();
        return (ssize_t)filled;
    }
    if (connection->ends || connection->server->is_ending)
        return MHD_CONTENT_READER_END_OF_STREAM;
    pv_server_suspend(connection);
    return 0;
}

static void count_listeners(struct pv_web_server *server)
{
    pv_metric_set(&server->metrics->listeners, (int64_t)server->listeners);
}

enum MHD_Result pv_stream_begin(struct pv_web_server *server, struct pv_connection *connection)
{
    static const struct pv_answer_head head = {.type = "text/event-stream", .modified_s = -1};
    struct MHD_Response *response;
    enum MHD_Result result = MHD_NO;

    if (server->listeners >= PV_LISTENERS_MAX)
        return pv_answer_error(connection->client.mhd, server->metrics,
                               MHD_HTTP_SERVICE_UNAVAILABLE,
                               "too many listen: ask for the files instead", false);
    response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_SIZE, on_bytes, connection, NULL);
    if (response == NULL)
        return MHD_NO;
    if (pv_answer_dress(response, &head) &&
        /* nginx would gather events until a buffer is full */
        MHD_add_response_header(response, "X-Accel-Buffering", "no") == MHD_YES)
        result = pv_answer_queue(connection->client.mhd, server->metrics, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    if (result != MHD_YES)
        return result;
    pv_http_client_enter(&connection->client, PV_CONNECTION_EVENTS, pv_monotonic_ms());
    connection->server = server;
    connection->position = pv_events_begin(&server->events);
    connection->line = PV_EVENTS_BEGIN;
    connection->ends = false;
    connection->told_ms = connection->client.since_ms;
    if (server->listeners++ == 0)
        pv_live_source_watch(server->live, true);
    count_listeners(server);
    return MHD_YES;
}

void pv_stream_end(struct pv_web_server *server, struct pv_connection *connection)
{
    drop_event(connection);
    if (--server->listeners == 0) {
        pv_live_source_watch(server->live, false);
        pv_events_forget_live(&server->events);
    }
    count_listeners(server);
}

/* A listener that nothing is being sent to, or NULL. */
static struct pv_connection *resting(struct pv_http_client *client)
{
    struct pv_connection *connection = pv_connection_of(client);

    return client->phase == PV_CONNECTION_EVENTS && connection->is_suspended ? connection : NULL;
}

void pv_stream_wake(struct pv_web_server *server, int64_t now_ms)
{
    for (struct pv_http_client *at = server->http.clients.first; at != NULL; at = at->next) {
        struct pv_connection *connection = resting(at);

        if (connection == NULL)
            continue;
        if (now_ms - connection->told_ms >= COMMENT_MS)
            connection->line = PV_EVENTS_COMMENT;
        if (server->is_ending || connection->line != NULL ||
            pv_events_have_news(&server->events, &connection->position))
            pv_server_resume(connection);
    }
}

/* The end of what it sends, or an error: it went while something was on its way to it. */
static bool has_gone(const struct pv_connection *connection)
{
    char byte;
    ssize_t got = recv(connection->client.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

    return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

void pv_stream_look(struct pv_web_server *server)
{
    for (struct pv_http_client *at = server->http.clients.first; at != NULL; at = at->next) {
        struct pv_connection *connection = resting(at);

        if (connection != NULL && has_gone(connection)) {
            connection->ends = true;
            pv_server_resume(connection);
        }
    }
}
