#include "bootstrap/policy/quirk.h"

#include "bootstrap/lwm2m/object.h"

#include <string.h>

/* Recognition -----------------------------------------------------------------------------------
 */

static bool has_form(const struct policy_traits *traits, unsigned all, unsigned none)
{
    return traits->discover != NULL && (traits->discover->form & all) == all &&
           (traits->discover->form & none) == 0;
}

static bool shows_version(const struct policy_traits *traits, uint16_t low, uint16_t high)
{
    return traits->discover != NULL && traits->discover->version >= low &&
           traits->discover->version <= high;
}

/* The link of an object as a whole, or NULL. */
static const struct lwm2m_entry *object_link(const struct policy_traits *traits, uint16_t object)
{
    return traits->discover == NULL
               ? NULL
               : lwm2m_discover_find(traits->discover, lwm2m_path_of(1, object, 0, 0, 0));
}

static bool shows_security_object(const struct policy_traits *traits)
{
    return object_link(traits, LWM2M_OBJECT_SECURITY) != NULL;
}

/* `</>;lwm2m=1.1,</0>,</0/1>;uri="..",</1>,</2>`: objects beside instances, and the bootstrap
 * account's own URI. */
static bool looks_like_anjay(const struct policy_traits *traits)
{
    return has_form(traits, LWM2M_FORM_ROOT | LWM2M_FORM_BOOTSTRAP_URI, 0) &&
           shows_security_object(traits);
}

static bool is_anjay_1_2(const struct policy_traits *traits)
{
    if (traits->discover == NULL) {
        return traits->asked_pack;
    }
    return looks_like_anjay(traits) &&
           shows_version(traits, LWM2M_VERSION(1, 2), LWM2M_VERSION(1, UINT8_MAX));
}

static bool is_anjay_1_1(const struct policy_traits *traits)
{
    return looks_like_anjay(traits) &&
           shows_version(traits, LWM2M_VERSION(1, 1), LWM2M_VERSION(1, 1));
}

static bool is_anjay_1_0(const struct policy_traits *traits)
{
    return traits->pct == LWM2M_FORMAT_NONE && !traits->asked_pack &&
           has_form(traits, 0, LWM2M_FORM_URI) && shows_security_object(traits) &&
           shows_version(traits, LWM2M_VERSION(1, 0), LWM2M_VERSION(1, 0));
}

/* `uri` came with 1.1 (lwm2m-bootstrap.md section 1): beside `lwm2m=1.0` it gives this one away. */
static bool looks_like_leshan(const struct policy_traits *traits)
{
    return has_form(traits, LWM2M_FORM_ROOT | LWM2M_FORM_URI, LWM2M_FORM_QUOTED_VERSION) &&
           shows_version(traits, LWM2M_VERSION(1, 0), LWM2M_VERSION(1, 0)) &&
           !shows_security_object(traits);
}

static bool is_leshan(const struct policy_traits *traits)
{
    return looks_like_leshan(traits) && traits->pct != LWM2M_FORMAT_NONE;
}

static bool is_leshan_1_0(const struct policy_traits *traits)
{
    return looks_like_leshan(traits) && traits->pct == LWM2M_FORMAT_NONE;
}

static bool is_zephyr(const struct policy_traits *traits)
{
    return has_form(traits, LWM2M_FORM_ROOT | LWM2M_FORM_QUOTED_VERSION, LWM2M_FORM_URI) &&
           !shows_security_object(traits);
}

/*
 * `</>;lwm2m=1.1,</0/0>,</0/1>;ssid=1;uri="..",</1>;ver=1.1,</1/1>;ssid=1`: the object's version
 * though `lwm2m` implies it, and no URI of the bootstrap account. It knows PSK only.
 */
static bool is_wakaama(const struct policy_traits *traits)
{
    const unsigned other = LWM2M_FORM_QUOTED_VERSION | LWM2M_FORM_BOOTSTRAP_URI;
    const struct lwm2m_entry *server = object_link(traits, LWM2M_OBJECT_SERVER);
    return !traits->has_public_key && has_form(traits, LWM2M_FORM_ROOT, other) &&
           shows_version(traits, LWM2M_VERSION(1, 1), LWM2M_VERSION(1, 1)) &&
           !shows_security_object(traits) && server != NULL &&
           server->version == LWM2M_VERSION(1, 1);
}

/* Built for 1.0: `lwm2m=1.0,</0/0>,..`, an item of its own, unquoted. */
static bool is_wakaama_1_0(const struct policy_traits *traits)
{
    return !traits->has_public_key && traits->pct == LWM2M_FORMAT_NONE &&
           has_form(traits, LWM2M_FORM_BARE_VERSION, LWM2M_FORM_QUOTED_VERSION | LWM2M_FORM_URI) &&
           shows_version(traits, LWM2M_VERSION(1, 0), LWM2M_VERSION(1, 0)) &&
           !shows_security_object(traits);
}

/* Rows ------------------------------------------------------------------------------------------
 */

#define END 0xff

static const uint8_t anjay_refuses_server[] = {4, 8, 9, END};
static const uint8_t wakaama_refuses_security[] = {13, 14, 15, 16, 17, END};
static const uint8_t wakaama_refuses_server[] = {4, 8, 9, 10, 11, 12, 21, 22, 24, END};

#define TLV        LWM2M_FORMAT_TLV
#define SENML_JSON LWM2M_FORMAT_SENML_JSON
#define SENML_CBOR LWM2M_FORMAT_SENML_CBOR
#define LWM2M_CBOR LWM2M_FORMAT_LWM2M_CBOR
#define JSON       LWM2M_FORMAT_JSON
#define NO_MORE    LWM2M_FORMAT_NONE
#define V(minor)   LWM2M_VERSION(1, minor)
#define KIND_ANJAY                                                                                 \
    .refuses_server = anjay_refuses_server, .write_to_server = POLICY_WRITE_MERGES,                \
    .write_to_security = POLICY_WRITE_MERGES
#define KIND_LESHAN                                                                                \
    .server_accounts_max = 1, .ends_at_refused_finish = true,                                      \
    .write_to_server = POLICY_WRITE_REPLACES, .write_to_security = POLICY_WRITE_REPLACES
#define KIND_WAKAAMA                                                                               \
    .key_max = 16, .identity_max = 32, .block_max = 512, .is_psk_only = true,                      \
    .is_deaf_after_finish = true, .writes_by_instance = true,                                      \
    .write_to_server = POLICY_WRITE_REPLACES, .write_to_security = POLICY_WRITE_MERGES,            \
    .refuses_security = wakaama_refuses_security, .refuses_server = wakaama_refuses_server

/* clang-format off: one row a client; clients.md, lwm2m-bootstrap.md section 9. */
static const struct policy_quirk quirks[] = {
    {.name = "anjay-1.2",
     .clients = "Anjay 3.x with LwM2M 1.2",
     .recognises = is_anjay_1_2,
     .version = V(2),
     .formats = {SENML_CBOR, LWM2M_CBOR, SENML_JSON, TLV, NO_MORE},
     KIND_ANJAY},
    {.name = "anjay-1.1",
     .clients = "Anjay 3.x with LwM2M 1.1",
     .recognises = is_anjay_1_1,
     .formats = {SENML_CBOR, SENML_JSON, TLV, NO_MORE},
     KIND_ANJAY},
    {.name = "anjay-1.0",
     .clients = "Anjay 2.x, LwM2M 1.0",
     .recognises = is_anjay_1_0,
     .formats = {TLV, NO_MORE},
     KIND_ANJAY},
    {.name = "leshan",
     .clients = "Leshan's client 2.x",
     .recognises = is_leshan,
     .version = V(1),
     .formats = {TLV, SENML_JSON, SENML_CBOR, NO_MORE},
     KIND_LESHAN},
    {.name = "leshan-1.0",
     .clients = "Leshan's client, without pct",
     .recognises = is_leshan_1_0,
     .formats = {TLV, JSON, NO_MORE},
     KIND_LESHAN},
    /* On NB-IoT it waits 20 s itself; so long a wait would harm on any other link, so that a link
     * of a policy asks for more. */
    {.name = "zephyr",
     .clients = "Zephyr's LwM2M client",
     .recognises = is_zephyr,
     .formats = {TLV, SENML_JSON, SENML_CBOR, NO_MORE},
     .key_max = 16,
     .identity_max = 16,
     .credential_max = 1024,
     .server_accounts_max = 1,
     .ack_timeout_ms = 5000},
    {.name = "wakaama",
     .clients = "Wakaama with LwM2M 1.1",
     .recognises = is_wakaama,
     .formats = {SENML_JSON, TLV, NO_MORE},
     KIND_WAKAAMA},
    {.name = "wakaama-1.0",
     .clients = "Wakaama built for LwM2M 1.0",
     .recognises = is_wakaama_1_0,
     .formats = {TLV, JSON, NO_MORE},
     KIND_WAKAAMA},
};
/* clang-format on */

const struct policy_quirk *policy_quirk_at(size_t index)
{
    return index < sizeof quirks / sizeof quirks[0] ? &quirks[index] : NULL;
}

const struct policy_quirk *policy_quirk_of(const struct policy_traits *traits)
{
    const struct policy_quirk *quirk;
    size_t i = 0;
    while ((quirk = policy_quirk_at(i)) != NULL && !quirk->recognises(traits)) {
        i++;
    }
    return quirk;
}

const struct policy_quirk *policy_quirk_by_name(const char *name)
{
    const struct policy_quirk *quirk;
    size_t i = 0;
    while ((quirk = policy_quirk_at(i)) != NULL && strcmp(quirk->name, name) != 0) {
        i++;
    }
    return quirk;
}
