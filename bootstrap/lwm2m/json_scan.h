/*
 * Inside the module: JSON read token by token (RFC 8259), for the content formats.
 *
 * Beside the documents of json.h, because a body from the wire must be bounded while it is read (no
 * tree is built, depth ends at LWM2M_SCAN_DEPTH_MAX) and its numbers must be exact: Unsigned
 * Integers go to 2^64 - 1. Strings must be UTF-8 without NUL. Names may repeat: who reads them
 * knows which may not.
 */
#ifndef LWM2M_JSON_SCAN_H
#define LWM2M_JSON_SCAN_H

#include "bootstrap/lwm2m/scalar.h"

#define LWM2M_SCAN_DEPTH_MAX 8

/* Set AT and END; a copy remembers a place. */
struct lwm2m_scan {
    const uint8_t *at;
    const uint8_t *end;
    unsigned depth;
};

/* An open array or object. */
struct lwm2m_scan_group {
    uint8_t close;
    bool has_members;
};

/*
 * Opens the array ('[') or object ('{') that must come next. LWM2M_EFORMAT: something else does.
 * LWM2M_ELIMIT: too deep.
 */
enum lwm2m_error lwm2m_scan_enter(struct lwm2m_scan *scan, uint8_t open,
                                  struct lwm2m_scan_group *group) MUST_USE;
/* *MORE: another member follows; else GROUP is closed. LWM2M_EFORMAT. */
enum lwm2m_error lwm2m_scan_more(struct lwm2m_scan *scan, struct lwm2m_scan_group *group,
                                 bool *more) MUST_USE;
/*
 * A member's name and its colon. Octets are borrowed from the input, or from the arena of CONTENT
 * where something is escaped. LWM2M_EFORMAT, LWM2M_ENOMEM.
 */
enum lwm2m_error lwm2m_scan_key(struct lwm2m_scan *scan, struct lwm2m_content *content,
                                const uint8_t **data, size_t *len) MUST_USE;
/* A value that is no array and no object, octets as in lwm2m_scan_key. Also as lwm2m_number_parse.
 */
enum lwm2m_error lwm2m_scan_scalar(struct lwm2m_scan *scan, struct lwm2m_content *content,
                                   struct lwm2m_scalar *scalar) MUST_USE;
/* Reads over the next value whatever it holds; numbers beyond a double too. */
enum lwm2m_error lwm2m_scan_skip(struct lwm2m_scan *scan) MUST_USE;
/* LWM2M_EFORMAT: more than blanks is left. */
enum lwm2m_error lwm2m_scan_end(struct lwm2m_scan *scan) MUST_USE;

#endif
