/*
 * A device of the mind: instances with leaves, which takes the operations of a plan as real clients
 * do, so that a test can see what a plan leaves behind.
 */
#ifndef IMPRINT_TESTS_SUPPORT_POLICY_DEVICE_H
#define IMPRINT_TESTS_SUPPORT_POLICY_DEVICE_H

#include "tests/support/policy_case.h"

enum { POLICY_DEVICE_INSTANCES_MAX = 96 };

struct policy_device_instance {
    struct lwm2m_path path; /* /o/i */
    struct lwm2m_content content;
};

/* Zero-initialise; clear. */
struct policy_device {
    unsigned minor;      /* of LwM2M 1.x, as shown */
    bool merges;         /* a Write to an instance that stands merges; else it replaces */
    bool shows_uri;      /* in Discover */
    bool has_access;     /* knows object 2 */
    bool refuses_absent; /* a Delete of an instance that is not there is an error (Leshan) */
    bool has_refused;    /* an operation of the last plan was refused */
    struct policy_device_instance instances[POLICY_DEVICE_INSTANCES_MAX];
    size_t count;
};
void policy_device_clear(struct policy_device *device);
/* Random accounts, in pairs or not, access control, a bootstrap account somewhere. */
void policy_device_random(struct policy_device *device, uint32_t *seed);
/* Answers to Discover, and to Read of OBJECT; the caller clears them. */
void policy_device_discover(const struct policy_device *device, struct lwm2m_discover *discover);
void policy_device_read(const struct policy_device *device, uint16_t object,
                        struct lwm2m_content *content);
/* Carries out every operation of PLAN. */
void policy_device_apply(struct policy_device *device, const struct policy_plan *plan);
/* The instance at PATH, or NULL. */
struct policy_device_instance *policy_device_at(struct policy_device *device,
                                                struct lwm2m_path path);
/* Takes the instance at INDEX away, and nothing else. */
void policy_device_lose(struct policy_device *device, size_t index);
/* Short server ID of an instance of object 0 or 1; 0 = none. */
uint16_t policy_device_ssid(const struct policy_device_instance *instance);
/* True when it is the bootstrap account. */
bool policy_device_is_bootstrap(const struct policy_device_instance *instance);
/* True when both hold the same resources with the same values, wherever they are. */
bool policy_device_same(const struct lwm2m_leaf *a, size_t a_count, const struct lwm2m_leaf *b,
                        size_t b_count);

#endif
