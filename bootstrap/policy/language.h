/*
 * The rows of the policy language, by topic: what language*.c share. Internal.
 */
#ifndef POLICY_LANGUAGE_H
#define POLICY_LANGUAGE_H

#include "bootstrap/policy/model.h"

#include <stddef.h>

#define AT(type, field) offsetof(struct type, field)

extern const struct policy_schema_table policy_server_table; /* struct policy_server */
extern const struct policy_schema_table policy_grant_table;  /* struct policy_grant */
extern const struct policy_schema_table policy_psk_table;    /* struct policy_psk */
extern const struct policy_schema_table policy_move_table;   /* struct policy_move */
extern const struct policy_schema_table policy_match_table;  /* struct policy_match */
extern const struct policy_schema_table policy_client_table; /* struct policy_client */
extern const struct policy_schema_table policy_valid_table;  /* struct policy_valid */

/* "stored" */
extern const struct policy_schema_word policy_stored_words[];
/* The word "stored" into a bool. */
policy_schema_custom_fn policy_read_stored;
/* trust.c: the name of a file, read into the struct policy_trust at PLACE. */
policy_schema_custom_fn policy_read_trust_file;
/* What a file is by its outermost DER. */
enum policy_trust_form { POLICY_TRUST_NEITHER, POLICY_TRUST_CERTIFICATE, POLICY_TRUST_KEY };
enum policy_trust_form policy_trust_form(const uint8_t *der, size_t len);
/* write.c: resources of /0 and /1 that have no key, into a struct policy_array of leaves. */
policy_schema_custom_fn policy_read_security_extra;
policy_schema_custom_fn policy_read_server_extra;

#endif
