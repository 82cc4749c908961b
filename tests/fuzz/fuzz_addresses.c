/* Addresses of clients and proxies. Every line of the input is a line of X-Forwarded-For, and an
 * item of --trusted-proxy. What inet_pton takes is taken, and is the same address. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "producer/http/peer.h"

enum { LINES_MAX = 8 };

static bool libc_parse(const char *text, struct pv_ip *ip)
{
    static const uint8_t front[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

    memcpy(ip->bytes, front, sizeof front);
    return inet_pton(AF_INET, text, ip->bytes + sizeof front) == 1 ||
           inet_pton(AF_INET6, text, ip->bytes) == 1;
}

static void expect_address(struct pv_text text)
{
    char *copy = fuzz_copy(text.data, text.length), *ended = fuzz_copy_text(text.data, text.length);
    char written[PV_IP_TEXT_SIZE];
    struct pv_ip ip, libc;
    bool is_address = pv_ip_parse((struct pv_text){copy, text.length}, &ip);

    if (strlen(ended) == text.length && libc_parse(ended, &libc)) {
        fuzz_expect(is_address, "an address is taken for one");
        fuzz_expect(memcmp(&ip, &libc, sizeof ip) == 0, "an address is what inet_pton reads");
    }
    if (is_address) {
        pv_ip_write(&ip, written);
        fuzz_expect(libc_parse(written, &libc), "an address is written as one");
        fuzz_expect(memcmp(&ip, &libc, sizeof ip) == 0, "an address is read as it was written");
    }
    free(copy);
    free(ended);
}

/* Nobody but the peer is believed without a trusted proxy, whatever is written. */
static void expect_client(const struct pv_text *lines, size_t count, const char *const *texts)
{
    const struct pv_ip peer = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1}};
    const struct pv_list list = {(const char **)texts, count};
    struct pv_networks *networks = NULL;
    struct pv_error error = {0};
    struct pv_ip client;

    if (pv_networks_new("--trusted-proxy", &list, &networks, &error) != PV_OK) {
        fuzz_expect(error.text[0] != '\0', "what is wrong with a network is said");
        return;
    }
    client = pv_client_of(networks, &peer, lines, count);
    if (!pv_networks_have(networks, &peer))
        fuzz_expect(memcmp(&client, &peer, sizeof peer) == 0, "only a trusted proxy is believed");
    pv_networks_destroy(networks);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pv_text rest = {(const char *)data, size}, lines[LINES_MAX];
    char *texts[LINES_MAX];
    size_t count = 0;

    for (; rest.length > 0 && count < LINES_MAX; count++) {
        lines[count] = fuzz_take_line(&rest);
        texts[count] = fuzz_copy_text(lines[count].data, lines[count].length);
        expect_address(lines[count]);
    }
    expect_client(lines, count, (const char *const *)texts);
    while (count > 0)
        free(texts[--count]);
    return 0;
}
