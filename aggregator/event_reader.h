/* Reads the event of a message, and that of the next one ahead of its time: whatever an event is
 * looked up in is larger than the processor's caches, and can be on its way from memory while the
 * event before is counted. */
#ifndef AGGREGATOR_EVENT_READER_H
#define AGGREGATOR_EVENT_READER_H

#include "aggregator/kafka_consumer.h"
#include "pageview/event.h"
#include "pageview/event_json.h"
#include "pageview/reason.h"

struct pv_event_reader {
    struct pv_event_parser *parsers[2];
    struct pv_read_event {
        enum pv_reason reason; /* PV_REASON_NONE, or why it is no event */
        struct pv_event event; /* its texts live until the next but one is read */
    } read[2];
    int at;        /* which of them is the message's at hand */
    bool is_read;  /* it is that already */
    bool is_ahead; /* the other is the next message's */
};

/* `reader` is all zero; pv_event_reader_clean_up is due even after a failure. */
enum pv_status pv_event_reader_init(struct pv_event_reader *reader,
                                    struct pv_error *error) PV_MUST_CHECK;
void pv_event_reader_clean_up(struct pv_event_reader *reader);

/* To be called first of all for every message: what was read ahead is its, or nobody's. */
void pv_event_reader_begin(struct pv_event_reader *reader, const struct pv_kafka_message *message);

/* The event of the message at hand. `now_ms` decides what is `future`. */
const struct pv_read_event *pv_event_reader_read(struct pv_event_reader *reader,
                                                 const struct pv_kafka_message *message,
                                                 int64_t now_ms);

/* Reads the message that is told to be the next one. */
const struct pv_read_event *pv_event_reader_read_ahead(struct pv_event_reader *reader,
                                                       const struct pv_kafka_message *next,
                                                       int64_t now_ms);

#endif
