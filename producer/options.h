/* The producer's options. */
#ifndef PRODUCER_OPTIONS_H
#define PRODUCER_OPTIONS_H

#include "pageview/kafka_options.h"
#include "pageview/options.h"

#define PV_INSTANCE_MAX 200 /* bytes */

struct pv_producer_options {
    struct pv_common_options common;
    struct pv_kafka_options kafka;
    const char *instance;
    const char *state_dir;
    struct pv_list tail;
    const char *format; /* see formats/log_format.h */
    int from;           /* enum pv_from */
    const char *since;
    int64_t since_ms; /* what `since` says; 0: it was not given */
    const char *spool;
    int64_t spool_max;
    int spool_sync; /* enum pv_spool_sync */
    bool ship;
    const char *http;
    struct pv_list allow_host;
    struct pv_list trusted_proxy;
    bool trust_client_time;
    const char *syslog;
    const char *stdin_format;
    int delivery; /* enum pv_delivery */
    const char *rejects;
    const char *article_pattern;
    struct pv_list keep_param;
    struct pv_list site;
    bool ignore_consent;
    bool visitors;
    const char *spiders;
    int64_t commit_interval_ms;
    int64_t rotate_wait_ms;
    bool exit_at_end;
};

enum pv_from { PV_FROM_START, PV_FROM_END };
enum pv_delivery { PV_EXACTLY_ONCE, PV_AT_LEAST_ONCE };

extern const struct pv_program pv_producer_program;

#endif
