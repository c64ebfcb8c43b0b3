"""CoAP over TCP and TLS (RFC 8323) with tools that are not ours: coap-client-gnutls, gnutls-cli."""
import subprocess

from lib_imprint import TESTBIN, check, equal, need, run, wait_for

KEY = "0123456789abcdef"
PRIORITY = "NONE:+VERS-TLS1.2:+PSK:+%s:+AEAD:+SHA256:+SIGN-ALL:+COMP-NULL:+GROUP-ALL"


class Listener:
    def __init__(self, t, scheme):
        self.process = t.process("coap_listener", [TESTBIN / "coap_listener",
                                                   f"{scheme}://127.0.0.1:0"])
        self.address = wait_for(lambda: self.rows("listening"), 10, "listening")[0]["address"]
        self.uri = f"{scheme}://{self.address}"

    def rows(self, event):
        return [row for row in self.process.json_lines() if row["event"] == event]


def coap_client(t, listener, *options, body=b"x", identity="device", key=KEY):
    """(what came back, what it said)"""
    need("coap-client-gnutls")
    sent, back = t.folder / "sent", t.folder / "back"
    sent.write_bytes(body)
    back.unlink(missing_ok=True)
    done = subprocess.run(["coap-client-gnutls", "-v", "7", "-B", "5", "-m", "post", "-u", identity,
                           "-k", key, "-f", sent, "-o", back, *options, listener.uri + "/bs"],
                          capture_output=True, text=True, errors="replace", timeout=60,
                          check=False)
    return back.read_bytes() if back.exists() else None, done.stdout + done.stderr


def exchange(t, scheme):
    listener = Listener(t, scheme)
    sizes = (1, 300, 5000, 16000, 40000)
    for size in sizes:
        body = bytes(i % 251 for i in range(size))
        back, said = coap_client(t, listener, body=body)
        check(back == body, f"{size} octets over {scheme}:", said[-600:])
        check("Max-Message-Size:16384" in said, "our CSM is not in", said)
    opened = listener.rows("opened")
    equal(len(opened), len(sizes), "sessions")
    equal((opened[0]["tcp"], opened[0]["secure"]), (True, scheme == "coaps+tcp"))
    wait_for(lambda: len(listener.rows("closed")) == len(sizes), 10, "the ends of all sessions")
    equal({row["reason"] for row in listener.rows("closed")}, {"closed by the peer"})
    equal(listener.rows("refused"), [])


def test_coap_client_over_tcp(t):
    exchange(t, "coap+tcp")


def test_coap_client_over_tls(t):
    exchange(t, "coaps+tcp")


def test_wrong_key_and_unknown_identity(t):
    listener = Listener(t, "coaps+tcp")
    said = []
    for options, reason in (({"key": "another key"}, "wrong key"),
                            ({"identity": "nobody"}, "unknown identity")):
        back, words = coap_client(t, listener, **options)
        equal(back, None, "what came back")
        wait_for(lambda: listener.rows("refused") and
                 listener.rows("refused")[-1]["reason"] == reason, 10, reason)
        said.append([line.split("Alert")[1] for line in words.splitlines() if "Alert" in line])
    equal(said[0], said[1], "the alerts of both")
    equal(listener.rows("opened"), [])


def test_gnutls_cli(t):
    """ALPN names the protocol; the handshake alone opens nothing."""
    need("gnutls-cli")
    listener = Listener(t, "coaps+tcp")
    host, port = listener.address.rsplit(":", 1)
    for cipher in ("AES-128-CCM-8", "AES-128-GCM"):
        done = subprocess.run(["timeout", "2", "gnutls-cli", "-p", port, "--alpn", "coap",
                               "--pskusername", "device", "--pskkey", KEY.encode().hex(),
                               "--priority", PRIORITY % cipher, host], input="",
                              capture_output=True, text=True, errors="replace", check=False)
        check("Handshake was completed" in done.stdout, cipher, done.stdout[-600:])
        check("Application protocol: coap" in done.stdout, cipher, done.stdout[-600:])
    equal(listener.rows("opened"), [])


if __name__ == "__main__":
    run(globals())
