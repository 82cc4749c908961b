#include "pageview/address.h"

#include <string.h>

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
