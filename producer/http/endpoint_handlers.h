/* The endpoints, a function each; routes.c has the table. */
#ifndef PRODUCER_HTTP_ENDPOINT_HANDLERS_H
#define PRODUCER_HTTP_ENDPOINT_HANDLERS_H

#include "producer/http/endpoints.h"

pv_http_handler pv_endpoint_views;       /* POST /v1/views */
pv_http_handler pv_endpoint_pixel;       /* GET /v1/pixel.gif */
pv_http_handler pv_endpoint_script;      /* GET /pv.js */
pv_http_handler pv_endpoint_plausible;   /* POST /api/event, as Plausible's trackers send */
pv_http_handler pv_endpoint_goatcounter; /* GET and POST /count, as GoatCounter's do */

/* The 43-byte GIF, not to be stored. */
extern const struct pv_http_answer pv_endpoint_gif;

#endif
