/*
 * version.h - what this build calls itself: `git describe`, as --version prints it.
 */
#ifndef COMMON_VERSION_H
#define COMMON_VERSION_H

extern const char alpex_version[];
extern const char alpex_date[]; /* of its last change: 2026-11-21 */

#endif
