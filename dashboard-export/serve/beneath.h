/* Opens files below a directory, and no others, whatever the path says. */
#ifndef DASHBOARD_EXPORT_SERVE_BENEATH_H
#define DASHBOARD_EXPORT_SERVE_BENEATH_H

/* Opens `path` below `directory` for reading. No component of it may be "..", absolute or a
 * symbolic link. A FIFO without a writer does not hold it up. Returns a descriptor that the caller
 * closes, or -1 with errno. One openat2(2), or the same component by component where the kernel
 * (before Linux 5.6) or a filter of system calls does not have that. */
int pv_beneath_open(int directory, const char *path);

/* The second way, which the first one takes where it has to. */
int pv_beneath_walk(int directory, const char *path);

#endif
