/* The sample that all processes have in common: each takes its own part of the readers, those with
 * enough zero bits in their hash, and the smallest part of the last minute or two is in all of
 * them. Counting a reader whom only some processes tell would make a pair look weaker than it is.
 */
#ifndef AGGREGATOR_ALSO_READ_SAMPLE_H
#define AGGREGATOR_ALSO_READ_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

/* All zero has all readers. */
struct pv_sample {
    int64_t minute;
    unsigned now, before; /* the most halvings in this minute, and in the one before */
};

/* A process told its sample; minutes do not go back. */
static inline void pv_sample_note(struct pv_sample *sample, unsigned halvings, int64_t time_ms)
{
    int64_t minute = time_ms / 60000;

    if (minute > sample->minute) {
        sample->before = minute == sample->minute + 1 ? sample->now : 0;
        sample->now = 0;
        sample->minute = minute;
    }
    if (halvings > sample->now)
        sample->now = halvings;
}

static inline bool pv_sample_has(const struct pv_sample *sample, uint64_t reader)
{
    unsigned halvings = sample->now > sample->before ? sample->now : sample->before;

    return halvings == 0 || (halvings < 64 && reader >> (64 - halvings) == 0);
}

#endif
