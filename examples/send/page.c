/* A CGI program that serves a page and sends the view of it.
 *
 *     cc -o page.cgi page.c $(pkg-config --cflags --libs pageview-send)
 *
 * The web server's configuration sets PV_SPOOL to the spool's directory. Under FastCGI the sender
 * is opened once, and answer() called for each request: docs/send.md. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pageview/send.h>

static int is_set(const char *name, const char *value)
{
    const char *set = getenv(name);

    return set != NULL && strcmp(set, value) == 0;
}

/* Who asked not to be counted is not, nor is a page that was fetched before anybody looks. */
static int is_to_be_counted(void)
{
    return is_set("REQUEST_METHOD", "GET") && !is_set("HTTP_SEC_GPC", "1") &&
           !is_set("HTTP_DNT", "1") && getenv("HTTP_SEC_PURPOSE") == NULL;
}

/* A page is served whether its view could be sent or not; the log says why not. */
static void send_view(struct pv_sender *sender)
{
    struct pv_view view = {0};
    enum pv_send_result result;

    view.url = getenv("REQUEST_URI");
    view.referrer = getenv("HTTP_REFERER");
    view.section = "examples";
    view.title = "An example";
    result = pv_sender_send(sender, &view);
    if (result == PV_SEND_FAILED)
        fprintf(stderr, "page: %s: %s\n", pv_send_result_text(result), strerror(errno));
    else if (result != PV_SEND_OK)
        fprintf(stderr, "page: %s\n", pv_send_result_text(result));
}

static void answer(struct pv_sender *sender)
{
    printf("Content-Type: text/html; charset=utf-8\r\n\r\n"
           "<!doctype html><title>An example</title><p>This page was viewed.\n");
    if (sender != NULL && is_to_be_counted())
        send_view(sender);
}

int main(void)
{
    const char *directory = getenv("PV_SPOOL");
    struct pv_sender *sender = NULL;
    struct pv_error error;

    if (pv_sender_open(directory != NULL ? directory : "", NULL, &sender, &error) != PV_OK)
        fprintf(stderr, "page: PV_SPOOL: %s\n", error.text);
    answer(sender);
    pv_sender_destroy(sender);
    return 0;
}
