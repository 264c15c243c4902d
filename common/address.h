/*
 * address.h - is a text an IP address?
 */
#ifndef COMMON_ADDRESS_H
#define COMMON_ADDRESS_H

#include <stdbool.h>

#include "common/buf.h"

/* Dotted decimal without leading zeros; RFC 4291, 2.2. What inet_pton(3) takes, at a tenth of the
 * time. */
bool address_is_ipv4(struct slice text);
bool address_is_ipv6(struct slice text);

#endif
