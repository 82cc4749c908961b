#include "producer/pattern.h"

#include <stdint.h>
#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* Steps that a match may take. An ordinary one takes some hundred; at this bound a subject that
 * was made to be slow costs about a millisecond. */
#define MATCH_LIMIT 100000
/* KiB, for the interpreter where there is no JIT. */
#define HEAP_LIMIT 1024

struct pv_pattern {
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *context;
    uint32_t match_options;
};

static uint32_t compile_options(enum pv_pattern_kind kind)
{
    switch (kind) {
    case PV_PATTERN_UTF8:
        return PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C;
    case PV_PATTERN_BYTES_CASELESS:
        return PCRE2_CASELESS | PCRE2_NO_AUTO_CAPTURE | PCRE2_NEVER_UTF | PCRE2_NEVER_UCP;
    }
    return 0;
}

enum pv_status pv_pattern_new(const char *text, size_t length, enum pv_pattern_kind kind,
                              struct pv_pattern **pattern, struct pv_error *error)
{
    struct pv_pattern *made = calloc(1, sizeof *made);
    int code;
    PCRE2_SIZE position;

    if (made == NULL)
        return pv_error_nomem(error, "a pattern");
    made->code =
        pcre2_compile((PCRE2_SPTR)text, length, compile_options(kind), &code, &position, NULL);
    if (made->code == NULL) {
        PCRE2_UCHAR why[256];

        pcre2_get_error_message(code, why, sizeof why);
        pv_pattern_destroy(made);
        return pv_error_set(error, PV_INVALID, "bad pattern \"%.*s\": %s at character %zu",
                            length > 500 ? 500 : (int)length, text, (const char *)why,
                            position + 1);
    }
    /* Where PCRE2 has no JIT for the machine, pcre2_match interprets: slower, otherwise equal. */
    (void)pcre2_jit_compile(made->code, PCRE2_JIT_COMPLETE);
    made->match_options = kind == PV_PATTERN_UTF8 ? PCRE2_NO_UTF_CHECK : 0;
    made->match = pcre2_match_data_create(1, NULL);
    made->context = pcre2_match_context_create(NULL);
    if (made->match == NULL || made->context == NULL) {
        pv_pattern_destroy(made);
        return pv_error_nomem(error, "a pattern");
    }
    pcre2_set_match_limit(made->context, MATCH_LIMIT);
    pcre2_set_heap_limit(made->context, HEAP_LIMIT);
    *pattern = made;
    return PV_OK;
}

void pv_pattern_destroy(struct pv_pattern *pattern)
{
    if (pattern == NULL)
        return;
    pcre2_match_context_free(pattern->context);
    pcre2_match_data_free(pattern->match);
    pcre2_code_free(pattern->code);
    free(pattern);
}

enum pv_pattern_result pv_pattern_search(const struct pv_pattern *pattern, struct pv_text subject)
{
    int found = pcre2_match(pattern->code, (PCRE2_SPTR)subject.data, subject.length, 0,
                            pattern->match_options, pattern->match, pattern->context);

    /* 0: it matched, and has more groups than the match data has room for. */
    if (found >= 0)
        return PV_PATTERN_MATCH;
    return found == PCRE2_ERROR_NOMATCH ? PV_PATTERN_NO_MATCH : PV_PATTERN_GAVE_UP;
}
