/*
 * One bootstrap of a simulated device over CoAP: hold-off, connection, Bootstrap-Request, serving
 * the server's requests, Finish.
 *
 * Model. A sim_hub is one thread's carrier for any number of clients; a sim_client is one device's
 * attempt(s). The loop belongs to the caller: sim_hub_poll for at most until sim_client_deadline,
 * then sim_client_tick. Behaviour is the device's profile; the empty one is Anjay's (clients.md): a
 * Bootstrap-Pack-Request where one is wanted, then, on any answer but a usable 2.05, the
 * Bootstrap-Request; a 4.xx to a request with `pct` is followed by one without; any other refusal
 * is final; a bootstrap without Finish within timeout_ms
 * of the last request, a lost session or a failed handshake rolls the device back, and is tried
 * again after 1 s, 2 s, 4 s .. 20 s (each times 1 to 1.5) while retries are left. After an accepted
 * Finish the session stays open for linger_ms, to repeat answers.
 *
 * No printing; the clock is the endpoint's. Not thread safe.
 */
#ifndef SIM_CLIENT_H
#define SIM_CLIENT_H

#include "bootstrap/coap/endpoint.h"
#include "tools/sim/device.h"

#define SIM_TEXT_MAX 160

/* What happens, as it happens; times are milliseconds since the client began. Either may be NULL.
 */
struct sim_observer {
    void *context;
    void (*message)(void *context, uint64_t at_ms, enum cc_direction direction,
                    const struct cc_message *message, bool is_repeat);
    void (*note)(void *context, uint64_t at_ms, const char *text);
};

enum sim_result {
    SIM_RUNNING,
    SIM_FINISHED,    /* Finish answered 2.04 */
    SIM_REFUSED,     /* the Bootstrap-Request was answered 4.xx or 5.xx */
    SIM_UNREACHABLE, /* no session, or no answer to the Bootstrap-Request */
    SIM_UNFINISHED   /* accepted, but no (acceptable) Finish came */
};
/* "finished", "refused" .. */
const char *sim_result_name(enum sim_result result);

#define SIM_SERVED_MAX 64

/* One request of the server and what it was answered. */
struct sim_served {
    uint8_t method;
    uint8_t code;    /* 0 = not answered */
    uint16_t format; /* Content-Format or Accept, CC_FORMAT_NONE = none */
    char path[32];
};

struct sim_outcome {
    enum sim_result result;        /* of the last attempt */
    bool is_packed;                /* finished by a Bootstrap-Pack */
    unsigned attempts;             /* begun */
    unsigned requests;             /* of the server, duplicates not counted, all attempts */
    uint8_t code;                  /* answer to the last Bootstrap-Request, 0 = none */
    uint64_t duration_ms;          /* until the result */
    char reason[SIM_TEXT_MAX + 1]; /* "" when finished */
    struct sim_served served[SIM_SERVED_MAX]; /* the first requests of the last attempt */
    size_t served_count;
};

/* Strings and octets are borrowed until sim_client_free. */
struct sim_client_config {
    struct sim_device *device;
    struct cc_client connection;
    const char *endpoint; /* NULL = `ep` is not sent */
    uint16_t pct;         /* CC_FORMAT_NONE = `pct` is not sent */
    const char *pct_text; /* sent as it stands instead of pct; NULL = pct counts */
    uint16_t pack;        /* format of a Bootstrap-Pack-Request sent first, 0 = none */
    bool is_real_time;    /* waits as long as the profile says before its request */
    uint32_t hold_off_ms; /* before each attempt's request */
    uint32_t timeout_ms;  /* 0 = CC_EXCHANGE_LIFETIME_MS; a handshake gets at most 60 s of it */
    uint32_t linger_ms;
    unsigned retries;
    struct sim_observer observer;
};

struct sim_hub;
struct sim_client;

/* RANDOM as in struct cc_endpoint_config. CC_ENOMEM, CC_EIO. */
enum cc_error sim_hub_open(const struct cc_parameters *parameters,
                           void (*random)(void *context, uint8_t *out, size_t len),
                           struct sim_hub **hub) MUST_USE;
/* All clients must be freed before. */
void sim_hub_close(struct sim_hub *hub);
/* One round of the network; waits at most TIMEOUT_MS. */
enum cc_error sim_hub_poll(struct sim_hub *hub, int timeout_ms) MUST_USE;
/* Monotonic milliseconds of the last round. */
uint64_t sim_hub_now_ms(const struct sim_hub *hub);

/* Begins; NULL without memory. */
struct sim_client *sim_client_new(struct sim_hub *hub, const struct sim_client_config *config);
/* Ends the session if one is open. */
void sim_client_free(struct sim_client *client);
/* When _tick wants to be called next. */
uint64_t sim_client_deadline(const struct sim_client *client);
/* Does what is due. */
void sim_client_tick(struct sim_client *client);
/* True when nothing more will happen; the outcome is final. */
bool sim_client_is_done(const struct sim_client *client);
/* The outcome so far. */
const struct sim_outcome *sim_client_outcome(const struct sim_client *client);

#endif
