#include "producer/formats/log_fields.h"

#include <string.h>

bool pv_log_name_is(const char *name, size_t length, const char *known)
{
    if (strlen(known) != length)
        return false;
    for (size_t i = 0; i < length; i++)
        if (pv_log_plain_char(name[i]) != known[i])
            return false;
    return true;
}

struct header {
    const char *header;
    struct pv_log_name name;
};

static struct pv_log_name find_header(const struct header *headers, size_t count, const char *name,
                                      size_t length)
{
    for (size_t i = 0; i < count; i++)
        if (length > 0 && pv_log_plain_char(*name) == *headers[i].header &&
            pv_log_name_is(name, length, headers[i].header))
            return headers[i].name;
    return (struct pv_log_name){PV_FIELD_NONE, 0};
}

struct pv_log_name pv_log_field_of_header(const char *name, size_t length)
{
    static const struct header headers[] = {
        {"referer", {PV_FIELD_REFERRER, 0}},
        {"user_agent", {PV_FIELD_USER_AGENT, 0}},
        {"host", {PV_FIELD_SITE, 1}},
        {"x_forwarded_for", {PV_FIELD_FORWARDED, 0}},
        {"sec_purpose", {PV_FIELD_PURPOSE, 1}},
        {"purpose", {PV_FIELD_PURPOSE, 0}},
        {"dnt", {PV_FIELD_DNT, 0}},
        {"sec_gpc", {PV_FIELD_GPC, 0}},
    };

    return find_header(headers, sizeof headers / sizeof headers[0], name, length);
}

struct pv_log_name pv_log_field_of_answer(const char *name, size_t length)
{
    static const struct header headers[] = {
        {"x_article_title", {PV_FIELD_TITLE, 0}},
        {"x_article_section", {PV_FIELD_SECTION, 0}},
    };

    return find_header(headers, sizeof headers / sizeof headers[0], name, length);
}

struct pv_log_name pv_log_field_of_variable(const char *name, size_t length)
{
    static const char asked[] = "http_", sent[] = "sent_http_";
    enum { ASKED = sizeof asked - 1, SENT = sizeof sent - 1 };

    if (length > ASKED && memcmp(name, asked, ASKED) == 0)
        return pv_log_field_of_header(name + ASKED, length - ASKED);
    if (length > SENT && memcmp(name, sent, SENT) == 0)
        return pv_log_field_of_answer(name + SENT, length - SENT);
    return (struct pv_log_name){PV_FIELD_NONE, 0};
}

void pv_log_split_request(struct pv_text request, struct pv_hit *hit)
{
    const char *end = request.data + request.length, *space = NULL, *last;

    if (request.length > 0)
        space = memchr(request.data, ' ', request.length);
    if (space == NULL) {
        hit->method = request;
        hit->target = (struct pv_text){end, 0};
        return;
    }
    hit->method = (struct pv_text){request.data, (size_t)(space - request.data)};
    last = end;
    while (last[-1] != ' ')
        last--;
    if (end - last >= 5 && memcmp(last, "HTTP/", 5) == 0)
        end = last - 1 > space ? last - 1 : space + 1;
    hit->target = (struct pv_text){space + 1, (size_t)(end - space - 1)};
}

static struct pv_text unless_void(struct pv_text text)
{
    return pv_log_text_is_void(text) ? (struct pv_text){NULL, 0} : text;
}

static bool is_one(struct pv_text text)
{
    return text.length == 1 && *text.data == '1';
}

struct pv_text pv_log_without_port(struct pv_text host)
{
    size_t length = host.length;

    while (length > 0 && host.data[length - 1] >= '0' && host.data[length - 1] <= '9')
        length--;
    /* Without brackets and with more than one colon it is an IPv6 address that has no port. */
    if (length > 1 && length < host.length && host.data[length - 1] == ':' &&
        (host.data[length - 2] == ']' || memchr(host.data, ':', length - 1) == NULL))
        host.length = length - 1;
    return unless_void(host);
}

/* The last address of "client, proxy, proxy": what is before it, anybody can have sent. */
static struct pv_text nearest_address(struct pv_text list)
{
    size_t first, end = list.length;

    while (end > 0 && list.data[end - 1] == ' ')
        end--;
    for (first = end; first > 0 && list.data[first - 1] != ',' && list.data[first - 1] != ' ';)
        first--;
    return end == first ? (struct pv_text){NULL, 0}
                        : (struct pv_text){list.data + first, end - first};
}

/* Writes `path` as it may stand in front of a query: what was decoded and would end or change it
 * is encoded again. */
static char *put_path(char *out, struct pv_text path)
{
    static const char hex[] = "0123456789ABCDEF";

    for (size_t i = 0; i < path.length; i++) {
        char c = path.data[i];

        if (c != '%' && c != '?' && c != '#') {
            *out++ = c;
            continue;
        }
        *out++ = '%';
        *out++ = hex[c >> 4];
        *out++ = hex[c & 15];
    }
    return out;
}

/* Adds the query behind the `length` bytes of path in `target`. */
static struct pv_text add_query(char *target, size_t length, struct pv_text query)
{
    if (query.length > 0 && *query.data != '?')
        target[length++] = '?';
    if (query.length > 0)
        memcpy(target + length, query.data, query.length);
    return (struct pv_text){target, length + query.length};
}

static struct pv_text make_target(struct pv_text path, struct pv_text query, char *target)
{
    return add_query(target, (size_t)(put_path(target, path) - target), query);
}

/* Without the "-" that nginx writes for a query that is not there. */
static struct pv_text without_dash(struct pv_text both)
{
    bool has_query = memchr(both.data, '?', both.length) != NULL;

    if (!has_query && both.length > 1 && both.data[both.length - 1] == '-')
        both.length--;
    return both;
}

static struct pv_text make_target_of_both(struct pv_text both, char *target)
{
    const char *mark = memchr(both.data, '?', both.length);
    struct pv_text path = both, query = {NULL, 0};

    if (mark != NULL) {
        path.length = (size_t)(mark - both.data);
        query = (struct pv_text){mark, both.length - path.length};
    }
    return make_target(path, query, target);
}

/* The target from what the line has of it; data NULL when it has nothing. */
static struct pv_text find_target(const struct pv_text *text, char *target)
{
    struct pv_text query = unless_void(text[PV_FIELD_QUERY]), sent = text[PV_FIELD_TARGET];

    if (sent.data != NULL) {
        if (query.length == 0 || memchr(sent.data, '?', sent.length) != NULL)
            return sent;
        memcpy(target, sent.data, sent.length);
        return add_query(target, sent.length, query);
    }
    if (text[PV_FIELD_PATH_QUERY].data != NULL)
        return make_target_of_both(text[PV_FIELD_PATH_QUERY], target);
    if (text[PV_FIELD_PATH_DASH].data != NULL)
        return make_target_of_both(without_dash(text[PV_FIELD_PATH_DASH]), target);
    if (text[PV_FIELD_PATH].data != NULL)
        return make_target(text[PV_FIELD_PATH], query, target);
    return (struct pv_text){NULL, 0};
}

static bool find_request(const struct pv_text *text, char *target, struct pv_hit *hit)
{
    if (!pv_log_text_is_void(text[PV_FIELD_REQUEST])) {
        pv_log_split_request(text[PV_FIELD_REQUEST], hit);
        return true;
    }
    hit->method = text[PV_FIELD_METHOD];
    hit->target = find_target(text, target);
    if (hit->method.data != NULL && hit->target.data != NULL)
        return true;
    /* A connection on which nobody asked for anything: "-" is its method. */
    hit->method = text[PV_FIELD_REQUEST];
    hit->target = (struct pv_text){hit->method.data, 0};
    return hit->method.data != NULL;
}

static bool read_status(struct pv_text text, int *status)
{
    *status = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        *status = *status * 10 + (text.data[i] - '0');
        if (*status > 999)
            return false;
    }
    return text.length == 3;
}

bool pv_log_values_to_hit(const struct pv_log_values *values, char *target, struct pv_hit *hit)
{
    const struct pv_text *text = values->text;

    *hit = (struct pv_hit){.referrer = text[PV_FIELD_REFERRER],
                           .user_agent = text[PV_FIELD_USER_AGENT],
                           .address = pv_log_without_port(text[PV_FIELD_ADDRESS]),
                           .site = pv_log_without_port(text[PV_FIELD_SITE]),
                           .purpose = unless_void(text[PV_FIELD_PURPOSE]),
                           .title = unless_void(text[PV_FIELD_TITLE]),
                           .section = unless_void(text[PV_FIELD_SECTION]),
                           .no_consent = is_one(text[PV_FIELD_DNT]) || is_one(text[PV_FIELD_GPC])};
    if (hit->address.data == NULL)
        hit->address = pv_log_without_port(nearest_address(text[PV_FIELD_FORWARDED]));
    return read_status(text[PV_FIELD_STATUS], &hit->status) && find_request(text, target, hit);
}

const char *pv_log_fields_missing(unsigned fields)
{
    const unsigned paths = 1U << PV_FIELD_TARGET | 1U << PV_FIELD_PATH | 1U << PV_FIELD_PATH_QUERY |
                           1U << PV_FIELD_PATH_DASH;
    bool parts = (fields & 1U << PV_FIELD_METHOD) != 0 && (fields & paths) != 0;

    if ((fields & 1U << PV_FIELD_REQUEST) == 0 && !parts)
        return "request";
    return (fields & 1U << PV_FIELD_STATUS) == 0 ? "status" : NULL;
}
