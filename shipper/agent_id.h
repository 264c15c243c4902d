/*
 * agent_id.h - who this agent is when nobody said.
 */
#ifndef SHIPPER_AGENT_ID_H
#define SHIPPER_AGENT_ID_H

#include "common/error.h"

/*
 * Derived from the machine id (machine-id(5) asks not to expose it itself), so
 * that a lost state folder changes nothing; from the host's name where there is none, which is
 * logged. The caller frees it; NULL without memory.
 */
char *agent_id_of_machine(struct error *err);

#endif
