#include "pageview/metrics.h"

#include <microhttpd.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "pageview/address.h"

struct pv_metrics_server {
    const struct pv_metrics_source *source;
    struct MHD_Daemon *daemon;
};

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned code, const char *type,
                              const char *text, size_t length)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(length, (void *)text, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result result;

    if (response == NULL)
        return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    result = MHD_queue_response(connection, code, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_metrics(const struct pv_metrics_source *source,
                                      struct MHD_Connection *connection)
{
    struct pv_buffer text = {0};
    enum MHD_Result result = MHD_NO;

    pv_metrics_write(&text, source->metrics, source->count);
    if (!text.failed)
        result =
            answer(connection, MHD_HTTP_OK, "text/plain; version=0.0.4", text.data, text.length);
    pv_buffer_clean_up(&text);
    return result;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **request)
{
    const struct pv_metrics_source *source = ((struct pv_metrics_server *)context)->source;
    static const char plain[] = "text/plain";

    (void)version;
    (void)upload;
    (void)upload_size;
    (void)request;
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0)
        return answer(connection, MHD_HTTP_METHOD_NOT_ALLOWED, plain, "use GET\n", 8);
    if (strcmp(url, "/metrics") == 0)
        return answer_metrics(source, connection);
    if (strcmp(url, "/healthz") == 0)
        return answer(connection, MHD_HTTP_OK, plain, "ok\n", 3);
    if (strcmp(url, "/readyz") == 0) {
        if (source->is_ready(source->context))
            return answer(connection, MHD_HTTP_OK, plain, "ready\n", 6);
        return answer(connection, MHD_HTTP_SERVICE_UNAVAILABLE, plain, "not ready\n", 10);
    }
    return answer(connection, MHD_HTTP_NOT_FOUND, plain, "/metrics /healthz /readyz\n", 26);
}

enum pv_status pv_metrics_server_new(const char *address, const struct pv_metrics_source *source,
                                     struct pv_metrics_server **server, struct pv_error *error)
{
    struct addrinfo *found = NULL;
    struct pv_metrics_server *made;
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD; /* select knows 1,024 descriptors */
    enum pv_status status;

    *server = NULL;
    if (address == NULL)
        return PV_OK;
    status = pv_address_resolve("metrics", address, &found, error);
    if (status != PV_OK)
        return status;
    made = calloc(1, sizeof *made);
    if (made == NULL) {
        freeaddrinfo(found);
        return pv_error_nomem(error, "the metrics server");
    }
    made->source = source;
    if (found->ai_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    made->daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_request, made, MHD_OPTION_SOCK_ADDR,
                                    found->ai_addr, MHD_OPTION_CONNECTION_LIMIT, 16U,
                                    MHD_OPTION_CONNECTION_TIMEOUT, 10U, MHD_OPTION_END);
    freeaddrinfo(found);
    if (made->daemon == NULL) {
        free(made);
        return pv_error_set(error, PV_INVALID,
                            "--metrics=%s: cannot listen there: is another program using the port?",
                            address);
    }
    *server = made;
    return PV_OK;
}

void pv_metrics_server_destroy(struct pv_metrics_server *server)
{
    if (server == NULL)
        return;
    MHD_stop_daemon(server->daemon);
    free(server);
}
