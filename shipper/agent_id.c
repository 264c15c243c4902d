/*
 * agent_id.c - who this agent is when nobody said.
 */
#include "shipper/agent_id.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "common/log.h"
#include "common/scope.h"

#define SALT "alpex agent id 1:"

static bool read_machine_id(char *out, size_t size)
{
    static const char *const paths[] = {"/etc/machine-id", "/var/lib/dbus/machine-id"};

    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        scoped_file FILE *file = fopen(paths[i], "re");

        if (file && fgets(out, (int)size, file) && strlen(out) >= 32)
            return true;
    }
    return false;
}

char *agent_id_of_machine(struct error *err)
{
    char seed[sizeof(SALT) + 300] = SALT, *from = seed + strlen(SALT), *id;
    size_t room = sizeof(seed) - strlen(SALT);
    XXH128_hash_t hash;

    if (!read_machine_id(from, room)) {
        if (gethostname(from, room - 1) != 0) {
            error_set_errno(err, FATAL, "cannot tell this machine from others; set agent.id");
            return NULL;
        }
        seed[sizeof(seed) - 1] = '\0';
        log_warn("this machine has no machine id: agent.id is derived from its name '%s'; set "
                 "agent.id (ALPEX_AGENT_ID) if that name may change or is not unique",
                 from);
    }
    hash = XXH3_128bits(seed, strlen(seed));
    if (asprintf(&id, "%016llx", (unsigned long long)(hash.high64 ^ hash.low64)) < 0) {
        error_set(err, FATAL, "out of memory");
        return NULL;
    }
    return id;
}
