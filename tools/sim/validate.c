#include "tools/sim/validate.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    R_URI = 0,
    R_BOOTSTRAP = 1,
    R_MODE = 2,
    R_IDENTITY = 3,
    R_SERVER_KEY = 4,
    R_KEY = 5,
    R_SECURITY_SSID = 10,
    R_MATCHING = 13,
    R_OSCORE = 17
};
enum { R_SERVER_SSID = 0, R_BINDING = 16 };
enum { MODE_PSK = 0, MODE_RPK = 1, MODE_X509 = 2, MODE_NOSEC = 3, MODE_EST = 4 };

/* Resources without which an instance is of no use: what Anjay wants (clients.md), and the object's
 * own for /2. */
static const struct {
    uint16_t object;
    uint16_t resource;
} mandatory[] = {{0, 0}, {0, 1}, {0, 2}, {1, 0},  {1, 1},  {1, 6}, {1, 7},
                 {2, 0}, {2, 1}, {2, 3}, {21, 0}, {21, 1}, {21, 2}};

static const struct {
    const char *scheme;
    bool is_secure;
} schemes[] = {
    {"coap://", false},
    {"coaps://", true},
    {"coap+tcp://", false},
    {"coaps+tcp://", true},
};

__attribute__((format(printf, 2, 3))) static bool fault(char *reason, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, SIM_REASON_MAX + 1, format, arguments);
    va_end(arguments);
    return false;
}

static bool is_true(const struct sim_instance *instance, uint16_t resource)
{
    const struct lwm2m_value *value = sim_instance_value(instance, resource);
    return value != NULL && value->as.boolean;
}

static int64_t number(const struct sim_instance *instance, uint16_t resource, int64_t fallback)
{
    const struct lwm2m_value *value = sim_instance_value(instance, resource);
    return value == NULL ? fallback : value->as.integer;
}

/* Short server ID of an account's instance; -1 for other objects and the bootstrap account. */
static int64_t ssid_of(const struct sim_instance *instance)
{
    if (instance->object == LWM2M_OBJECT_SERVER) {
        return number(instance, R_SERVER_SSID, -1);
    }
    bool is_server = instance->object == LWM2M_OBJECT_SECURITY && !is_true(instance, R_BOOTSTRAP);
    return is_server ? number(instance, R_SECURITY_SSID, -1) : -1;
}

static bool check_mandatory(const struct sim_instance *instance, char *reason)
{
    for (size_t i = 0; i < sizeof mandatory / sizeof mandatory[0]; i++) {
        if (mandatory[i].object == instance->object &&
            sim_instance_value(instance, mandatory[i].resource) == NULL) {
            return fault(reason, "/%u/%u: no resource %u", instance->object, instance->instance,
                         mandatory[i].resource);
        }
    }
    return true;
}

static bool check_scheme(const struct sim_instance *instance, int64_t mode, char *reason)
{
    const struct lwm2m_value *uri = sim_instance_value(instance, R_URI);
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t len = strlen(schemes[i].scheme);
        if (uri->as.bytes.len > len && memcmp(uri->as.bytes.data, schemes[i].scheme, len) == 0) {
            return schemes[i].is_secure == (mode != MODE_NOSEC) ||
                   fault(reason, "/0/%u: URI scheme does not fit the security mode",
                         instance->instance);
        }
    }
    return fault(reason, "/0/%u: unknown URI scheme", instance->instance);
}

/* One definite-length DER SEQUENCE that fills VALUE: the shape of every key and certificate here.
 */
static bool is_der(const struct lwm2m_value *value)
{
    const uint8_t *data = value->as.bytes.data;
    size_t len = value->as.bytes.len;
    if (len < 2 || data[0] != 0x30) {
        return false;
    }
    if (data[1] < 0x80) {
        return len == 2u + data[1];
    }
    size_t octets = data[1] & 0x7fu;
    if (octets == 0 || octets > 3 || len < 2 + octets) {
        return false;
    }
    size_t body = 0;
    for (size_t i = 0; i < octets; i++) {
        body = body << 8 | data[2 + i];
    }
    return len == 2 + octets + body;
}

/* lwm2m-objects.md 2.2: resource 4 may hold a hash of what the server is known by. */
static bool is_hash(const struct sim_instance *instance, const struct lwm2m_value *value)
{
    static const size_t octets[] = {0, 32, 48, 64};
    const struct lwm2m_value *matching = sim_instance_value(instance, R_MATCHING);
    uint64_t type = matching != NULL ? matching->as.uinteger : 0;
    return type > 0 && type < sizeof octets / sizeof octets[0] &&
           value->as.bytes.len == octets[type];
}

static bool check_keys(const struct sim_instance *instance, int64_t mode, char *reason)
{
    if (mode < MODE_PSK || mode > MODE_EST) {
        return fault(reason, "/0/%u: unknown security mode", instance->instance);
    }
    if (mode == MODE_NOSEC || mode == MODE_EST) {
        return true;
    }
    /* What vouches for the server is needed too, but for a PSK. */
    static const uint16_t needed[] = {R_IDENTITY, R_KEY, R_SERVER_KEY};
    for (size_t i = 0; i < (mode == MODE_PSK ? 2u : 3u); i++) {
        const struct lwm2m_value *value = sim_instance_value(instance, needed[i]);
        if (value == NULL || value->as.bytes.len == 0) {
            return fault(reason, "/0/%u: no key material in resource %u", instance->instance,
                         needed[i]);
        }
        bool is_known = needed[i] == R_SERVER_KEY && is_hash(instance, value);
        if (mode != MODE_PSK && !is_known && !is_der(value)) {
            return fault(reason, "/0/%u: resource %u is not DER", instance->instance, needed[i]);
        }
    }
    return true;
}

/* How many /0 instances link to /21/INSTANCE. */
static size_t count_links(const struct sim_store *store, uint16_t instance)
{
    size_t count = 0;
    for (size_t i = 0; i < store->count; i++) {
        const struct sim_instance *one = &store->instances[i];
        const struct lwm2m_value *link =
            one->object == LWM2M_OBJECT_SECURITY ? sim_instance_value(one, R_OSCORE) : NULL;
        count += link != NULL && link->as.link.object == LWM2M_OBJECT_OSCORE &&
                 link->as.link.instance == instance;
    }
    return count;
}

/* lwm2m-objects.md section 5: one context, one account. */
static bool check_oscore(const struct sim_store *store, const struct sim_instance *instance,
                         char *reason)
{
    const struct lwm2m_value *link = sim_instance_value(instance, R_OSCORE);
    if (link == NULL || link->as.link.object == LWM2M_ID_NONE) {
        return true;
    }
    if (link->as.link.object != LWM2M_OBJECT_OSCORE ||
        !sim_store_find(store, LWM2M_OBJECT_OSCORE, link->as.link.instance)) {
        return fault(reason, "/0/%u: resource 17 links to nothing", instance->instance);
    }
    return count_links(store, link->as.link.instance) == 1 ||
           fault(reason, "/0/%u: /21/%u is linked twice", instance->instance,
                 link->as.link.instance);
}

static bool check_security(const struct sim_store *store, const struct sim_instance *instance,
                           char *reason)
{
    int64_t mode = number(instance, R_MODE, -1);
    if (!is_true(instance, R_BOOTSTRAP) && sim_instance_value(instance, R_SECURITY_SSID) == NULL) {
        return fault(reason, "/0/%u: no resource 10", instance->instance);
    }
    return check_keys(instance, mode, reason) && check_scheme(instance, mode, reason) &&
           check_oscore(store, instance, reason);
}

/* How many instances of OBJECT have short server ID SSID. */
static size_t count_ssid(const struct sim_store *store, uint16_t object, int64_t ssid)
{
    size_t count = 0;
    for (size_t i = 0; i < store->count; i++) {
        count += store->instances[i].object == object && ssid_of(&store->instances[i]) == ssid;
    }
    return count;
}

/* A Server Account is one /0 instance and one /1 instance with the same short server ID
 * (lwm2m-objects.md section 1). */
static bool check_pair(const struct sim_store *store, const struct sim_instance *instance,
                       char *reason)
{
    int64_t ssid = ssid_of(instance);
    bool is_security = instance->object == LWM2M_OBJECT_SECURITY;
    if (ssid < 0) {
        return true;
    }
    if (ssid < 1 || ssid > LWM2M_ID_MAX) {
        return fault(reason, "/%u/%u: short server ID out of range", instance->object,
                     instance->instance);
    }
    if (count_ssid(store, instance->object, ssid) > 1) {
        return fault(reason, "/%u/%u: short server ID %d is there twice", instance->object,
                     instance->instance, (int)ssid);
    }
    uint16_t other = is_security ? LWM2M_OBJECT_SERVER : LWM2M_OBJECT_SECURITY;
    return count_ssid(store, other, ssid) == 1 ||
           fault(reason, "/%u/%u: no %s instance with short server ID %d", instance->object,
                 instance->instance, is_security ? "Server" : "Security", (int)ssid);
}

static bool check_instance(const struct sim_store *store, const struct sim_instance *instance,
                           char *reason)
{
    return check_mandatory(instance, reason) &&
           (instance->object != LWM2M_OBJECT_SECURITY || check_security(store, instance, reason));
}

/* CHECK of every instance, in order. */
static bool check_all(const struct sim_store *store, char *reason,
                      bool (*check)(const struct sim_store *store,
                                    const struct sim_instance *instance, char *reason))
{
    for (size_t i = 0; i < store->count; i++) {
        if (!check(store, &store->instances[i], reason)) {
            return false;
        }
    }
    return true;
}

static bool check_accounts(const struct sim_store *store, char *reason)
{
    size_t bootstraps = 0;
    size_t servers = 0;
    for (size_t i = 0; i < store->count; i++) {
        const struct sim_instance *instance = &store->instances[i];
        bool is_security = instance->object == LWM2M_OBJECT_SECURITY;
        servers += instance->object == LWM2M_OBJECT_SERVER;
        bootstraps += is_security && is_true(instance, R_BOOTSTRAP);
    }
    if (bootstraps > 1) {
        return fault(reason, "two Bootstrap-Server Accounts");
    }
    return servers > 0 || fault(reason, "no Server Account");
}

/* Leshan's client wants to know how it is to be reached (clients.md). */
static bool check_binding(const struct sim_store *store, char *reason)
{
    const struct sim_instance *device = sim_store_find(store, LWM2M_OBJECT_DEVICE, 0);
    return (device != NULL && sim_instance_value(device, R_BINDING) != NULL) ||
           fault(reason, "/3/0: no resource %u", R_BINDING);
}

bool sim_validate(const struct sim_device *device, char *reason)
{
    const struct sim_store *store = sim_device_store(device);
    const struct sim_profile *profile = sim_device_profile(device);
    bool is_valid = profile->no_validation ||
                    (check_all(store, reason, check_instance) &&
                     check_all(store, reason, check_pair) && check_accounts(store, reason) &&
                     (!profile->needs_binding || check_binding(store, reason)));
    if (is_valid) {
        reason[0] = '\0';
    }
    return is_valid;
}
