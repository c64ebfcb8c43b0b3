/*
 * One bootstrap of a simulated device, with one thing out of the ordinary, and what was seen of the
 * server: the ground of every conformance case.
 *
 * Zero-initialise, set what is to be done, call sim_play, read what was seen, _clear. Steps count
 * the server's requests from 1, repeats not counted; 0 = never.
 */
#ifndef SIM_PLAY_H
#define SIM_PLAY_H

#include "tools/sim/client.h"
#include "tools/sim/wire.h"

#define SIM_PLAY_QUERIES_MAX 4

struct sim_play {
    /* what is to be done */
    struct cc_client connection;
    struct sim_device *device;
    uint32_t total_ms; /* for all of it */
    const char *path;  /* of the request; NULL = "/bs" */
    uint8_t method;    /* 0 = POST */
    uint16_t accept;   /* 0 = none */
    const char *queries[SIM_PLAY_QUERIES_MAX];
    size_t query_count;
    const uint8_t *raw; /* sent as it stands instead of a request; no response is waited for */
    size_t raw_len;
    uint16_t block_bytes;
    bool is_doubled;          /* the request goes out twice, octet for octet */
    bool is_reworn;           /* and again with a new Message ID and the old token */
    uint32_t lose_at;         /* the first answer at this step is lost */
    uint32_t reset_at;        /* answered by a Reset */
    uint32_t again_at;        /* a new Bootstrap-Request follows the answer */
    uint8_t block_code;       /* answer to the first block of a body, 0 = as it should be */
    unsigned refuse_finishes; /* so many are answered 4.06 */

    /* what was seen */
    enum cc_error error; /* of the connection */
    bool is_answered, is_reset;
    uint8_t code;           /* of the answer */
    uint16_t answer_format; /* and its payload */
    uint8_t *payload;
    size_t payload_len;
    uint8_t again_code;
    unsigned answers;  /* datagrams that answered the request, repeats counted */
    bool differ;       /* two of them were not the same octets */
    unsigned blocks;   /* of the answer */
    bool etag_changed; /* from block to block */
    struct sim_served served[SIM_SERVED_MAX];
    size_t served_count;
    unsigned requests; /* whole ones, of TCP too */
    unsigned steps, repeats, after_reset, finishes;
    bool is_finished;     /* Finish was answered 2.04 */
    bool is_block_upload; /* a body came in blocks */
    bool has_hurt;        /* the bootstrap account was deleted or written over */
    uint64_t quiet_ms;    /* since the server was last heard */

    /* inside */
    struct sim_wire *wire;
    uint64_t heard_at_ms, finished_at_ms;
    uint16_t mid, server_mid, lost_mid;
    uint8_t first[CC_DATAGRAM_MAX], first_answer[CC_DATAGRAM_MAX], etag[8];
    size_t first_len, first_answer_len, etag_len;
    bool has_server_mid, is_again_sent, is_losing, has_refused_block;
};

/* Plays; PLAY->error says when there was no connection. */
void sim_play(struct sim_play *play);
/* True when a request with METHOD whose path begins with PREFIX was served. */
bool sim_play_saw(const struct sim_play *play, uint8_t method, const char *prefix);
/* Wipes what was seen. */
void sim_play_clear(struct sim_play *play);

#endif
