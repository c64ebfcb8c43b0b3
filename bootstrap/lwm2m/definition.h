/*
 * Object definitions from OMA's XML files (the LWM2M.xsd form): the one door to the XML reader.
 *
 * Model. A reference-counted collection that starts as the built-in registry; each text read adds
 * one object. A definition of an object that is built in replaces nothing of it: its resources are
 * taken where the built-in table lacks them. Of two versions of one object the newer counts, of two
 * definitions of one version the later; a resource that an older version which was read lacks is
 * `since` the version that brings it, any other since 1.0. Pure: no I/O, no state; bounded in size,
 * depth, resources and text; a DOCTYPE, and with it every entity and external reference, is
 * refused. One thread while it grows, any number afterwards: what the registry gave before an add
 * may be gone.
 *
 * Secrets. No definition says which values are secret: a resource is taken for one when a word of
 * its name is secret, password, passphrase, PSK, PIN or the like.
 *
 * Not read: descriptions beyond what tables need, enumerations written as prose.
 */
#ifndef LWM2M_DEFINITION_H
#define LWM2M_DEFINITION_H

#include "bootstrap/lwm2m/object.h"

#define LWM2M_DEFINITION_OCTETS_MAX    (1u << 20) /* of one file */
#define LWM2M_DEFINITION_OBJECTS_MAX   4096       /* of one collection */
#define LWM2M_DEFINITION_RESOURCES_MAX 1024       /* of one object */

struct lwm2m_definitions;

/* Why a text was refused. */
struct lwm2m_definition_fault {
    unsigned line, column; /* from 1 */
    char text[160];        /* one sentence: the element at fault and what it must be */
};

/* A collection with the built-in objects. NULL: out of memory. */
struct lwm2m_definitions *lwm2m_definitions_new(void) MUST_USE;
struct lwm2m_definitions *lwm2m_definitions_ref(struct lwm2m_definitions *definitions);
/* NULL is allowed. */
void lwm2m_definitions_unref(struct lwm2m_definitions *definitions);
/*
 * Adds the object that TEXT defines. LWM2M_EFORMAT (no XML, an element missing, twice or wrong),
 * LWM2M_EUNSUPPORTED (XML that defines no object), LWM2M_ERANGE (an id out of bounds), LWM2M_ETYPE
 * (an unknown type), LWM2M_EPATH (a resource twice), LWM2M_ELIMIT, LWM2M_ENOMEM, each with FAULT;
 * DEFINITIONS is unchanged then.
 */
enum lwm2m_error lwm2m_definitions_add(struct lwm2m_definitions *definitions, const char *text,
                                       size_t len, struct lwm2m_definition_fault *fault) MUST_USE;
/* The registry; lives as long as DEFINITIONS. NULL gives the built-in one. */
const struct lwm2m_registry *
lwm2m_definitions_registry(const struct lwm2m_definitions *definitions);

#endif
