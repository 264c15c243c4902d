/*
 * version.c - the only file that is compiled anew when the version changes.
 */
#include "common/version.h"

const char alpex_version[] = ALPEX_VERSION;
const char alpex_date[] = ALPEX_DATE;
