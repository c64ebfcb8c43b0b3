/*
 * A simulated LwM2M device as its bootstrap server meets it: objects, and how strict it is about
 * them.
 *
 * Model. How strict is a matter of its profile; the empty one is Anjay 3's (clients.md): a Write to
 * an existing instance merges, resources that the device's version does not know are ignored in an
 * instance and 4.04 by themselves, executable resources are 4.05, a second Bootstrap-Server Account
 * is 4.00, Delete spares that account and /3 unless the account is named outright. A Write is done
 * whole or not at all. One bootstrap is one transaction: _begin, then _commit at an accepted Finish
 * or _rollback.
 *
 * No global state, no printing, no clock: many devices live in one process. Not thread safe: a
 * device belongs to one thread.
 */
#ifndef SIM_DEVICE_H
#define SIM_DEVICE_H

#include "bootstrap/lwm2m/object.h"
#include "tools/sim/profile.h"
#include "tools/sim/store.h"

/* What the factory put in; everything is copied. */
struct sim_factory {
    uint16_t version;            /* enabler, LWM2M_VERSION; 0 = 1.1 */
    uint16_t bootstrap_instance; /* /0 instance of the Bootstrap-Server Account */
    const char *server_uri;      /* its URI */
    const uint8_t *identity;     /* PSK; NULL = NoSec */
    size_t identity_len;
    const uint8_t *key;
    size_t key_len;
    uint32_t hold_off_s;     /* /0/x/11 when not 0 */
    const uint16_t *objects; /* objects that the device knows; NULL = all built-in ones */
    size_t object_count;
    const uint16_t *more; /* further objects that it knows, whatever the version */
    size_t more_count;
    const struct lwm2m_registry *registry; /* borrowed; NULL = the built-in one */
    const struct sim_profile *profile;     /* NULL = the empty one */
};

#define SIM_OBJECTS_MAX 64

struct sim_device;

/* NULL without memory, or with more than SIM_OBJECTS_MAX objects. Freed with _free, which wipes. */
struct sim_device *sim_device_new(const struct sim_factory *factory);
void sim_device_free(struct sim_device *device);

/* How it behaves; valid as long as the device. */
const struct sim_profile *sim_device_profile(const struct sim_device *device);
/* What the types of its resources are taken from. */
const struct lwm2m_registry *sim_device_registry(const struct sim_device *device);
/* Objects that it knows, ascending; *COUNT of them. */
const uint16_t *sim_device_objects(const struct sim_device *device, size_t *count);
/* Enabler version of the device. */
uint16_t sim_device_version(const struct sim_device *device);
/* Whether the device, in its version, knows OBJECT. */
bool sim_device_has_object(const struct sim_device *device, uint16_t object);
/* Everything it holds now; valid until the next change. */
const struct sim_store *sim_device_store(const struct sim_device *device);
/* The /0 instance whose resource 1 is true, -1 when there is none. */
int32_t sim_device_bootstrap_instance(const struct sim_device *device);
/* The definition of OBJECT's RESOURCE if the device's version knows it, else NULL. */
const struct lwm2m_resource *sim_device_resource(const struct sim_device *device, uint16_t object,
                                                 uint16_t resource);

/*
 * Bootstrap-Write of LEAVES to BASE -> CoAP code: 2.04; 4.00 value, multiplicity, second bootstrap
 * account; 4.04 unknown object or (named by BASE) resource; 4.05 root, resource instance or
 * executable; 5.00 no memory. Nothing has changed unless 2.04.
 */
uint8_t sim_device_write(struct sim_device *device, struct lwm2m_path base,
                         const struct lwm2m_leaf *leaves, size_t count) MUST_USE;
/* Bootstrap-Delete -> 2.02, also when there was nothing; 4.00 for a resource. */
uint8_t sim_device_delete(struct sim_device *device, struct lwm2m_path path) MUST_USE;
/*
 * Applies a Bootstrap-Pack (lwm2m-bootstrap.md 3.7): of each object in LEAVES what stands goes, but
 * for the bootstrap account, its OSCORE instance and /3. Codes as for a Write; nothing has changed
 * unless 2.04.
 */
uint8_t sim_device_pack(struct sim_device *device, const struct lwm2m_leaf *leaves, size_t count)
    MUST_USE;
/* Takes over STORE, which is empty afterwards: what a device held in an earlier run. */
void sim_device_restore(struct sim_device *device, struct sim_store *store);

/* Remembers the present state; false without memory. A second call keeps the first state. */
bool sim_device_begin(struct sim_device *device) MUST_USE;
/* Keeps what was done since _begin. */
void sim_device_commit(struct sim_device *device);
/* Goes back to _begin; nothing happens without one. */
void sim_device_rollback(struct sim_device *device);

#endif
