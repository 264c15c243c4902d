/*
 * geoip_address.h - the text of an address into what databases are asked for.
 */
#ifndef INDEXER_ENRICH_GEOIP_ADDRESS_H
#define INDEXER_ENRICH_GEOIP_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "common/buf.h"

union geoip_address {
    struct sockaddr any;
    struct sockaddr_in in4;
    struct sockaddr_in6 in6;
};

/*
 * False when it is no address, or one that is nowhere or everywhere: private,
 * loopback, link-local, carrier's (100.64.0.0/10), multicast, reserved. IPv4
 * within IPv6 (mapped, and behind NAT64's 64:ff9b::/96) becomes IPv4. The
 * networks of documentation are let through: no real database knows them, and
 * examples and tests live there.
 */
bool geoip_address_read(struct slice text, union geoip_address *out);

#endif
