#include "tests/support/tap.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/cmocka_all.h"
#include "tests/support/peer.h"

void tap_open(struct tap *tap, const char *server)
{
    struct sockaddr_storage storage;
    struct cc_address address;
    memset(tap, 0, sizeof *tap);
    tap->inner = peer_raw_socket(server, "127.0.0.1:0");
    assert_true(tap->inner >= 0);
    assert_int_equal(cc_address_parse("127.0.0.1:0", 0, &address), CC_OK);
    tap->outer = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t len = cc_address_to_socket(&address, &storage);
    assert_int_equal(bind(tap->outer, (struct sockaddr *)&storage, len), 0);
    len = sizeof storage;
    assert_int_equal(getsockname(tap->outer, (struct sockaddr *)&storage, &len), 0);
    assert_true(cc_address_from_socket((struct sockaddr *)&storage, &address));
    cc_address_text(&address, tap->bound, sizeof tap->bound);
    snprintf(tap->uri, sizeof tap->uri, "coaps://%s", tap->bound);
}

void tap_close(struct tap *tap)
{
    close(tap->outer);
    close(tap->inner);
}

void tap_inject(struct tap *tap, const uint8_t *datagram, size_t len)
{
    assert_int_equal(send(tap->inner, datagram, len, 0), len);
}

static void move_up(struct tap *tap, const uint8_t *datagram, size_t len)
{
    if (tap->drop_up_after && tap->up >= tap->drop_up_after) {
        return;
    }
    tap->up_sizes[tap->up % TAP_NOTES] = len;
    tap->up++;
    if (tap->up == tap->lose_up) {
        return;
    }
    memcpy(tap->last_up, datagram, len);
    tap->last_up_len = len;
    tap_inject(tap, datagram, len);
}

void tap_move(struct tap *tap)
{
    uint8_t datagram[CC_DATAGRAM_MAX];
    struct sockaddr_storage from;
    for (;;) {
        socklen_t from_len = sizeof from;
        ssize_t len = recvfrom(tap->outer, datagram, sizeof datagram, MSG_DONTWAIT,
                               (struct sockaddr *)&from, &from_len);
        if (len < 0) {
            break;
        }
        if (!tap->keeps_target) {
            assert_true(cc_address_from_socket((struct sockaddr *)&from, &tap->target));
        }
        move_up(tap, datagram, (size_t)len);
    }
    for (;;) {
        ssize_t len = recv(tap->inner, datagram, sizeof datagram, MSG_DONTWAIT);
        if (len < 0) {
            break;
        }
        tap->down_sizes[tap->down % TAP_NOTES] = (size_t)len;
        tap->down++;
        if (tap->down == tap->lose_down) {
            continue;
        }
        socklen_t to_len = cc_address_to_socket(&tap->target, &from);
        assert_int_equal(
            sendto(tap->outer, datagram, (size_t)len, 0, (struct sockaddr *)&from, to_len), len);
    }
}
