/* Positions as they are read from Kafka's metadata and from the state directory: of a log and of
 * the spool, and names of its segments. Whatever is taken for one is written as it was meant. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "pageview/spool.h"
#include "producer/sources/log_position.h"
#include "producer/sources/spool_source.h"

static void expect_log_position(const char *text)
{
    struct pv_log_position first, second;
    char written[PV_POSITION_TEXT_SIZE], again[PV_POSITION_TEXT_SIZE];

    if (!pv_log_position_parse(text, &first))
        return;
    fuzz_expect(first.count <= PV_LOG_SEGMENTS_MAX, "a position has at most eight files");
    fuzz_expect(pv_log_position_offset(&first) >= 0, "an offset is not negative");
    pv_log_position_format(&first, written);
    fuzz_expect(strlen(written) < sizeof written - 1, "a position fits into its room");
    fuzz_expect(pv_log_position_parse(written, &second), "a position that is written can be read");
    pv_log_position_format(&second, again);
    fuzz_expect(strcmp(written, again) == 0, "it is read as it was written");
}

static struct pv_line_source open_spool(void)
{
    char directory[FUZZ_PATH_SIZE], id[PV_SPOOL_ID_SIZE];
    struct pv_line_source source = {0};
    struct pv_spool *spool;
    struct pv_error error;

    fuzz_make_directory(directory);
    if (pv_spool_open(directory, 0, PV_SPOOL_SYNC_OFF, &spool, &error) != PV_OK ||
        pv_spool_source_new(directory, &source, id, &error) != PV_OK)
        fuzz_fail(error.text);
    pv_spool_close(spool);
    return source;
}

/* A position that is one starts the spool there, where there is nothing, and is its position. */
static void expect_spool_position(const char *text)
{
    static struct pv_line_source source;
    char written[PV_POSITION_TEXT_SIZE];
    struct pv_error error;
    int64_t offset;

    if (source.kind == NULL)
        source = open_spool();
    if (!source.kind->is_position(text))
        return;
    fuzz_expect(strspn(text, "spool1;023456789") == strlen(text), "a position is plain numbers");
    fuzz_expect(source.kind->start(source.self, text, false, &error) == PV_OK, "the spool starts");
    source.kind->position(source.self, written, &offset);
    fuzz_expect(offset >= 0, "an offset is not negative");
    fuzz_expect(source.kind->is_position(written), "a position that is written can be read");
}

static void expect_segment_name(const char *text)
{
    pv_spool_segment segment = pv_spool_segment_parse(text);
    char name[PV_SPOOL_NAME_SIZE];

    if (segment == 0)
        return;
    pv_spool_segment_name(segment, name);
    fuzz_expect(strcmp(name, text) == 0, "a segment has one name");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_copy_text((const char *)data, size);

    expect_log_position(text);
    expect_spool_position(text);
    expect_segment_name(text);
    free(text);
    return 0;
}
