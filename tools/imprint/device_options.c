/* The options that describe a device, as `device add` and `device set` take them. */
#include "tools/imprint/home.h"
#include "tools/imprint/say.h"
#include "tools/imprint/value.h"

#include <string.h>

static enum cli_status take_name(const struct cli_call *call, enum cli_option_id option,
                                 char out[static PKI_NAME_MAX + 1])
{
    const char *name = cli_value(call, option);
    if (name == NULL) {
        return CLI_DONE;
    }
    if (strlen(name) > PKI_NAME_MAX) {
        return cli_usage("%s has at most %d octets", cli_options[option].name, PKI_NAME_MAX);
    }
    memcpy(out, name, strlen(name) + 1);
    return CLI_DONE;
}

static size_t attribute_find(const struct pki_device *device, const char *name, size_t len)
{
    size_t i = 0;
    while (i < device->attribute_count && (strlen(device->attributes[i].name) != len ||
                                           memcmp(device->attributes[i].name, name, len) != 0)) {
        i++;
    }
    return i;
}

static enum cli_status attribute_put(struct pki_device *device, const char *text)
{
    const char *equals = strchr(text, '=');
    size_t len = equals != NULL ? (size_t)(equals - text) : 0;
    if (len == 0) {
        return cli_usage("--attr is NAME=VALUE, not '%s'", text);
    }
    if (len > PKI_ATTRIBUTE_NAME_MAX || strlen(equals + 1) > PKI_ATTRIBUTE_VALUE_MAX) {
        return cli_usage("--attr: a name has at most %d octets, a value %d", PKI_ATTRIBUTE_NAME_MAX,
                         PKI_ATTRIBUTE_VALUE_MAX);
    }
    size_t at = attribute_find(device, text, len);
    if (at == PKI_ATTRIBUTES_MAX) {
        return cli_usage("--attr: a device has at most %d attributes", PKI_ATTRIBUTES_MAX);
    }
    struct pki_attribute *attribute = &device->attributes[at];
    memset(attribute, 0, sizeof *attribute);
    memcpy(attribute->name, text, len);
    memcpy(attribute->value, equals + 1, strlen(equals + 1));
    device->attribute_count += at == device->attribute_count;
    return CLI_DONE;
}

static enum cli_status attribute_drop(struct pki_device *device, const char *name)
{
    size_t at = attribute_find(device, name, strlen(name));
    if (at == device->attribute_count) {
        return cli_fail("--no-attr: %s has no attribute '%s'", device->endpoint, name);
    }
    device->attribute_count--;
    memmove(&device->attributes[at], &device->attributes[at + 1],
            (device->attribute_count - at) * sizeof device->attributes[0]);
    return CLI_DONE;
}

static enum cli_status attributes(const struct cli_call *call, struct pki_device *device)
{
    enum cli_status status = CLI_DONE;
    for (size_t i = 0; i < call->given_count && status == CLI_DONE; i++) {
        if (call->given[i].option == CLI_OPT_ATTR) {
            status = attribute_put(device, call->given[i].value);
        } else if (call->given[i].option == CLI_OPT_NO_ATTR) {
            status = attribute_drop(device, call->given[i].value);
        }
    }
    return status;
}

/* A policy that no file has would hold the device for ever: refuse it here. */
static enum cli_status policy_exists(const struct cli_call *call, const char *name)
{
    const char *nearest = NULL;
    struct policy_set *set = cli_home_policy_set(call);
    if (set == NULL) {
        return CLI_FAILED;
    }
    for (size_t i = 0; i < policy_set_rule_count(set); i++) {
        const char *rule = policy_set_rule_name(set, i);
        if (nearest == NULL || cli_edits(name, rule) < cli_edits(name, nearest)) {
            nearest = rule;
        }
    }
    enum cli_status status = CLI_DONE;
    if (!policy_set_has_rule(set, name)) {
        status =
            nearest != NULL
                ? cli_fail("--policy: there is no policy '%s'; the nearest is '%s'", name, nearest)
                : cli_fail("--policy: there is no policy '%s'", name);
    }
    policy_set_unref(set);
    return status;
}

enum cli_status cli_device_options(struct cli_call *call, struct pki_device *device)
{
    enum cli_status status = take_name(call, CLI_OPT_GROUP, device->group);
    if (status == CLI_DONE) {
        status = take_name(call, CLI_OPT_POLICY, device->policy);
    }
    if (status == CLI_DONE) {
        status = attributes(call, device);
    }
    if (status == CLI_DONE && cli_has(call, CLI_OPT_POLICY) && device->policy[0] != '\0') {
        status = policy_exists(call, device->policy);
    }
    return status;
}

enum cli_status cli_device_valid(const struct pki_device *device)
{
    const char *field = NULL;
    if (pki_device_check(device, &field) != PKI_OK) {
        return cli_fail(
            "the device's %s is out of bounds: texts are UTF-8 without control characters, "
            "an endpoint has 1 to %d octets",
            field != NULL ? field : "record", PKI_ENDPOINT_MAX);
    }
    return CLI_DONE;
}
