/* The walk over records, the cookie's life, and two DTLS sessions without a socket between them. */
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bootstrap/coap/dtls_record.h"
#include "tests/support/peer.h"

#define QUEUE 16

/* Datagrams on their way to one side. */
struct wire {
    uint8_t data[QUEUE][CC_DATAGRAM_MAX];
    size_t lens[QUEUE];
    unsigned head, tail;
};

static struct wire to_server, to_client;

static void on_send(void *peer, const uint8_t *datagram, size_t len)
{
    struct wire *wire = peer;
    assert_true(wire->tail - wire->head < QUEUE);
    assert_true(len <= CC_DATAGRAM_MAX);
    memcpy(wire->data[wire->tail % QUEUE], datagram, len);
    wire->lens[wire->tail++ % QUEUE] = len;
}

static bool on_psk(void *context, const uint8_t *identity, size_t len, struct cc_psk *psk)
{
    (void)context;
    psk->key_len = 16;
    memcpy(psk->key, PEER_KEY, 16);
    psk->owner = 3;
    return len == 6 && memcmp(identity, "device", 6) == 0;
}

static struct cc_dtls_context *context_new(void)
{
    struct cc_dtls_config config = {.psk = on_psk,
                                    .send = on_send,
                                    .random = peer_random,
                                    .cookie_key = {1, 2, 3},
                                    .handshake_ms = 60000};
    struct cc_dtls_context *context = NULL;
    assert_int_equal(cc_dtls_context_new(&config, &context), CC_OK);
    to_server.head = to_server.tail = to_client.head = to_client.tail = 0;
    return context;
}

static struct cc_dtls *client_new(struct cc_dtls_context *context)
{
    struct cc_client client = {.identity = (const uint8_t *)"device",
                               .identity_len = 6,
                               .key = (const uint8_t *)PEER_KEY,
                               .key_len = 16};
    struct cc_dtls *dtls = NULL;
    assert_int_equal(cc_dtls_connect(context, &client, &to_server, &dtls), CC_OK);
    return dtls;
}

/* Steps DTLS once, with the next datagram of FROM if there is one. */
static enum cc_dtls_event step(struct cc_dtls *dtls, struct wire *from, uint8_t *out, size_t *len)
{
    if (from->head != from->tail) {
        cc_dtls_feed(dtls, from->data[from->head % QUEUE], from->lens[from->head % QUEUE]);
        from->head++;
    }
    return cc_dtls_step(dtls, out, CC_DATAGRAM_MAX, len);
}

static struct cc_dtls_knock knock_at(uint64_t now_ms, const char *peer)
{
    unsigned at = to_server.head % QUEUE;
    return (struct cc_dtls_knock){.datagram = to_server.data[at],
                                  .len = to_server.lens[at],
                                  .peer = peer,
                                  .peer_len = strlen(peer),
                                  .now_ms = now_ms};
}

static void test_cookie_life(void **state)
{
    (void)state;
    struct cc_dtls_context *context = context_new();
    struct cc_dtls *client = client_new(context);
    uint8_t out[CC_DATAGRAM_MAX];
    size_t len;
    assert_int_equal(step(client, &to_client, out, &len), CC_DTLS_WAIT);
    struct cc_dtls_knock knock = knock_at(1000000, "here");
    uint64_t name = cc_dtls_hello_name(knock.datagram);
    assert_int_equal(cc_dtls_hello(context, &knock), CC_HELLO_BARE);
    uint8_t verify[CC_DTLS_VERIFY_MAX];
    size_t verify_len = cc_dtls_verify_request(context, &knock, verify);
    assert_in_range(verify_len, 1, knock.len);
    to_server.head++;
    on_send(&to_client, verify, verify_len);
    assert_int_equal(step(client, &to_client, out, &len), CC_DTLS_WAIT);
    knock = knock_at(1000000, "here");
    assert_true(name == cc_dtls_hello_name(knock.datagram));
    static const struct {
        uint64_t later_ms;
        const char *peer;
        enum cc_dtls_hello wanted;
    } rows[] = {{0, "here", CC_HELLO_PROVED},
                {60000, "here", CC_HELLO_PROVED},
                {140000, "here", CC_HELLO_BARE},
                {0, "there", CC_HELLO_BARE},
                {86400000, "here", CC_HELLO_BARE}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        knock = knock_at(1000000 + rows[i].later_ms, rows[i].peer);
        assert_int_equal(cc_dtls_hello(context, &knock), rows[i].wanted);
    }
    /* Cut short anywhere, it proves nothing. */
    for (size_t cut = 0; cut < 77; cut++) {
        knock = knock_at(1000000, "here");
        knock.len = cut;
        assert_int_not_equal(cc_dtls_hello(context, &knock), CC_HELLO_PROVED);
    }
    cc_dtls_free(client);
    cc_dtls_context_free(context);
}

/* From the first ClientHello over the cookie to the end of the handshake. */
static struct cc_dtls *handshake(struct cc_dtls_context *context, struct cc_dtls *client)
{
    uint8_t out[CC_DATAGRAM_MAX];
    size_t len;
    struct cc_dtls *server = NULL;
    assert_int_equal(step(client, &to_client, out, &len), CC_DTLS_WAIT);
    struct cc_dtls_knock knock = knock_at(0, "here");
    len = cc_dtls_verify_request(context, &knock, out);
    to_server.head++;
    on_send(&to_client, out, len);
    assert_int_equal(step(client, &to_client, out, &len), CC_DTLS_WAIT);
    knock = knock_at(0, "here");
    assert_int_equal(cc_dtls_hello(context, &knock), CC_HELLO_PROVED);
    assert_int_equal(cc_dtls_accept(context, knock.datagram, &to_client, &server), CC_OK);
    bool client_open = false;
    bool server_open = false;
    for (int i = 0; i < 10 && !(client_open && server_open); i++) {
        if (!server_open) {
            server_open = step(server, &to_server, out, &len) == CC_DTLS_OPENED;
        }
        if (!client_open) {
            client_open = step(client, &to_client, out, &len) == CC_DTLS_OPENED;
        }
    }
    assert_true(client_open && server_open);
    return server;
}

/* The library's key log must stay empty even when the environment asks for it. */
static void test_session_without_key_log(void **state)
{
    (void)state;
    char path[] = "/tmp/imprint-keylog-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    setenv("SSLKEYLOGFILE", path, 1);
    struct cc_dtls_context *context = context_new();
    struct cc_dtls *client = client_new(context);
    struct cc_dtls *server = handshake(context, client);
    /* Flights travel whole: ClientHello, ServerHello .. Done, ClientKeyExchange .. Finished, CCS
     * and Finished. */
    assert_int_equal(to_server.tail, 3);
    assert_int_equal(to_client.tail, 3);
    assert_int_equal(cc_dtls_owner(server), 3);
    assert_true(cc_dtls_is_known(server));
    assert_false(cc_dtls_is_suspect(server));
    assert_int_equal(cc_dtls_timeout_ms(server), UINT32_MAX);
    unsetenv("SSLKEYLOGFILE");
    assert_int_equal(lseek(fd, 0, SEEK_END), 0);
    close(fd);
    unlink(path);
    uint8_t big[2000] = {0};
    uint8_t out[CC_DATAGRAM_MAX];
    size_t len = 0;
    assert_int_equal(cc_dtls_send(client, big, sizeof big), CC_ESPACE);
    assert_int_equal(cc_dtls_send(client, big, 1200), CC_OK);
    assert_int_equal(step(server, &to_server, out, &len), CC_DTLS_DATA);
    assert_int_equal(len, 1200);
    cc_dtls_bye(client);
    assert_int_equal(step(server, &to_server, out, &len), CC_DTLS_ENDED);
    cc_dtls_free(client);
    cc_dtls_free(server);
    cc_dtls_context_free(context);
}

/* A cut datagram must not be remembered: what follows it is read as if it had never come. */
static void test_cut_datagram_is_forgotten(void **state)
{
    (void)state;
    struct cc_dtls_context *context = context_new();
    struct cc_dtls *client = client_new(context);
    struct cc_dtls *server = handshake(context, client);
    uint8_t out[CC_DATAGRAM_MAX];
    size_t len = 0;
    for (size_t cut = 0; cut < 40; cut++) {
        assert_int_equal(cc_dtls_send(client, (const uint8_t *)"lost", 4), CC_OK);
        cc_dtls_feed(server, to_server.data[to_server.head++ % QUEUE], cut % 33);
        assert_int_equal(cc_dtls_step(server, out, sizeof out, &len), CC_DTLS_WAIT);
        assert_int_equal(cc_dtls_send(client, (const uint8_t *)"data", 4), CC_OK);
        assert_int_equal(step(server, &to_server, out, &len), CC_DTLS_DATA);
        assert_int_equal(len, 4);
        assert_memory_equal(out, "data", 4);
    }
    cc_dtls_free(client);
    cc_dtls_free(server);
    cc_dtls_context_free(context);
}

static void test_records(void **state)
{
    (void)state;
    static const uint8_t datagram[] = {
        21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 'a', 'b', /* alert */
        99, 254, 253, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1, 'c',      /* no content type */
        20, 254, 253, 0, 0, 0, 0, 0, 0, 0, 3, 0, 1, 1,        /* CCS */
        23, 254, 253, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0,           /* empty */
        22, 254, 253, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 'd',      /* protected */
        22, 254, 253, 0, 1, 0, 0, 0, 0, 0, 1, 0, 9, 'e',      /* cut */
    };
    uint8_t out[64];
    struct cc_records records = cc_records_of(datagram, sizeof datagram);
    assert_true(records.has_ccs);
    assert_true(records.has_protected);
    assert_int_equal(cc_records_take(&records, out, sizeof out), 15);
    assert_int_equal(cc_records_take(&records, out, sizeof out), 14);
    assert_int_equal(out[0], 20);
    assert_int_equal(cc_records_take(&records, out, sizeof out), 14);
    assert_int_equal(out[13], 'd');
    assert_int_equal(records.len, 0);
    assert_int_equal(cc_records_take(&records, out, sizeof out), 0);
    for (size_t len = 0; len < sizeof datagram; len++) {
        records = cc_records_of(datagram, len);
        assert_int_equal(records.len > 0, len >= 15);
    }
    records = cc_records_of(datagram, 15);
    assert_false(records.has_ccs || records.has_protected);
    assert_int_equal(cc_records_take(&records, out, 14), 0);
}

/* What a peer that has proved nothing says of its handshake messages must not decide how much
 * memory is kept for them (RFC 6347 4.2.2). */
static void test_fragments(void **state)
{
    (void)state;
    static const struct {
        uint8_t length[3], part[3];
        size_t octets;
        uint8_t epoch;
        bool is_taken;
    } rows[] = {
        {{0, 0, 4}, {0, 0, 4}, 4, 0, true},        {{0, 8, 0}, {0, 0, 4}, 4, 0, true},
        {{0, 8, 1}, {0, 0, 4}, 4, 0, false},       {{1, 0, 0}, {0, 0, 4}, 4, 0, false},
        {{255, 255, 255}, {0, 0, 0}, 0, 0, false}, {{0, 8, 0}, {0, 0, 5}, 4, 0, false},
        {{0, 0, 4}, {255, 255, 255}, 4, 0, false}, {{0, 0, 4}, {0, 0, 3}, 4, 0, false},
        {{255, 255, 255}, {0, 0, 4}, 4, 1, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t record[13 + 12 + 8] = {22, 254, 253};
        size_t len = 13 + 12 + rows[i].octets;
        record[4] = rows[i].epoch;
        record[12] = (uint8_t)(len - 13);
        record[13] = 16;
        memcpy(record + 14, rows[i].length, 3);
        memcpy(record + 22, rows[i].part, 3);
        struct cc_records records = cc_records_of(record, len);
        assert_int_equal(records.len, rows[i].is_taken ? len : 0);
    }
}

/* Several messages share a record: the second is looked at too. */
static void test_fragments_in_one_record(void **state)
{
    (void)state;
    uint8_t record[13 + 12 + 1 + 12] = {22, 254, 253};
    record[12] = 12 + 1 + 12;
    record[13] = 16;
    record[16] = 1;
    record[24] = 1;
    record[26] = 14;
    struct cc_records records = cc_records_of(record, sizeof record);
    assert_int_equal(records.len, sizeof record);
    record[27] = 1;
    records = cc_records_of(record, sizeof record);
    assert_int_equal(records.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records),
        cmocka_unit_test(test_fragments),
        cmocka_unit_test(test_fragments_in_one_record),
        cmocka_unit_test(test_cookie_life),
        cmocka_unit_test(test_session_without_key_log),
        cmocka_unit_test(test_cut_datagram_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
