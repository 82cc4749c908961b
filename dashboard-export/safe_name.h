/* File names for article ids and sections, which anybody on the web may have made up.
 *
 * A text is cut at each "/" into components, and each of them becomes one of the path:
 *
 *     safe                 itself
 *     empty                "~"
 *     any other            "~" and the first 32 hexadecimal digits of the SHA-256 of its bytes
 *
 * A safe one has 1 to PV_SAFE_COMPONENT_MAX bytes: ASCII letters and digits, `.`, `_`, `-`, `,` and
 * `~`, and UTF-8 beyond ASCII without control characters. It begins neither with a dot (hidden
 * files, files in the making, "..") nor with "~", and ends in none of .json, .svg, .csv and .gz, so
 * that no directory wants the name of a file. A text that would have more than
 * PV_SAFE_COMPONENTS_MAX components, or a path of PV_SAFE_NAME_SIZE bytes, is one component: "~~"
 * and the same digits of the SHA-256 of the whole.
 *
 * So two texts never share a name, and whoever reads the files can compute it: everything has
 * SHA-256. A hash without a key that is only fast would let a visitor make two ids of one name. */
#ifndef DASHBOARD_EXPORT_SAFE_NAME_H
#define DASHBOARD_EXPORT_SAFE_NAME_H

#include <stddef.h>

enum { PV_SAFE_COMPONENT_MAX = 200, PV_SAFE_COMPONENTS_MAX = 16 };

/* Room for any name and its NUL. */
#define PV_SAFE_NAME_SIZE 513

/* Writes the name of an article id, whose first "/" is not part of it: "/2026/11/24/slug" is
 * "2026/11/24/slug", and "/" is "~". A text without one is taken as it is. Any bytes of any length
 * will do. The name is a relative path without an empty component, "." or ".."; the caller adds
 * ".json". Returns its length. */
size_t pv_safe_name(const char *text, size_t length, char out[PV_SAFE_NAME_SIZE]);

/* The same of a section, in which a "/" at the start counts: "news" is "news", "/news" is "~/news".
 */
size_t pv_safe_section_name(const char *text, size_t length, char out[PV_SAFE_NAME_SIZE]);

#endif
