/*
 * DTLS 1.2 and TLS 1.2 with pre-shared keys: the one door of GnuTLS.
 *
 * Model. A cc_dtls_context holds what all sessions of an endpoint share: suites, credentials,
 * cookie key, a dummy key for unknown identities, the buffer in which a flight is put together. A
 * cc_dtls is one session, fed with datagrams; cc_dtls_step says what they brought. It never waits
 * and owns no socket: output goes to `send`, a whole flight in one datagram where it fits, one
 * record a datagram afterwards. No resumption, no renegotiation, no tickets, no key log.
 *
 * A key that does not fit the peer's gives no error in DTLS: the Finished record cannot be read and
 * is dropped. cc_dtls_is_suspect says that this happened; the caller ends the session after a
 * delay, in the same way whether the identity was unknown or the key wrong.
 *
 * A TLS session (cc_tls_accept, cc_tls_connect) is the same but for the transport: it is fed with
 * octets in any pieces, `send` takes octets that must all arrive in order, ALPN names "coap". A key
 * that does not fit ends its handshake at once: CC_DTLS_FAILED, and cc_dtls_is_suspect says why.
 *
 * Identities longer than CC_DTLS_IDENTITY_MAX are refused by the library. Not thread safe: a
 * context and its sessions belong to one thread.
 */
#ifndef CC_DTLS_H
#define CC_DTLS_H

#include "bootstrap/coap/endpoint.h"

#define CC_COOKIE_KEY        16
#define CC_DTLS_IDENTITY_MAX 128
#define CC_DTLS_VERIFY_MAX   64 /* octets of a HelloVerifyRequest */

struct cc_dtls_context;
struct cc_dtls;

struct cc_dtls_config {
    bool (*psk)(void *context, const uint8_t *identity, size_t identity_len, struct cc_psk *psk);
    void *psk_context;
    void (*send)(void *peer, const uint8_t *datagram, size_t len);
    void (*random)(void *context, uint8_t *out, size_t len);
    void *random_context;
    uint8_t cookie_key[CC_COOKIE_KEY];
    uint32_t handshake_ms;
};

/* CONFIG is copied. CC_ENOMEM. */
enum cc_error cc_dtls_context_new(const struct cc_dtls_config *config,
                                  struct cc_dtls_context **context) MUST_USE;
/* After all of its sessions; wipes the keys. NULL is allowed. */
void cc_dtls_context_free(struct cc_dtls_context *context);

/* ---- before a session: nothing here allocates for the peer ---- */

/* A datagram from an address; PEER is what the cookie is bound to. */
struct cc_dtls_knock {
    const uint8_t *datagram;
    size_t len;
    const void *peer;
    size_t peer_len;
    uint64_t now_ms;
};

enum cc_dtls_hello {
    CC_HELLO_NONE,  /* not a ClientHello of epoch 0 */
    CC_HELLO_BARE,  /* without a valid cookie: answer with cc_dtls_verify_request */
    CC_HELLO_PROVED /* the cookie is right: the peer receives at this address */
};
/* True for a datagram that begins with a whole ClientHello of epoch 0. */
bool cc_dtls_is_hello(const uint8_t *datagram, size_t len);
/* Names the ClientHello by its random: a repeat of one gives the same value. Only after
 * cc_dtls_is_hello. */
uint64_t cc_dtls_hello_name(const uint8_t *datagram);
/* A cookie lives for one to two minutes (RFC 6347 4.2.1). */
enum cc_dtls_hello cc_dtls_hello(struct cc_dtls_context *context,
                                 const struct cc_dtls_knock *knock);
/* Writes the HelloVerifyRequest for KNOCK; returns its length, never more than the knock's. */
size_t cc_dtls_verify_request(struct cc_dtls_context *context, const struct cc_dtls_knock *knock,
                              uint8_t out[CC_DTLS_VERIFY_MAX]);

/* True when the first record of the datagram has an epoch above 0, *CONTENT_TYPE is its type. False
 * for garbage too. */
bool cc_dtls_is_protected(const uint8_t *datagram, size_t len, uint8_t *content_type);
#define CC_DTLS_TYPE_HANDSHAKE 22

/* ---- sessions ---- */

/* A server session for a proved ClientHello, which is to be fed to it next. PEER is handed to
 * `send`. CC_ENOMEM. */
enum cc_error cc_dtls_accept(struct cc_dtls_context *context, const uint8_t *hello, void *peer,
                             struct cc_dtls **dtls) MUST_USE;
/* A client session; the first cc_dtls_step sends its ClientHello. CC_ENOMEM, CC_ECREDENTIAL. */
enum cc_error cc_dtls_connect(struct cc_dtls_context *context, const struct cc_client *client,
                              void *peer, struct cc_dtls **dtls) MUST_USE;
/* The same over a stream. CC_ENOMEM, CC_ECREDENTIAL. */
enum cc_error cc_tls_accept(struct cc_dtls_context *context, void *peer, struct cc_dtls **dtls)
    MUST_USE;
enum cc_error cc_tls_connect(struct cc_dtls_context *context, const struct cc_client *client,
                             void *peer, struct cc_dtls **dtls) MUST_USE;
void cc_dtls_free(struct cc_dtls *dtls);

enum cc_dtls_event {
    CC_DTLS_WAIT,   /* nothing more: come back with a datagram or after cc_dtls_timeout_ms */
    CC_DTLS_OPENED, /* handshake complete: once */
    CC_DTLS_DATA,   /* one record of application data is in the buffer */
    CC_DTLS_ENDED,  /* close_notify or fatal alert of the peer */
    CC_DTLS_FAILED  /* handshake or record layer broken; the alert that says so is sent */
};
/* Hands a datagram over; it must stay until cc_dtls_step gave CC_DTLS_WAIT or an end. */
void cc_dtls_feed(struct cc_dtls *dtls, const uint8_t *datagram, size_t len);
/* Goes on until there is something to tell. BUFFER takes application data, *LEN its length. */
enum cc_dtls_event cc_dtls_step(struct cc_dtls *dtls, uint8_t *buffer, size_t capacity,
                                size_t *len);
/* Until the flight must be sent again by calling cc_dtls_step without a datagram; UINT32_MAX after
 * the handshake. */
uint32_t cc_dtls_timeout_ms(const struct cc_dtls *dtls);

/* One record in one datagram, over a stream as many as it takes. CC_ESPACE when it is larger than a
 * datagram may be, CC_EIO. */
enum cc_error cc_dtls_send(struct cc_dtls *dtls, const uint8_t *data, size_t len) MUST_USE;
/* Sends close_notify. */
void cc_dtls_bye(struct cc_dtls *dtls);

/* A record under the new keys could not be read: the key does not fit, most likely. */
bool cc_dtls_is_suspect(const struct cc_dtls *dtls);
/* Server: the identity was found by `psk`. */
bool cc_dtls_is_known(const struct cc_dtls *dtls);
uint64_t cc_dtls_owner(const struct cc_dtls *dtls);
uint64_t cc_dtls_stamp(const struct cc_dtls *dtls);
/* Server: the peer's identity once it sent one, else empty. Lives as long as the session. */
const uint8_t *cc_dtls_identity(const struct cc_dtls *dtls, size_t *len);

#endif
