/*
 * One object definition as read from its XML file: between definition.c (the collection) and
 * definition_xml.c (the one door to libexpat). Internal to this folder. Pure.
 */
#ifndef LWM2M_DEFINITION_XML_H
#define LWM2M_DEFINITION_XML_H

#include "bootstrap/lwm2m/definition.h"

/* OBJECT with all that it points to on the heap; `since` of each resource is not set. */
struct lwm2m_definition {
    struct lwm2m_object object;
    struct lwm2m_resource *resources; /* object.resources */
    char *name;                       /* object.name */
};

/* As lwm2m_definitions_add; *OUT is NULL on failure, else to be freed. */
enum lwm2m_error lwm2m_definition_parse(const char *text, size_t len, struct lwm2m_definition **out,
                                        struct lwm2m_definition_fault *fault) MUST_USE;
/* NULL is allowed. */
void lwm2m_definition_free(struct lwm2m_definition *definition);

/*
 * A RangeEnumeration as the registry's files write it, into the range of RESOURCE, whose type is
 * set: "0..255", "0-65535", "1 to 65534", "-90.0..90.0", "0x00..0xFF", "16,32,48", each perhaps in
 * brackets and with a unit behind; for octets also "6". Whatever else is prose, and no range.
 * VALUES (room for LWM2M_RANGE_VALUES_MAX) gets a list that is no progression: *COUNT of them, else
 * 0; who calls keeps them and sets resource->values.
 */
#define LWM2M_RANGE_VALUES_MAX 64
void lwm2m_definition_range(const char *text, struct lwm2m_resource *resource,
                            int64_t values[static LWM2M_RANGE_VALUES_MAX], size_t *count);

#endif
