/* Lines of a log. The first byte chooses among formats, those with a name and literal ones as they
 * stand in servers' configurations; the rest is a line. */
#include <stdlib.h>

#include "fuzz.h"
#include "pageview/bucket.h"
#include "producer/formats/log_fields.h"
#include "producer/formats/log_format.h"

/* As they stand in servers' configurations, with a few more fields. */
static const char nginx_long[] =
    "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent "
    "\"$http_referer\" \"$http_user_agent\" \"$http_x_forwarded_for\" $host \"$http_dnt\"";
static const char nginx_split[] =
    "$time_iso8601|$request_method|$uri|$args|$status|$http_user_agent|$http_sec_purpose|"
    "$sent_http_x_article_title";
static const char nginx_short[] = "$msec $host:$server_port $request_method $request_uri $status";
static const char apache_long[] =
    "%h %l %u %t \\\"%r\\\" %>s %b \\\"%{Referer}i\\\" \\\"%{User-Agent}i\\\" %{X-Forwarded-For}i";
static const char apache_split[] = "%v:%p %a %{%Y-%m-%dT%H:%M:%S%z}t %m %U%q %s %D";
static const char apache_short[] = "%{sec}t %V \\\"%m\\\" \\\"%U\\\" \\\"%q\\\" %>s";

static const char *const formats[] = {
    "combined",  "common",    "vcombined", "json",       nginx_long,
    nginx_split, nginx_short, apache_long, apache_split, apache_short,
};
enum { FORMATS = sizeof formats / sizeof formats[0] };

static struct pv_log_format *format_of(uint8_t choice)
{
    static struct pv_log_format *made[FORMATS];
    struct pv_error error;
    int i = choice % FORMATS;

    if (made[i] == NULL && pv_log_format_new(formats[i], &made[i], &error) != PV_OK)
        fuzz_fail(error.text);
    return made[i];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pv_hit hit;
    char *line;

    if (size == 0 || size - 1 > PV_LOG_FORMAT_LINE_MAX)
        return 0;
    line = fuzz_copy((const char *)data + 1, size - 1);
    if (pv_log_format_parse(format_of(data[0]), line, size - 1, &hit)) {
        fuzz_expect_hit(&hit, line, size - 1);
        fuzz_expect_view(&hit);
    }
    free(line);
    return 0;
}
