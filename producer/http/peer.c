#include "producer/http/peer.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

struct network {
    struct pv_ip ip;
    unsigned bits;
};

struct pv_networks {
    size_t count;
    struct network items[];
};

/* Of "[::1]:80", "[::1]", "192.0.2.1:80": what is without brackets and port. */
static struct pv_text without_port(struct pv_text text)
{
    const char *colon, *bracket;

    if (text.length > 0 && text.data[0] == '[') {
        bracket = memchr(text.data, ']', text.length);
        if (bracket != NULL)
            return (struct pv_text){text.data + 1, (size_t)(bracket - text.data - 1)};
    }
    colon = text.length > 0 ? memchr(text.data, ':', text.length) : NULL;
    if (colon != NULL && memchr(text.data, '.', (size_t)(colon - text.data)) != NULL)
        text.length = (size_t)(colon - text.data);
    return text;
}

static bool parse_ip(struct pv_text text, struct pv_ip *ip)
{
    char room[PV_IP_TEXT_SIZE];
    uint8_t ipv4[4];

    if (text.length == 0 || text.length >= sizeof room ||
        memchr(text.data, '\0', text.length) != NULL)
        return false;
    memcpy(room, text.data, text.length);
    room[text.length] = '\0';
    if (inet_pton(AF_INET, room, ipv4) == 1) {
        pv_ip_set_ipv4(ip, ipv4);
        return true;
    }
    return inet_pton(AF_INET6, room, ip->bytes) == 1;
}

bool pv_ip_parse(struct pv_text text, struct pv_ip *ip)
{
    return parse_ip(without_port(text), ip);
}

/* inet_ntop does it with printf, once for each request. */
static void write_ipv4(const uint8_t bytes[4], char *text)
{
    for (int i = 0; i < 4; i++) {
        if (bytes[i] >= 100)
            *text++ = (char)('0' + bytes[i] / 100);
        if (bytes[i] >= 10)
            *text++ = (char)('0' + bytes[i] / 10 % 10);
        *text++ = (char)('0' + bytes[i] % 10);
        *text++ = i < 3 ? '.' : '\0';
    }
}

void pv_ip_write(const struct pv_ip *ip, char text[PV_IP_TEXT_SIZE])
{
    if (pv_ip_is_ipv4(ip))
        write_ipv4(ip->bytes + 12, text);
    else if (inet_ntop(AF_INET6, ip->bytes, text, PV_IP_TEXT_SIZE) == NULL)
        text[0] = '\0';
}

/* The decimal number behind the slash. */
static bool parse_bits(const char *text, unsigned max, unsigned *bits)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);

    if (*text < '0' || *text > '9' || *end != '\0' || value > max)
        return false;
    *bits = (unsigned)value;
    return true;
}

static bool parse_network(const char *text, struct network *network)
{
    size_t length = strcspn(text, "/");
    bool ipv4;

    if (!parse_ip((struct pv_text){text, length}, &network->ip))
        return false;
    ipv4 = pv_ip_is_ipv4(&network->ip) && memchr(text, ':', length) == NULL;
    network->bits = 128;
    if (text[length] == '\0')
        return true;
    if (!parse_bits(text + length + 1, ipv4 ? 32 : 128, &network->bits))
        return false;
    network->bits += ipv4 ? 96 : 0;
    return true;
}

enum pv_status pv_networks_new(const char *option, const struct pv_list *list,
                               struct pv_networks **networks, struct pv_error *error)
{
    size_t count = list != NULL ? list->count : 0;
    struct pv_networks *made = calloc(1, sizeof *made + count * sizeof made->items[0]);

    if (made == NULL)
        return pv_error_nomem(error, option);
    made->count = count;
    for (size_t i = 0; i < count; i++) {
        if (!parse_network(list->items[i], &made->items[i])) {
            free(made);
            return pv_error_set(error, PV_INVALID,
                                "%s=%s: takes a network such as 10.0.0.0/8 or 2001:db8::/32, or "
                                "an address",
                                option, list->items[i]);
        }
    }
    *networks = made;
    return PV_OK;
}

void pv_networks_destroy(struct pv_networks *networks)
{
    free(networks);
}

static bool has(const struct network *network, const struct pv_ip *ip)
{
    size_t whole = network->bits / 8, rest = network->bits % 8;

    if (memcmp(network->ip.bytes, ip->bytes, whole) != 0)
        return false;
    return rest == 0 || (network->ip.bytes[whole] ^ ip->bytes[whole]) >> (8 - rest) == 0;
}

bool pv_networks_have(const struct pv_networks *networks, const struct pv_ip *ip)
{
    for (size_t i = 0; i < networks->count; i++)
        if (has(&networks->items[i], ip))
            return true;
    return false;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Cuts the last entry off the line. False when there is none left. */
static bool take_last(struct pv_text *line, struct pv_text *entry)
{
    const char *end, *start;

    if (line->data == NULL)
        return false;
    start = end = line->data + line->length;
    while (start > line->data && start[-1] != ',')
        start--;
    *line = start > line->data ? (struct pv_text){line->data, (size_t)(start - 1 - line->data)}
                               : (struct pv_text){NULL, 0};
    while (start < end && is_blank(*start))
        start++;
    while (end > start && is_blank(end[-1]))
        end--;
    *entry = (struct pv_text){start, (size_t)(end - start)};
    return true;
}

struct pv_ip pv_client_of(const struct pv_networks *trusted, const struct pv_ip *peer,
                          const struct pv_text *forwarded, size_t count)
{
    struct pv_ip client = *peer;

    while (count > 0) {
        struct pv_text line = forwarded[--count], entry;
        struct pv_ip ip;

        while (take_last(&line, &entry)) {
            if (!pv_networks_have(trusted, &client) || !pv_ip_parse(entry, &ip))
                return client;
            client = ip;
        }
    }
    return client;
}
