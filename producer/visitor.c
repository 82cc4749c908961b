/* BLAKE2b of the some 140 bytes that tell a visitor takes longer than all else that the policy does
 * with a hit. So what it gave is remembered in a table of small sets, where a new visitor takes the
 * oldest's place. An entry is found by a 128-bit XXH3 of the same bytes, seeded with the day's
 * salt: the table has neither addresses nor user agents in it, and one person is not taken for
 * another but by a chance of 1 in 2^128. What an earlier day left is wiped by the first hit of a
 * later one. */
#include "producer/visitor.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>
#include <xxhash.h>

#include "pageview/bucket.h"

#define SETS 8192
#define WAYS 4

#define LENGTH_SIZE ((size_t)4)
#define TOLD_MAX                                                                                   \
    (3 * LENGTH_SIZE + PV_VISITOR_ADDRESS_MAX + PV_VISITOR_USER_AGENT_MAX + PV_VISITOR_SITE_MAX)

struct set {
    XXH128_hash_t ids[WAYS]; /* zeros: none */
    char visitors[WAYS][PV_VISITOR_LENGTH];
    unsigned oldest;
};

struct pv_visitors {
    struct pv_salts *salts;
    int64_t newest_day; /* that the table has anything of */
    struct set sets[SETS];
};

/* The bytes that tell a visitor. */
struct told {
    unsigned char bytes[TOLD_MAX];
    size_t length;
};

static void add(struct told *told, struct pv_text text, size_t max)
{
    size_t length = text.length < max ? text.length : max;

    for (size_t i = 0; i < LENGTH_SIZE; i++)
        told->bytes[told->length++] = (unsigned char)(length >> (8 * i));
    if (length > 0)
        memcpy(told->bytes + told->length, text.data, length);
    told->length += length;
}

static void tell(struct told *told, struct pv_text address, struct pv_text user_agent,
                 struct pv_text site)
{
    size_t site_at;

    told->length = 0;
    add(told, address, PV_VISITOR_ADDRESS_MAX);
    add(told, user_agent, PV_VISITOR_USER_AGENT_MAX);
    site_at = told->length + LENGTH_SIZE;
    add(told, site, PV_VISITOR_SITE_MAX);
    for (size_t i = site_at; i < told->length; i++)
        if (told->bytes[i] >= 'A' && told->bytes[i] <= 'Z')
            told->bytes[i] = (unsigned char)(told->bytes[i] + ('a' - 'A'));
}

static void hash(const unsigned char salt[PV_SALT_SIZE], const struct told *told,
                 char visitor[PV_VISITOR_LENGTH])
{
    unsigned char bytes[crypto_generichash_BYTES_MIN];
    char digits[PV_VISITOR_LENGTH + 1];

    /* Cannot fail: the sizes are right. */
    (void)crypto_generichash(bytes, sizeof bytes, told->bytes, told->length, salt, PV_SALT_SIZE);
    (void)sodium_bin2hex(digits, sizeof digits, bytes, PV_VISITOR_LENGTH / 2);
    memcpy(visitor, digits, PV_VISITOR_LENGTH);
}

void pv_visitor_hash(const unsigned char salt[PV_SALT_SIZE], struct pv_text address,
                     struct pv_text user_agent, struct pv_text site,
                     char visitor[PV_VISITOR_LENGTH])
{
    struct told told;

    tell(&told, address, user_agent, site);
    hash(salt, &told, visitor);
}

enum pv_status pv_visitors_new(struct pv_salts *salts, struct pv_visitors **visitors,
                               struct pv_error *error)
{
    struct pv_visitors *made = calloc(1, sizeof *made);

    if (made == NULL)
        return pv_error_nomem(error, "the visitors of late");
    made->salts = salts;
    *visitors = made;
    return PV_OK;
}

void pv_visitors_destroy(struct pv_visitors *visitors)
{
    if (visitors == NULL)
        return;
    sodium_memzero(visitors, sizeof *visitors);
    free(visitors);
}

static bool is_given(struct pv_text text)
{
    return text.data != NULL && text.length > 0 && !(text.length == 1 && text.data[0] == '-');
}

static bool is_unix_socket(struct pv_text address)
{
    return address.length >= 5 && memcmp(address.data, "unix:", 5) == 0;
}

static void forget_earlier_days(struct pv_visitors *visitors, int64_t day)
{
    if (day <= visitors->newest_day)
        return;
    sodium_memzero(visitors->sets, sizeof visitors->sets);
    visitors->newest_day = day;
}

static XXH128_hash_t identify(const unsigned char salt[PV_SALT_SIZE], const struct told *told)
{
    XXH64_hash_t seed;

    memcpy(&seed, salt, sizeof seed);
    return XXH3_128bits_withSeed(told->bytes, told->length, seed);
}

static void look_up(struct pv_visitors *visitors, const unsigned char salt[PV_SALT_SIZE],
                    const struct told *told, char visitor[PV_VISITOR_LENGTH])
{
    XXH128_hash_t id = identify(salt, told);
    struct set *set = &visitors->sets[id.low64 % SETS];
    unsigned way = 0;

    while (way < WAYS && !XXH128_isEqual(set->ids[way], id))
        way++;
    if (way == WAYS) {
        way = set->oldest;
        set->oldest = (way + 1) % WAYS;
        set->ids[way] = id;
        hash(salt, told, set->visitors[way]);
    }
    memcpy(visitor, set->visitors[way], PV_VISITOR_LENGTH);
}

bool pv_visitors_write(struct pv_visitors *visitors, const struct pv_hit *hit,
                       char visitor[PV_VISITOR_LENGTH])
{
    int64_t day = hit->ts_ms / PV_DAY_MS;
    unsigned char salt[PV_SALT_SIZE];
    struct told told;

    if (!is_given(hit->address) || !is_given(hit->user_agent) || is_unix_socket(hit->address) ||
        !pv_salts_of_day(visitors->salts, day, salt))
        return false;
    forget_earlier_days(visitors, day);
    tell(&told, hit->address, hit->user_agent, hit->site);
    look_up(visitors, salt, &told, visitor);
    return true;
}
