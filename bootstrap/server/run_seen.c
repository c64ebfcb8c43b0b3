/* What a device showed: the answers to Discover and Read, put together. */
#include "bootstrap/lwm2m/codec.h"
#include "bootstrap/server/worker_private.h"

#include <stdlib.h>

void bs_seen_clear(struct bs_seen *seen)
{
    if (seen->discover)
        lwm2m_discover_clear(seen->discover);
    free(seen->discover);
    lwm2m_content_clear(&seen->servers);
    lwm2m_content_clear(&seen->access);
    *seen = (struct bs_seen){0};
}

bool bs_seen_discover(struct bs_seen *seen, const struct cc_message *response)
{
    struct lwm2m_discover more = {0};
    if (lwm2m_discover_parse((const char *)response->payload, response->payload_len, &more) !=
        LWM2M_OK)
        return false;
    bool is_kept = true;
    if (seen->discover) {
        is_kept = lwm2m_discover_merge(seen->discover, &more) == LWM2M_OK;
    } else {
        seen->discover = malloc(sizeof *seen->discover);
        is_kept = seen->discover != NULL;
        if (is_kept) {
            *seen->discover = more;
            return true;
        }
    }
    lwm2m_discover_clear(&more);
    return is_kept;
}

/* lwm2m-bootstrap.md 3.3: an empty body says that there is no instance. */
bool bs_seen_read(struct bs_run *run, const struct cc_message *response)
{
    bool is_servers = run->read_object == 1;
    struct lwm2m_content *content = is_servers ? &run->seen.servers : &run->seen.access;
    uint16_t format = (uint16_t)cc_message_uint(response, CC_OPT_CONTENT_FORMAT, run->read_format);
    const struct lwm2m_path base = {{run->read_object}, 1};
    if (response->payload_len &&
        lwm2m_decode(format, base, policy_set_registry(run->snapshot->policies), response->payload,
                     response->payload_len, content) != LWM2M_OK)
        return false;
    run->seen.has_servers |= is_servers;
    run->seen.has_access |= !is_servers;
    return true;
}

struct policy_observation bs_seen_observation(const struct bs_seen *seen)
{
    return (struct policy_observation){.discover = seen->discover,
                                       .servers = seen->has_servers ? &seen->servers : NULL,
                                       .access = seen->has_access ? &seen->access : NULL};
}
