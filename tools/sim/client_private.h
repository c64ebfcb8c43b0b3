/*
 * Inside of a simulated client: shared by client.c (hub, attempts), client_request.c (its own
 * requests) and client_serve.c (those of the server).
 */
#ifndef SIM_CLIENT_PRIVATE_H
#define SIM_CLIENT_PRIVATE_H

#include "tools/sim/answer.h"
#include "tools/sim/client.h"

enum sim_state {
    SIM_WAITING,    /* hold-off or back-off; then connect */
    SIM_CONNECTING, /* handshake */
    SIM_PAUSING,    /* between handshake and request */
    SIM_PACKING,    /* Bootstrap-Pack-Request sent */
    SIM_REQUESTING, /* Bootstrap-Request sent */
    SIM_SERVING,    /* accepted */
    SIM_LINGERING,  /* finished; the session is kept to repeat answers */
    SIM_DONE
};

struct sim_hub {
    struct cc_endpoint *endpoint;
    void (*random)(void *context, uint8_t *out, size_t len);
    struct cc_parameters parameters;
    bool is_mute; /* a client has gone silent: nothing is read any more */
    char
        refusal[SIM_TEXT_MAX + 1]; /* of the handshake that failed last; `closed` follows at once */
};

struct sim_client {
    struct sim_hub *hub;
    struct sim_client_config config;
    const struct sim_profile *profile; /* of the device */
    enum sim_state state;
    struct cc_session *session; /* NULL = none */
    uint64_t started_at_ms;
    uint64_t deadline_ms;
    uint64_t budget_at_ms; /* when the whole bootstrap must be over */
    bool has_pct;
    unsigned step; /* requests of the server in this attempt */
    unsigned finish_refusals;
    struct sim_answer late; /* put off until late_at_ms */
    struct cc_ticket late_ticket;
    uint64_t late_at_ms; /* UINT64_MAX = none */
    struct sim_outcome outcome;
};

/* Now, on the endpoint's clock. */
uint64_t sim_client_now_ms(const struct sim_client *client);
__attribute__((format(printf, 2, 3))) void sim_client_note(const struct sim_client *client,
                                                           const char *format, ...);
/* The attempt failed: rolled back, and tried again or not. */
void sim_client_fail(struct sim_client *client, enum sim_result result, const char *reason);
/* The attempt is a success: kept for linger_ms. */
void sim_client_succeed(struct sim_client *client);
/* Nothing more will happen. */
void sim_client_stop(struct sim_client *client);
/* The session is no longer the client's; it ends soon, whoever calls. */
void sim_client_let_go(struct sim_client *client);

/* Sends the first request of an attempt: for a Pack where one is wanted. */
void sim_client_first_request(struct sim_client *client);
/* A second Bootstrap-Request while the server is at work. */
void sim_client_request_again(struct sim_client *client);
/* What became of a request of the client. */
void sim_client_response(struct sim_client *client, enum cc_result result,
                         const struct cc_message *response);
/* A request of the server. */
void sim_client_serve(struct sim_client *client, const struct cc_message *request,
                      const struct cc_ticket *ticket);
/* Sends the answer that was put off. */
void sim_client_send_late(struct sim_client *client);

#endif
