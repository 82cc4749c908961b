/* What a ranker does in its turn: counts in Redis → running sums → lists → what changed of them →
 * Redis. All in the caller's thread, over a connection that it lends. */
#ifndef AGGREGATOR_RANKER_REFRESHER_H
#define AGGREGATOR_RANKER_REFRESHER_H

#include "aggregator/ranker/ranker.h"
#include "aggregator/ranker/ranking.h"

struct pv_refresher;

/* `before_page(context)` is called between the pages of counts, of which a rebuild reads thousands;
 * it may use the connection, and a failure of it ends the refresh. NULL: nothing is called. All
 * arguments must outlive the refresher. */
enum pv_status pv_refresher_new(const struct pv_ranker_config *config, struct pv_redis *redis,
                                enum pv_status (*before_page)(void *context,
                                                              struct pv_error *error),
                                void *context, struct pv_refresher **refresher,
                                struct pv_error *error) PV_MUST_CHECK;
void pv_refresher_destroy(struct pv_refresher *refresher);

/* Brings the lists in Redis up to date. `*waited_us` is how long it waited for Redis. After a
 * failure pv_refresher_doubt is due. */
enum pv_status pv_refresher_run(struct pv_refresher *refresher, int64_t *waited_us,
                                struct pv_error *error) PV_MUST_CHECK;

/* Redis may be another one, or have forgotten: the next run reads everything anew, and compares all
 * lists. */
void pv_refresher_doubt(struct pv_refresher *refresher);

/* Of the last run's ranking; the last run must have succeeded. */
struct pv_ranking_stats pv_refresher_stats(const struct pv_refresher *refresher);

/* Gives up its memory while another process ranks; the next run begins anew. */
void pv_refresher_rest(struct pv_refresher *refresher);

#endif
