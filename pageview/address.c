#include "pageview/address.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { PORT_MAX = 65535 };

static bool parse_port(const char *text, size_t length, int *port)
{
    int value = 0;

    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (text[i] - '0');
        if (value > PORT_MAX)
            return false;
    }
    *port = value;
    return value > 0;
}

bool pv_address_parse(const char *text, size_t length, struct pv_address *address)
{
    size_t host_length = length;
    int port;

    while (host_length > 0 && text[host_length - 1] != ':')
        host_length--;
    if (host_length == 0 || !parse_port(text + host_length, length - host_length, &port))
        return false;
    host_length--;
    if (host_length >= 2 && text[0] == '[' && text[host_length - 1] == ']') {
        text++;
        host_length -= 2;
    } else if (memchr(text, ':', host_length) != NULL || memchr(text, '[', host_length) != NULL) {
        return false; /* "::1" would be the host ":" and the port 1 */
    }
    if (host_length == 0 || host_length >= PV_HOST_SIZE)
        return false;
    memcpy(address->host, text, host_length);
    address->host[host_length] = '\0';
    address->port = port;
    return true;
}

enum pv_status pv_address_resolve(const char *option, const char *text, struct addrinfo **found,
                                  struct pv_error *error)
{
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct pv_address parsed;
    char port[8];
    int failure;

    if (!pv_address_parse(text, strlen(text), &parsed))
        return pv_error_set(error, PV_INVALID,
                            "--%s=%s: takes ADDR:PORT, such as 127.0.0.1:9000 or [::]:9000", option,
                            text);
    snprintf(port, sizeof port, "%d", parsed.port);
    failure = getaddrinfo(parsed.host, port, &hints, found);
    if (failure != 0)
        return pv_error_set(error, PV_INVALID, "--%s=%s: %s", option, text, gai_strerror(failure));
    return PV_OK;
}

static const uint8_t ipv4_prefix[12] = {[10] = 0xff, [11] = 0xff};

void pv_ip_set_ipv4(struct pv_ip *ip, const void *bytes)
{
    memcpy(ip->bytes, ipv4_prefix, sizeof ipv4_prefix);
    memcpy(ip->bytes + sizeof ipv4_prefix, bytes, 4);
}

bool pv_ip_is_ipv4(const struct pv_ip *ip)
{
    return memcmp(ip->bytes, ipv4_prefix, sizeof ipv4_prefix) == 0;
}

bool pv_ip_is_local(const struct pv_ip *ip)
{
    static const struct pv_ip four = {{[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1}};
    static const struct pv_ip six = {{[15] = 1}};

    return memcmp(ip, &four, sizeof *ip) == 0 || memcmp(ip, &six, sizeof *ip) == 0;
}

bool pv_ip_of_socket(const struct sockaddr *address, struct pv_ip *ip)
{
    if (address->sa_family == AF_INET) {
        pv_ip_set_ipv4(ip, &((const struct sockaddr_in *)(const void *)address)->sin_addr);
        return true;
    }
    if (address->sa_family != AF_INET6)
        return false;
    memcpy(ip->bytes, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr,
           sizeof ip->bytes);
    return true;
}
