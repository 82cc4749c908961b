/* What the fuzzers share. Each has LLVMFuzzerTestOneInput, which libFuzzer calls with one input
 * after another in one process; what costs time to make is made once and kept. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pageview/clock.h"
#include "pageview/event_json.h"
#include "producer/policy.h"

/* Of libFuzzer. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the process, and with it the run. */
_Noreturn void fuzz_fail(const char *promise);

/* To be called for every promise that an input could break. */
static inline void fuzz_expect(bool holds, const char *promise)
{
    if (!holds)
        fuzz_fail(promise);
}

/* 2026-11-24T13:05:07Z, for ever. */
extern const struct pv_clock fuzz_clock;

/* Made at the first call, for the rest of the process: a policy with the spiders that are shipped
 * and with salts, so that events have visitors. */
struct pv_policy *fuzz_policy(void);
struct pv_event_parser *fuzz_parser(void);

/* A new directory under TMPDIR, or /tmp, which the process leaves behind. */
enum { FUZZ_PATH_SIZE = 256 };
void fuzz_make_directory(char path[FUZZ_PATH_SIZE]);

/* The input as memory of its own and of its exact size, so that AddressSanitizer sees each byte
 * that is read behind it. The caller frees it. */
char *fuzz_copy(const char *data, size_t size);
/* The same with a NUL behind it. */
char *fuzz_copy_text(const char *data, size_t size);

/* True when `text` is absent or lies within the `size` bytes at `data`. */
bool fuzz_is_within(struct pv_text text, const char *data, size_t size);

/* Takes a line off `*rest`, without its line feed; the last needs none. */
struct pv_text fuzz_take_line(struct pv_text *rest);

/* What is promised of the JSON of every event: one line of at most PV_EVENT_SIZE_MAX bytes that is
 * a valid event, at any time. Returns the event, which lives in the parser. */
struct pv_event fuzz_expect_event(const char *json, size_t length);

/* What is promised of a hit that a line was made into: its time and status are within bounds, its
 * texts can be read to their end, and none is longer than the line, but for a target that was put
 * together from a path in which each byte took three. */
void fuzz_expect_hit(const struct pv_hit *hit, const char *line, size_t length);

/* Applies the policy. What it takes for a view is written as JSON, expected to be a valid event and
 * to be read as what was written. */
void fuzz_expect_view(const struct pv_hit *hit);

#endif
