/*
 * Object and resource definitions as tables (lwm2m-objects.md; facts of the OMA registry).
 *
 * Built in: 0 Security, 1 Server, 2 Access Control, 3 Device, 21 OSCORE, each as its newest
 * version. A registry may hold more: definition files come with the loader of other objects. Every
 * look-up goes through a registry so that callers need not know. Immutable; safe from any thread.
 */
#ifndef LWM2M_OBJECT_H
#define LWM2M_OBJECT_H

#include "bootstrap/lwm2m/value.h"

#define LWM2M_OBJECT_SECURITY       0
#define LWM2M_OBJECT_SERVER         1
#define LWM2M_OBJECT_ACCESS_CONTROL 2
#define LWM2M_OBJECT_DEVICE         3
#define LWM2M_OBJECT_OSCORE         21

#define LWM2M_VERSION(major, minor) ((uint16_t)((major) << 8 | (minor)))

enum lwm2m_operations { LWM2M_OP_READ = 1, LWM2M_OP_WRITE = 2, LWM2M_OP_EXECUTE = 4 };

struct lwm2m_resource {
    uint16_t id;
    const char *name;
    enum lwm2m_type type;
    uint8_t operations; /* enum lwm2m_operations; 0 = bootstrap interface only */
    bool is_multiple;
    bool is_mandatory;
    bool is_secret;  /* shown as a length everywhere but in an explicit export */
    bool was_string; /* Opaque now, String in older object versions: both carry the same octets */
    uint16_t since;  /* first object version, LWM2M_VERSION */
    bool has_range;
    int64_t min, max;      /* numbers: value; String and Opaque: octets */
    int64_t step;          /* above 1: only min, min + step .. max */
    const int64_t *values; /* with a range: the only values, ascending; NULL: all of it */
    size_t value_count;
    bool has_real_range; /* FLOAT with a range that is not of whole numbers */
    double real_min, real_max;
    const char *units; /* of the registry's definition, e.g. "s"; NULL: none */
};

struct lwm2m_object {
    uint16_t id;
    const char *name;
    bool is_multiple;
    bool is_mandatory;
    uint16_t newest;                        /* newest object version described */
    const struct lwm2m_resource *resources; /* ascending id */
    size_t resource_count;
};

struct lwm2m_registry {
    const struct lwm2m_object *const *objects; /* ascending id */
    size_t object_count;
};

/* The built-in registry. */
const struct lwm2m_registry *lwm2m_registry_builtin(void);
/* NULL when unknown, also for a NULL registry or object. O(log n). */
const struct lwm2m_object *lwm2m_object_find(const struct lwm2m_registry *registry, uint16_t id);
const struct lwm2m_resource *lwm2m_resource_find(const struct lwm2m_object *object, uint16_t id);
/* The definition behind a path of depth 3 or 4; NULL when unknown or less deep. */
const struct lwm2m_resource *lwm2m_resource_at(const struct lwm2m_registry *registry,
                                               struct lwm2m_path path);
/*
 * By decimal id, or by name without regard to case, blanks and punctuation: "short-server-id" is
 * "Short Server ID". For policies. NULL when unknown.
 */
const struct lwm2m_resource *lwm2m_resource_by_name(const struct lwm2m_object *object,
                                                    const char *name, size_t len);
/*
 * Object version that enabler VERSION implies (lwm2m-objects.md section 7); 0 when the object does
 * not exist there. An older version counts as 1.0, a newer as 1.2.
 */
uint16_t lwm2m_object_implied(uint16_t object_id, uint16_t enabler_version);
/* VALUE against type and range of RESOURCE: LWM2M_OK, LWM2M_ETYPE, LWM2M_ERANGE. */
enum lwm2m_error lwm2m_resource_check(const struct lwm2m_resource *resource,
                                      const struct lwm2m_value *value) MUST_USE;

#endif
