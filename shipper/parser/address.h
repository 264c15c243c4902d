/*
 * address.h - addresses of clients and servers, as logs have them.
 */
#ifndef SHIPPER_PARSER_ADDRESS_H
#define SHIPPER_PARSER_ADDRESS_H

#include <stdbool.h>

#include "common/address.h"
#include "common/record.h"

/* Where the parts of an address go. */
struct address_fields {
    enum record_field address, ip, port;
};

extern const struct address_fields address_source, address_client, address_destination;

/*
 * Sets the address as it stands, and the IP when it is one. ::ffff:10.1.2.3 is
 * 10.1.2.3: Elasticsearch stores it so, and queries must agree.
 */
void address_set(struct record *record, const struct address_fields *fields, struct slice text);

/* The same for host:port, [IPv6]:port and what has no port. */
void address_set_with_port(struct record *record, const struct address_fields *fields,
                           struct slice text);

#endif
