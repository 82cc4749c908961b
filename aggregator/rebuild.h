/* --rebuild: counts the retained log again beside the live counts, and takes their place.
 *
 * The new counts grow under a shadow prefix while aggregators go on with the live ones. When they
 * have caught up, the Redis function pv_swap puts them in place, all at once; the live aggregators
 * find another offset at their next commit, and go on from it. Descriptions and visitors are
 * written in place: telling them again changes nothing. */
#ifndef AGGREGATOR_REBUILD_H
#define AGGREGATOR_REBUILD_H

#include "aggregator/pipeline.h"

/* Runs until the counts are swapped, or a stop is requested: then nothing has changed. PV_INVALID:
 * another rebuild is running, or events that are in the counts are no longer in the log. */
enum pv_status pv_rebuild_run(const struct pv_pipeline_config *config,
                              struct pv_error *error) PV_MUST_CHECK;

#endif
