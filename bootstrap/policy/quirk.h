/*
 * Clients that behave in their own way, as one table (clients.md): how each is recognised by what
 * it sends, and what follows for a plan and for the session.
 *
 * Recognition is a guess, so that every consequence is harmless to a client that was taken for
 * another: another order of formats, smaller blocks, a warning, one instance the fewer. What holds
 * for every client is a rule of the plan, not a row. docs/clients.md says of each known behaviour
 * where it is handled. Pure.
 */
#ifndef POLICY_QUIRK_H
#define POLICY_QUIRK_H

#include "bootstrap/lwm2m/codec.h"
#include "bootstrap/lwm2m/link.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POLICY_QUIRK_FORMATS_MAX 6

/* What a client has sent so far. */
struct policy_traits {
    uint16_t pct;        /* of the Bootstrap-Request; LWM2M_FORMAT_NONE: not sent */
    bool asked_pack;     /* came with a Bootstrap-Pack-Request, now or lately */
    bool has_public_key; /* the session is authenticated with a raw public key or certificate */
    const struct lwm2m_discover *discover; /* NULL: not asked, or failed */
};

/* How a client that is not given in full treats a Write to an instance that stands. */
enum policy_write_effect { POLICY_WRITE_UNKNOWN = 0, POLICY_WRITE_MERGES, POLICY_WRITE_REPLACES };

struct policy_quirk {
    const char *name;    /* "wakaama": for `client.kind`, matches, outcomes */
    const char *clients; /* whose behaviour this is, with versions */
    bool (*recognises)(const struct policy_traits *traits);

    uint16_t version; /* enabler that it speaks whatever it shows; 0: as shown */
    /* It reads these, best first, after what it names itself (pct); LWM2M_FORMAT_NONE ends. */
    uint16_t formats[POLICY_QUIRK_FORMATS_MAX];
    size_t key_max;        /* octets of a PSK; 0: no limit known */
    size_t identity_max;   /* octets of a PSK identity */
    size_t credential_max; /* octets of a certificate or key */
    size_t server_accounts_max;
    uint16_t block_max;                         /* octets of a block */
    uint32_t ack_timeout_ms;                    /* at least */
    enum policy_write_effect write_to_server;   /* /1 */
    enum policy_write_effect write_to_security; /* /0 */
    bool is_psk_only; /* no raw public key, no certificate: worth a note, never a refusal */
    bool ends_at_refused_finish;     /* a 4.06 to Finish ends its session: no corrective round */
    bool is_deaf_after_finish;       /* a lost answer to Finish cannot be repeated */
    bool writes_by_instance;         /* an object-level Write renumbers */
    const uint8_t *refuses_security; /* resources of /0 that are errors to it; ends with 0xff */
    const uint8_t *refuses_server;   /* of /1 */
};

/* The row that recognises TRAITS, or NULL. The first that fits counts. */
const struct policy_quirk *policy_quirk_of(const struct policy_traits *traits);
/* The row called NAME, or NULL. */
const struct policy_quirk *policy_quirk_by_name(const char *name);
/* Row INDEX, for listings; NULL behind the last. */
const struct policy_quirk *policy_quirk_at(size_t index);

#endif
