/* Server instances of the desired state. */
#include "bootstrap/policy/build.h"

#include <stddef.h>
#include <string.h>

void policy_server_want_extra(struct policy_build *build, struct policy_wanted *wanted,
                              const struct policy_array *extra)
{
    const struct lwm2m_leaf *leaves = extra->items;
    for (size_t i = 0; i < extra->count; i++) {
        struct lwm2m_leaf leaf = leaves[i];
        leaf.path.id[1] = wanted->path.id[1];
        policy_build_leaf(build, wanted, leaf, true);
    }
}

/* Resources of /1 whose value is a number of struct policy_server. */
static const struct number_row {
    uint16_t rid;
    bool is_optional;
    size_t offset;
} number_rows[] = {
    {0, false, offsetof(struct policy_server, id)},
    {1, false, offsetof(struct policy_server, lifetime_s)},
    {2, true, offsetof(struct policy_server, pmin_s)},
    {3, true, offsetof(struct policy_server, pmax_s)},
    {5, true, offsetof(struct policy_server, disable_timeout_s)},
    {6, false, offsetof(struct policy_server, store_notifications)},
    {13, true, offsetof(struct policy_server, order)},
    {14, true, offsetof(struct policy_server, initial_delay_s)},
    {15, true, offsetof(struct policy_server, failure_blocks)},
    {16, true, offsetof(struct policy_server, bootstrap_on_failure)},
    {17, true, offsetof(struct policy_server, retry_count)},
    {18, true, offsetof(struct policy_server, retry_timer_s)},
    {19, true, offsetof(struct policy_server, sequence_delay_s)},
    {20, true, offsetof(struct policy_server, sequence_count)},
    {21, true, offsetof(struct policy_server, trigger)},
    {23, true, offsetof(struct policy_server, mute_send)},
};

/* lwm2m-objects.md section 3: from 1.1 on a binding names transports alone, queue mode is the
 * client's to say. */
static void want_binding(struct policy_build *build, struct policy_wanted *wanted, const char *text)
{
    char letters[16];
    size_t len = 0;
    bool has_queue = policy_build_object_version(build, LWM2M_OBJECT_SERVER) < LWM2M_VERSION(1, 1);
    for (; *text != '\0' && len < sizeof letters; text++) {
        if (*text != 'Q' || has_queue) {
            letters[len++] = *text;
        }
    }
    const uint8_t *copy = policy_build_copy(build, letters, len);
    if (copy != NULL) {
        policy_build_bytes(build, wanted, 7, copy, len, false);
    }
}

void policy_server_want(struct policy_build *build, const struct policy_account *account)
{
    const struct policy_server *server = account->server;
    struct policy_wanted *wanted =
        policy_build_want(build, POLICY_CLASS_SERVER,
                          lwm2m_path_of(2, LWM2M_OBJECT_SERVER, account->server_instance, 0, 0),
                          policy_build_on_error(build->rule->on_error.account, POLICY_STOP));
    if (wanted == NULL) {
        return;
    }
    wanted->ssid = (uint16_t)server->id;
    for (size_t i = 0; i < sizeof number_rows / sizeof number_rows[0]; i++) {
        int64_t value = 0;
        memcpy(&value, (const unsigned char *)server + number_rows[i].offset, sizeof value);
        if (value != SCHEMA_UNSET) {
            policy_build_number(build, wanted, number_rows[i].rid, value,
                                number_rows[i].is_optional);
        }
    }
    if (server->binding != NULL) {
        want_binding(build, wanted, server->binding);
    }
    if (server->apn != SCHEMA_UNSET) {
        policy_build_link(build, wanted, 10, (struct lwm2m_link_value){11, (uint16_t)server->apn});
    }
    if (server->preferred_transport != NULL) {
        policy_build_bytes(build, wanted, 22, server->preferred_transport,
                           strlen(server->preferred_transport), true);
    }
    policy_server_want_extra(build, wanted, &server->server_extra);
}
