#include "pki/record.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const auth_names[] = {"none", "psk", "rpk", "x509"};
static const char *const mode_names[] = {"none", "psk", "rpk", "x509", "oscore", "sms"};
static const char *const rollout_state_names[] = {"none", "running", "paused", "aborted"};
static const char *const result_names[] = {"none", "finished", "unconfirmed", "failed",
                                           "held", "denied",   "superseded"};
static const char *const device_state_names[] = {"new", "bootstrapped", "failing", "disabled"};
static const char *const credential_state_names[] = {"staged", "active", "unconfirmed", "retired",
                                                     "abandoned"};

static const char *name_at(const char *const *names, size_t count, size_t index)
{
    return index < count ? names[index] : "?";
}

enum pki_device_state pki_device_state(const struct pki_device *device)
{
    if (device->disabled_at != 0) {
        return PKI_DEVICE_DISABLED;
    }
    if (device->attempted_at == 0) {
        return PKI_DEVICE_NEW;
    }
    switch (device->last_result) {
    case PKI_RESULT_FINISHED:
    case PKI_RESULT_UNCONFIRMED:
        return PKI_DEVICE_BOOTSTRAPPED;
    default:
        return PKI_DEVICE_FAILING;
    }
}

enum pki_credential_state pki_credential_state(const struct pki_credential *credential)
{
    if (credential->abandoned_at != 0) {
        return PKI_CREDENTIAL_ABANDONED;
    }
    if (credential->retired_at != 0) {
        return PKI_CREDENTIAL_RETIRED;
    }
    if (credential->active_at != 0) {
        return PKI_CREDENTIAL_ACTIVE;
    }
    if (credential->unconfirmed_at != 0) {
        return PKI_CREDENTIAL_UNCONFIRMED;
    }
    return PKI_CREDENTIAL_STAGED;
}

bool pki_credential_has_ended(const struct pki_credential *credential)
{
    enum pki_credential_state state = pki_credential_state(credential);

    return state == PKI_CREDENTIAL_RETIRED || state == PKI_CREDENTIAL_ABANDONED;
}

const char *pki_auth_name(enum pki_auth auth)
{
    return name_at(auth_names, COUNT(auth_names), (size_t)auth);
}

const char *pki_mode_name(enum pki_mode mode)
{
    return name_at(mode_names, COUNT(mode_names), (size_t)mode);
}

enum pki_mode pki_mode_by_name(const char *name)
{
    for (size_t i = 0; i < COUNT(mode_names); i++) {
        if (strcmp(mode_names[i], name) == 0) {
            return (enum pki_mode)i;
        }
    }
    return PKI_MODE_NONE;
}

const char *pki_rollout_state_name(enum pki_rollout_state state)
{
    return name_at(rollout_state_names, COUNT(rollout_state_names), (size_t)state);
}

const char *pki_result_name(enum pki_result result)
{
    return name_at(result_names, COUNT(result_names), (size_t)result);
}

const char *pki_device_state_name(enum pki_device_state state)
{
    return name_at(device_state_names, COUNT(device_state_names), (size_t)state);
}

const char *pki_credential_state_name(enum pki_credential_state state)
{
    return name_at(credential_state_names, COUNT(credential_state_names), (size_t)state);
}

enum pki_auth pki_auth_by_name(const char *name)
{
    for (size_t i = 0; i < COUNT(auth_names); i++) {
        if (strcmp(auth_names[i], name) == 0) {
            return (enum pki_auth)i;
        }
    }
    return PKI_AUTH_NONE;
}

/* Octets of the UTF-8 sequence at TEXT, 0 when it is none (RFC 3629 4) or a control character. */
static size_t character_length(const uint8_t *text)
{
    if (text[0] < 0x80) {
        return text[0] >= 0x20 && text[0] != 0x7f ? 1 : 0;
    }
    size_t length = text[0] >= 0xf0 ? 4 : text[0] >= 0xe0 ? 3 : 2;

    if (text[0] < 0xc2 || text[0] > 0xf4) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    bool is_c1_control = text[0] == 0xc2 && text[1] < 0xa0;
    bool is_overlong = (text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xf0 && text[1] < 0x90);
    bool is_surrogate = text[0] == 0xed && text[1] > 0x9f;
    bool is_beyond = text[0] == 0xf4 && text[1] > 0x8f;

    return is_c1_control || is_overlong || is_surrogate || is_beyond ? 0 : length;
}

static bool is_text(const char *text, size_t cap)
{
    size_t len = strnlen(text, cap);

    if (len == cap) {
        return false;
    }
    for (size_t at = 0; at < len;) {
        size_t step = character_length((const uint8_t *)text + at);

        if (step == 0) {
            return false;
        }
        at += step;
    }
    return true;
}

static bool has_sound_attributes(const struct pki_device *device)
{
    if (device->attribute_count > PKI_ATTRIBUTES_MAX) {
        return false;
    }
    for (size_t i = 0; i < device->attribute_count; i++) {
        const struct pki_attribute *attribute = &device->attributes[i];

        if (attribute->name[0] == '\0' || !is_text(attribute->name, sizeof(attribute->name)) ||
            !is_text(attribute->value, sizeof(attribute->value))) {
            return false;
        }
        for (size_t j = 0; j < i; j++) {
            if (strcmp(device->attributes[j].name, attribute->name) == 0) {
                return false;
            }
        }
    }
    return true;
}

static bool has_sound_psk(const struct pki_device *device)
{
    if (device->auth != PKI_AUTH_PSK) {
        return device->psk_len == 0;
    }
    return device->psk_len >= PKI_PSK_MIN && device->psk_len <= PKI_PSK_MAX;
}

static bool has_sound_identity(const struct pki_device *device)
{
    bool is_needed = device->auth == PKI_AUTH_PSK;

    return device->identity_len <= PKI_IDENTITY_MAX && (!is_needed || device->identity_len > 0);
}

enum pki_error pki_device_check(const struct pki_device *device, const char **field)
{
    const struct {
        const char *name;
        bool is_sound;
    } checks[] = {
        {"endpoint",
         device->endpoint[0] != '\0' && is_text(device->endpoint, sizeof(device->endpoint))},
        {"auth", (size_t)device->auth < COUNT(auth_names)},
        {"identity", has_sound_identity(device)},
        {"psk", has_sound_psk(device)},
        {"group", is_text(device->group, sizeof(device->group))},
        {"policy", is_text(device->policy, sizeof(device->policy))},
        {"attributes", has_sound_attributes(device)},
        {"last_result", (size_t)device->last_result < COUNT(result_names)},
    };

    for (size_t i = 0; i < COUNT(checks); i++) {
        if (!checks[i].is_sound) {
            if (field != NULL) {
                *field = checks[i].name;
            }
            return PKI_EINVAL;
        }
    }
    return PKI_OK;
}

/* Most octets of each part, by enum pki_mode. */
static const struct {
    size_t identity, secret, public_part;
} credential_bounds[] = {
    [PKI_MODE_PSK] = {PKI_IDENTITY_MAX, PKI_PSK_MAX, 0},
    [PKI_MODE_RPK] = {0, PKI_SECRET_MAX, PKI_PUBLIC_MAX},
    [PKI_MODE_X509] = {0, PKI_SECRET_MAX, PKI_PUBLIC_MAX},
    [PKI_MODE_OSCORE] = {PKI_IDENTITY_MAX, PKI_SECRET_MAX, PKI_IDENTITY_MAX},
    [PKI_MODE_SMS] = {6, 48, 0},
};

/* Two IDs, each behind its length. */
static bool has_sound_ids(const struct pki_credential *credential)
{
    const uint8_t *octets = credential->identity;
    size_t sender_end = credential->identity_len == 0 ? 0 : (size_t)octets[0] + 1;

    return sender_end != 0 && sender_end < credential->identity_len &&
           sender_end + 1 + octets[sender_end] == credential->identity_len;
}

enum pki_error pki_credential_check(const struct pki_credential *credential)
{
    size_t mode = (size_t)credential->mode;

    /* Short server ID 0 is reserved (LwM2M Core, object 1 resource 0); 65535 is this server. */
    bool is_sound = credential->server_id != 0 && mode != PKI_MODE_NONE &&
                    mode < COUNT(credential_bounds) &&
                    credential->identity_len <= credential_bounds[mode].identity &&
                    credential->secret_len <= credential_bounds[mode].secret &&
                    credential->public_len <= credential_bounds[mode].public_part;

    if (is_sound && credential->mode == PKI_MODE_OSCORE) {
        is_sound = has_sound_ids(credential);
    }
    return is_sound ? PKI_OK : PKI_EINVAL;
}

static bool has_sound_failing(const struct pki_rollout *rollout)
{
    if (rollout->failing_count > PKI_ROLLOUT_FAILING_MAX) {
        return false;
    }
    for (uint32_t i = 0; i < rollout->failing_count; i++) {
        if (rollout->failing_at[i] >= PKI_ROLLOUT_WINDOW_MAX) {
            return false;
        }
    }
    return true;
}

bool pki_rollout_has_sound_numbers(const struct pki_rollout *rollout)
{
    bool is_window_sound = rollout->pause_of <= PKI_ROLLOUT_WINDOW_MAX &&
                           rollout->window_count <= rollout->pause_of &&
                           (rollout->window_next < rollout->pause_of || rollout->window_next == 0);

    return rollout->state >= PKI_ROLLOUT_RUNNING && rollout->state <= PKI_ROLLOUT_ABORTED &&
           rollout->share_ppm <= PKI_PPM_MAX && rollout->pause_ppm <= PKI_PPM_MAX &&
           is_window_sound && has_sound_failing(rollout);
}

void pki_rollout_forget(struct pki_rollout *rollout)
{
    memset(rollout->window, 0, sizeof(rollout->window));
    memset(rollout->failing_id, 0, sizeof(rollout->failing_id));
    memset(rollout->failing_at, 0, sizeof(rollout->failing_at));
    rollout->window_count = 0;
    rollout->window_next = 0;
    rollout->failing_count = 0;
}

enum pki_error pki_rollout_check(const struct pki_rollout *rollout)
{
    bool is_sound = rollout->name[0] != '\0' && is_text(rollout->name, sizeof(rollout->name)) &&
                    is_text(rollout->reason, sizeof(rollout->reason)) &&
                    pki_rollout_has_sound_numbers(rollout);

    return is_sound ? PKI_OK : PKI_EINVAL;
}

void pki_device_wipe(struct pki_device *device)
{
    explicit_bzero(device, sizeof(*device));
}

void pki_credential_wipe(struct pki_credential *credential)
{
    explicit_bzero(credential, sizeof(*credential));
}
