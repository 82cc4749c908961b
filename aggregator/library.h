/* The Redis function library, aggregator/redis/pageviews.lua, built into the program. */
#ifndef AGGREGATOR_LIBRARY_H
#define AGGREGATOR_LIBRARY_H

/* VERSION of pageviews.lua, taken from the file by the build. */
extern const int pv_library_version;
extern const char pv_library_source[];

#endif
