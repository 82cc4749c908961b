#include "aggregator/event_reader.h"

enum pv_status pv_event_reader_init(struct pv_event_reader *reader, struct pv_error *error)
{
    enum pv_status status = pv_event_parser_new(&reader->parsers[0], error);

    return status == PV_OK ? pv_event_parser_new(&reader->parsers[1], error) : status;
}

void pv_event_reader_clean_up(struct pv_event_reader *reader)
{
    pv_event_parser_destroy(reader->parsers[0]);
    pv_event_parser_destroy(reader->parsers[1]);
}

static const struct pv_read_event *parse(struct pv_event_reader *reader, int at,
                                         const struct pv_kafka_message *message, int64_t now_ms)
{
    struct pv_read_event *read = &reader->read[at];

    read->reason = pv_event_json_parse(reader->parsers[at], message->value, message->value_length,
                                       message->timestamp_ms, now_ms, &read->event);
    return read;
}

void pv_event_reader_begin(struct pv_event_reader *reader, const struct pv_kafka_message *message)
{
    reader->is_read = message->was_next && reader->is_ahead;
    reader->is_ahead = false;
    if (reader->is_read)
        reader->at = 1 - reader->at;
}

const struct pv_read_event *pv_event_reader_read(struct pv_event_reader *reader,
                                                 const struct pv_kafka_message *message,
                                                 int64_t now_ms)
{
    return reader->is_read ? &reader->read[reader->at] : parse(reader, reader->at, message, now_ms);
}

const struct pv_read_event *pv_event_reader_read_ahead(struct pv_event_reader *reader,
                                                       const struct pv_kafka_message *next,
                                                       int64_t now_ms)
{
    reader->is_ahead = true;
    return parse(reader, 1 - reader->at, next, now_ms);
}
