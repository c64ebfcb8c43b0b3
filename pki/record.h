/*
 * The records of a home, as C structs, and what is computed from them.
 *
 * Shapes only: no storage. Lengths are octets; times are seconds since 1970-01-01 UTC, 0 = never.
 * Every array is bounded by a constant here, and every decoder refuses what exceeds it. States are
 * computed from timestamps (pure functions), never stored. Whoever holds a struct with a secret
 * member wipes it (pki_device_wipe, pki_credential_wipe).
 */
#ifndef PKI_RECORD_H
#define PKI_RECORD_H

#include "pki/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PKI_ENDPOINT_MAX        252 /* fits one Uri-Query option after "ep=" (RFC 7252 5.10) */
#define PKI_IDENTITY_MAX        255 /* servers must take at least 128 (LwM2M transport, PSK) */
#define PKI_PSK_MIN             8
#define PKI_PSK_DEFAULT         16 /* some clients take no more (clients.md, Zephyr, Wakaama) */
#define PKI_PSK_MAX             64
#define PKI_SECRET_MAX          192  /* of a credential: a PSK, or a P-256 key as PKCS#8 */
#define PKI_PUBLIC_MAX          2048 /* of a credential: a certificate or public key, DER */
#define PKI_NAME_MAX            64   /* group, policy names */
#define PKI_FORMATS_MAX         4    /* content formats remembered of a device */
#define PKI_PRINTS_MAX          64   /* instances whose content is remembered of a device */
#define PKI_ROLLOUTS_MAX        8    /* rollouts that one device has taken part in */
#define PKI_OBJECTS_MAX         64   /* objects remembered of a device */
#define PKI_PPM_MAX             1000000
#define PKI_PRINT_OCTETS        16
#define PKI_ROLLOUT_WINDOW_MAX  1024 /* outcomes that a rollout's pause rule may look back on */
#define PKI_ROLLOUT_FAILING_MAX 64   /* devices whose failure is there, told apart */
#define PKI_ATTRIBUTES_MAX      16
#define PKI_ATTRIBUTE_NAME_MAX  32
#define PKI_ATTRIBUTE_VALUE_MAX 128
#define PKI_PEER_MAX            64 /* "[v6 address]:port" */
#define PKI_STEP_MAX            48
#define PKI_REASON_MAX          96
#define PKI_HISTORY_MAX         8 /* outcomes kept for a device */

enum pki_auth { PKI_AUTH_NONE = 0, PKI_AUTH_PSK = 1, PKI_AUTH_RPK = 2, PKI_AUTH_X509 = 3 };

/*
 * What a credential is. In struct pki_credential:
 *
 *           identity                       secret                  public_part
 *   PSK     PSK identity                   PSK                     -
 *   RPK     -                              PKCS#8 of the device    SPKI of the device
 *   X509    -                              PKCS#8 of the device    certificate of the device, DER
 *   OSCORE  sender ID and recipient ID,    master secret           master salt
 *           each behind its length
 *   SMS     KIc, KID, SPI, TAR: 6 octets   16, 32 or 48 octets     -
 */
enum pki_mode {
    PKI_MODE_NONE = 0,
    PKI_MODE_PSK = 1,
    PKI_MODE_RPK = 2,
    PKI_MODE_X509 = 3,
    PKI_MODE_OSCORE = 4,
    PKI_MODE_SMS = 5
};

struct pki_attribute {
    char name[PKI_ATTRIBUTE_NAME_MAX + 1];
    char value[PKI_ATTRIBUTE_VALUE_MAX + 1];
};

enum pki_result {
    PKI_RESULT_NONE = 0,
    PKI_RESULT_FINISHED,    /* Finish answered 2.04 */
    PKI_RESULT_UNCONFIRMED, /* every write acknowledged, Finish sent, its answer never came */
    PKI_RESULT_FAILED,      /* gave up at step/code/reason */
    PKI_RESULT_HELD,        /* no policy: accepted, nothing changed */
    PKI_RESULT_DENIED,      /* refused by policy or identity mismatch */
    PKI_RESULT_SUPERSEDED   /* a newer bootstrap of the same endpoint took over */
};

struct pki_device {
    uint64_t id; /* chosen by the store, never reused */
    char endpoint[PKI_ENDPOINT_MAX + 1];
    enum pki_auth auth;
    uint8_t identity[PKI_IDENTITY_MAX]; /* PSK identity octets; may hold NUL */
    size_t identity_len;
    uint8_t psk[PKI_PSK_MAX]; /* secret */
    size_t psk_len;
    char group[PKI_NAME_MAX + 1];
    char policy[PKI_NAME_MAX + 1]; /* override: this policy whatever its match says; "" = none */
    struct pki_attribute attributes[PKI_ATTRIBUTES_MAX];
    size_t attribute_count;
    int64_t created_at;
    int64_t changed_at;
    int64_t disabled_at;
    int64_t bootstrapped_at; /* last PKI_RESULT_FINISHED or _UNCONFIRMED */
    int64_t attempted_at;    /* last outcome of any kind */
    enum pki_result last_result;
    uint32_t presented_serial; /* of a look-up by identity: see pki_store_device_by_identity; not
                                  stored */
};

enum pki_device_state {
    PKI_DEVICE_NEW,          /* never came */
    PKI_DEVICE_BOOTSTRAPPED, /* last attempt finished */
    PKI_DEVICE_FAILING,      /* came, last attempt did not finish */
    PKI_DEVICE_DISABLED
};

/* server_id of a credential for the bootstrap server itself. */
#define PKI_SERVER_BOOTSTRAP 65535

/*
 * A credential of the device for one LwM2M server (architecture, decision 9), or, with
 * PKI_SERVER_BOOTSTRAP, a new one for this bootstrap server: it opens a session beside the device's
 * own, and takes its place when the device first came with it.
 */
struct pki_credential {
    uint64_t device_id;
    uint16_t server_id; /* short server ID 1..65534, or PKI_SERVER_BOOTSTRAP */
    uint32_t serial;    /* per device and server, chosen by the store, ascending */
    enum pki_mode mode;
    uint8_t identity[PKI_IDENTITY_MAX];
    size_t identity_len;
    uint8_t secret[PKI_SECRET_MAX]; /* secret */
    size_t secret_len;
    uint8_t public_part[PKI_PUBLIC_MAX];
    size_t public_len;
    bool is_stored; /* put there by the operator, not minted */
    int64_t staged_at;
    int64_t active_at;      /* Finish acknowledged */
    int64_t unconfirmed_at; /* Finish sent, acknowledgement lost: both old and new stand */
    int64_t retired_at;
    int64_t abandoned_at;
};

enum pki_credential_state {
    PKI_CREDENTIAL_STAGED,
    PKI_CREDENTIAL_ACTIVE,
    PKI_CREDENTIAL_UNCONFIRMED,
    PKI_CREDENTIAL_RETIRED,
    PKI_CREDENTIAL_ABANDONED
};

/* One bootstrap, as it ended. */
struct pki_outcome {
    uint64_t device_id;
    int64_t started_at;
    uint32_t duration_ms;
    enum pki_result result;
    uint8_t code;    /* last CoAP code that decided (0 = none), c<<5|dd */
    uint16_t writes; /* Writes acknowledged */
    uint16_t deletes;
    uint16_t retransmissions;
    char step[PKI_STEP_MAX + 1];     /* e.g. "write /1/0", "finish" */
    char reason[PKI_REASON_MAX + 1]; /* e.g. "timeout", "4.15", "psk_mismatch" */
    char policy[PKI_NAME_MAX + 1];
    char peer[PKI_PEER_MAX + 1];
};

/* What an instance of the device held when its bootstrap was confirmed. */
struct pki_print {
    uint16_t object, instance;
    uint16_t ssid;                     /* of objects 0, 1, 21; 0 = none */
    uint8_t content[PKI_PRINT_OCTETS]; /* keyed hash of its leaves */
    uint8_t shape[PKI_PRINT_OCTETS];   /* keyed hash of which resources there are */
};

/* What bootstraps have taught about a device. Written with the outcome that taught it. */
struct pki_memory {
    uint64_t device_id;
    int64_t learnt_at;
    uint16_t version;                  /* enabler, major << 8 | minor; 0 = unknown */
    uint16_t formats[PKI_FORMATS_MAX]; /* content formats: the one that worked first */
    size_t format_count;
    uint16_t refused[PKI_FORMATS_MAX]; /* content formats that it refused */
    size_t refused_count;
    char kind[PKI_NAME_MAX + 1];       /* the client it was taken for; "" = none */
    bool asked_pack;                   /* it came with a Bootstrap-Pack-Request */
    uint16_t objects[PKI_OBJECTS_MAX]; /* it showed, ascending */
    size_t object_count;
    struct pki_print prints[PKI_PRINTS_MAX]; /* after the last confirmed bootstrap; else none */
    size_t print_count;
    char rollouts[PKI_ROLLOUTS_MAX][PKI_NAME_MAX + 1]; /* taken part in */
    size_t rollout_count;
};

enum pki_rollout_state { PKI_ROLLOUT_RUNNING = 1, PKI_ROLLOUT_PAUSED, PKI_ROLLOUT_ABORTED };

/* A campaign under way: `rollout` of an overlay, by name. */
struct pki_rollout {
    char name[PKI_NAME_MAX + 1];
    enum pki_rollout_state state;
    uint32_t share_ppm; /* of the devices, parts of a million */
    int64_t started_at;
    int64_t changed_at;
    char reason[PKI_REASON_MAX + 1]; /* why it is paused or aborted */
    uint32_t pause_ppm;              /* failed of the last pause_of; 0 = never pauses by itself */
    uint32_t pause_of;               /* 0..PKI_ROLLOUT_WINDOW_MAX */
    uint64_t devices;                /* that took part and finished, each once */
    uint64_t finished;               /* outcomes */
    uint64_t failed;
    /* The last outcomes as a ring of bits, 1 = failed: a device's first Finish, and its failure
     * unless that is there already. One device that fails over and over must not stop a campaign,
     * nor one that finishes over and over hide that others fail. */
    uint8_t window[PKI_ROLLOUT_WINDOW_MAX / 8];
    uint32_t window_count, window_next;
    uint64_t failing_id[PKI_ROLLOUT_FAILING_MAX]; /* whose failure is in the window, and where */
    uint16_t failing_at[PKI_ROLLOUT_FAILING_MAX];
    uint32_t failing_count;
};

enum pki_unknown_kind { PKI_UNKNOWN_IDENTITY = 1, PKI_UNKNOWN_ENDPOINT = 2 };

/* Who knocked and is not known. Bounded table: the oldest make room. */
struct pki_unknown {
    enum pki_unknown_kind kind;
    uint8_t name[PKI_IDENTITY_MAX];
    size_t name_len;
    int64_t first_at;
    int64_t last_at;
    uint64_t count;
    char peer[PKI_PEER_MAX + 1]; /* last address */
};

/* One change of the home: who, what, when. Records are chained by hash. */
struct pki_audit {
    uint64_t number; /* 1 = the first of the home */
    int64_t at;
    char actor[PKI_NAME_MAX + 1];  /* "imprint uid=1000", "imprintd" */
    char action[PKI_NAME_MAX + 1]; /* "device.add" .. */
    char subject[PKI_ENDPOINT_MAX + 1];
};

/* State of DEVICE from its timestamps. */
enum pki_device_state pki_device_state(const struct pki_device *device);
/* State of CREDENTIAL from its timestamps. */
enum pki_credential_state pki_credential_state(const struct pki_credential *credential);
/* Retired or abandoned: no device is given it any more. */
bool pki_credential_has_ended(const struct pki_credential *credential);

/*
 * Names as the CLI and JSON show them ("psk", "finished", "new", "staged" ..); never NULL, "?" for
 * a value outside the enum.
 */
const char *pki_auth_name(enum pki_auth auth);
const char *pki_mode_name(enum pki_mode mode);
const char *pki_rollout_state_name(enum pki_rollout_state state);
const char *pki_result_name(enum pki_result result);
const char *pki_device_state_name(enum pki_device_state state);
const char *pki_credential_state_name(enum pki_credential_state state);
/* The reverse for enum pki_auth; PKI_AUTH_NONE when NAME is none. */
enum pki_auth pki_auth_by_name(const char *name);
/* The reverse for enum pki_mode; PKI_MODE_NONE when NAME is none. */
enum pki_mode pki_mode_by_name(const char *name);

/*
 * PKI_OK when a device may be stored so, else PKI_EINVAL with FIELD (may be NULL) naming the first
 * member at fault. Texts are UTF-8 without control characters; the endpoint is not empty; a PSK
 * device has an identity and a PSK of PKI_PSK_MIN..PKI_PSK_MAX; attribute names are unique.
 */
enum pki_error pki_device_check(const struct pki_device *device, const char **field) MUST_USE;
/*
 * The same for a credential: server 1..65535, a mode, lengths within the mode's bounds, and the
 * identity of an OSCORE context laid out as above.
 */
enum pki_error pki_credential_check(const struct pki_credential *credential) MUST_USE;

/*
 * The same for a rollout: a name and reason that are text, and pki_rollout_has_sound_numbers: a
 * state, shares up to a million, a window within pause_of, pause_of within PKI_ROLLOUT_WINDOW_MAX.
 */
enum pki_error pki_rollout_check(const struct pki_rollout *rollout) MUST_USE;
bool pki_rollout_has_sound_numbers(const struct pki_rollout *rollout);
/* Empties the window: what was counted does not pause it any more. */
void pki_rollout_forget(struct pki_rollout *rollout);

/* Overwrite the whole struct; fit the cleanup attribute. */
void pki_device_wipe(struct pki_device *device);
void pki_credential_wipe(struct pki_credential *credential);

#endif
