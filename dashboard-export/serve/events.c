#include "dashboard-export/serve/events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void pv_event_release(struct pv_event *event)
{
    if (event != NULL && --event->references == 0)
        free(event);
}

static enum pv_status make(const char *name, const char *json, size_t length,
                           struct pv_event **event, struct pv_error *error)
{
    size_t size = sizeof "event: \ndata: \n\n" + strlen(name) + length;

    *event = malloc(sizeof **event + size);
    if (*event == NULL)
        return pv_error_nomem(error, "an event");
    (*event)->references = 1;
    (*event)->length = (size_t)snprintf((*event)->text, size, "event: %s\ndata: %.*s\n\n", name,
                                        (int)length, json);
    return PV_OK;
}

void pv_events_clean_up(struct pv_events *events)
{
    pv_event_release(events->live);
    for (size_t i = 0; i < PV_EVENTS_KEPT; i++)
        pv_event_release(events->files[i]);
    *events = (struct pv_events){0};
}

enum pv_status pv_events_add_live(struct pv_events *events, const char *json, size_t length,
                                  struct pv_error *error)
{
    struct pv_event *event;
    enum pv_status status = make("live", json, length, &event, error);

    if (status != PV_OK)
        return status;
    pv_event_release(events->live);
    events->live = event;
    events->live_number++;
    return PV_OK;
}

enum pv_status pv_events_add_files(struct pv_events *events, const char *json, size_t length,
                                   struct pv_error *error)
{
    struct pv_event **place = &events->files[events->files_number % PV_EVENTS_KEPT], *event;
    enum pv_status status = make("files", json, length, &event, error);

    if (status != PV_OK)
        return status;
    pv_event_release(*place);
    *place = event;
    events->files_number++;
    return PV_OK;
}

void pv_events_miss(struct pv_events *events)
{
    events->files_number += PV_EVENTS_KEPT + 1;
}

void pv_events_forget_live(struct pv_events *events)
{
    pv_event_release(events->live);
    events->live = NULL;
}

struct pv_events_position pv_events_begin(const struct pv_events *events)
{
    /* Before the latest one, if there is one; else behind all. */
    return (struct pv_events_position){events->live_number - (events->live != NULL),
                                       events->files_number};
}

bool pv_events_have_news(const struct pv_events *events, const struct pv_events_position *position)
{
    return position->files < events->files_number ||
           (events->live != NULL && position->live < events->live_number);
}

struct pv_event *pv_events_next(const struct pv_events *events, struct pv_events_position *position,
                                bool *missed)
{
    struct pv_event *event = NULL;

    *missed = events->files_number - position->files > PV_EVENTS_KEPT;
    if (*missed)
        return NULL;
    if (position->files < events->files_number) {
        event = events->files[position->files++ % PV_EVENTS_KEPT];
    } else if (events->live != NULL && position->live < events->live_number) {
        event = events->live;
        position->live = events->live_number;
    }
    if (event != NULL)
        event->references++;
    return event;
}
