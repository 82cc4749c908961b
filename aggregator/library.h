/* The Redis function library: the files of aggregator/redis as one text, built into the program. */
#ifndef AGGREGATOR_LIBRARY_H
#define AGGREGATOR_LIBRARY_H

/* VERSION of the text, taken from it by the build. */
extern const int pv_library_version;
extern const char pv_library_source[];

#endif
