/*
 * Inside the module: the value of a leaf as both JSON formats write it.
 */
#ifndef LWM2M_JSON_LEAF_H
#define LWM2M_JSON_LEAF_H

#include "bootstrap/lwm2m/json.h"

/*
 * Whether JSON can carry VALUE. LWM2M_EUNSUPPORTED: nothing, infinite, no number. LWM2M_ETYPE: a
 * string that is not UTF-8.
 */
enum lwm2m_error lwm2m_json_leaf_check(const struct lwm2m_value *value) MUST_USE;
/* VALUE, which passed the check; octets as lwm2m_json_base64. */
void lwm2m_json_leaf_put(struct lwm2m_json_writer *writer, const struct lwm2m_value *value,
                         bool is_url);

#endif
