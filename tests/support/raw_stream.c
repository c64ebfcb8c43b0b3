#include "tests/support/raw_stream.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/support/cmocka_all.h"
#include "tests/support/coap_script.h"

void raw_open(struct raw *raw)
{
    raw->fd = peer_raw_tcp(raw->server->bound);
    assert_true(raw->fd >= 0);
}

void raw_say(const struct raw *raw, const void *octets, size_t len)
{
    assert_int_equal(send(raw->fd, octets, len, MSG_NOSIGNAL), len);
}

void raw_say_hex(const struct raw *raw, const char *hex)
{
    uint8_t octets[CC_DATAGRAM_MAX];
    raw_say(raw, octets, coap_script_hex(hex, octets, sizeof octets));
}

size_t raw_hear(const struct raw *raw, uint8_t *out, size_t len)
{
    size_t have = 0;
    uint64_t end_ms = peer_clock_ms() + PEER_RUN_MS;
    while (have < len && peer_clock_ms() < end_ms) {
        ssize_t more = recv(raw->fd, out + have, len - have, MSG_DONTWAIT);
        if (more == 0 || (more < 0 && errno != EAGAIN)) {
            break;
        }
        have += more > 0 ? (size_t)more : 0;
        assert_int_equal(cc_endpoint_poll(raw->server->endpoint, 1), CC_OK);
    }
    return have;
}

void raw_hear_hex(const struct raw *raw, const char *hex)
{
    uint8_t expected[CC_DATAGRAM_MAX];
    uint8_t heard[CC_DATAGRAM_MAX];
    size_t len = coap_script_hex(hex, expected, sizeof expected);
    assert_int_equal(raw_hear(raw, heard, len), len);
    assert_memory_equal(heard, expected, len);
}

void raw_hear_end(const struct raw *raw)
{
    uint8_t octet;
    assert_int_equal(raw_hear(raw, &octet, 1), 0);
    assert_int_equal(recv(raw->fd, &octet, 1, MSG_DONTWAIT), 0);
}
