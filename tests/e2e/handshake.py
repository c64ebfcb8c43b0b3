"""DTLS with tools that are not ours: coap-client-gnutls, gnutls-cli, openssl."""
import os
import subprocess
import time

from lib_imprint import check, equal, need, run, wait_for

HOLD = """
imprint: 1
policies: [{name: all, hold: handshakes only}]
"""
KEY = "secretPSKsecret1"
GNUTLS_PRIORITY = "NONE:+VERS-DTLS1.2:+PSK:+%s:+AEAD:+SHA256:+SIGN-ALL:+COMP-NULL:+GROUP-ALL"


def prepared(t, **options):
    home = t.home(policy=HOLD, **options)
    home.imprint("device", "add", "ep", "--identity", "id", "--psk-file", "-", text=KEY.encode().hex())
    return home, t.daemon(home)


def coap_client(daemon, *options, identity="id", key=KEY, path="bs?ep=ep", seconds=4):
    need("coap-client-gnutls")
    return subprocess.run(["coap-client-gnutls", "-v", "6", "-B", str(seconds), "-m", "post", "-u",
                           identity, "-k", key, *options, f"coaps://{daemon.address}/{path}"],
                          capture_output=True, text=True, timeout=30, check=False)


def check_serving(daemon):
    done = coap_client(daemon)
    check("2.04" in done.stdout + done.stderr, "the daemon does not serve on:", done.stderr)


def openssl(address, identity="id", key=KEY, cipher="PSK-AES128-CCM8", stdin=b"", seconds=1.0):
    """What s_client printed within SECONDS."""
    need("openssl")
    with subprocess.Popen(["openssl", "s_client", "-dtls1_2", "-connect", address, "-psk",
                           key.encode().hex(), "-psk_identity", identity, "-cipher",
                           cipher + ":@SECLEVEL=0"], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as child:
        time.sleep(seconds)
        child.stdin.write(stdin)
        child.stdin.flush()
        time.sleep(0.1)
        child.kill()
        return child.stdout.read().decode(errors="replace")


def test_coap_client(t):
    home, daemon = prepared(t)
    check_serving(daemon)
    daemon.outcome(result="held", endpoint="ep", reason="handshakes only")
    for what, options, reason in (("wrong key", {"key": "secretPSKsecret2"}, "psk_mismatch"),
                                  ("unknown identity", {"identity": "di"}, "unknown_identity")):
        done = coap_client(daemon, seconds=2, **options)
        check("2.04" not in done.stdout + done.stderr, what, "was let in")
        wait_for(lambda: daemon.events("refused", reason=reason), 10, f"the log of {what}")
    wait_for(lambda: home.imprint("device", "unknown", "--json"), 10, "device unknown")
    unknown = home.json("device", "unknown")
    equal((unknown["kind"], unknown["name"], unknown["count"] >= 1), ("identity", "di", True))
    refused = home.status()["refused"]
    check(refused["psk_mismatch"] >= 1 and refused["unknown_identity"] >= 1, refused)
    check_serving(daemon)
    daemon.end()


def test_endpoint_by_the_identity(t):
    """LwM2M 1.1 lets `ep` away where the identity tells it; another's is refused."""
    _, daemon = prepared(t)
    done = coap_client(daemon, path="bs", seconds=2)
    check("2.04" in done.stdout + done.stderr, "without ep:", done.stderr)
    daemon.outcome(result="held", endpoint="ep")
    done = coap_client(daemon, path="bs?ep=other", seconds=2)
    check("4.00" in done.stdout + done.stderr, "another's ep:", done.stderr)
    daemon.outcome(result="denied", reason="endpoint_mismatch")
    daemon.end()


def test_gnutls_cli(t):
    need("gnutls-cli")
    _, daemon = prepared(t)
    host, port = daemon.address.rsplit(":", 1)
    for cipher, mac in (("AES-128-CCM-8", "AEAD"), ("AES-128-CBC", "SHA256")):
        for key, is_good in ((KEY, True), ("secretPSKsecret2", False)):
            done = subprocess.run(["timeout", "2", "gnutls-cli", "--udp", "-p", port, "--pskusername",
                                   "id", "--pskkey", key.encode().hex(), "--priority",
                                   GNUTLS_PRIORITY % f"{cipher}:+{mac}", host], input="",
                                  capture_output=True, text=True, check=False)
            seen = "Handshake was completed" in done.stdout
            equal(seen, is_good, f"{cipher} with {key}: {done.stdout[-400:]}{done.stderr[-400:]}")
    check(daemon.events("refused", reason="psk_mismatch"), "the wrong key is not in the log")
    daemon.end()


def test_openssl(t):
    """Both suites that LwM2M names: 0xC0A8 and 0x00AE."""
    _, daemon = prepared(t)
    for cipher in ("PSK-AES128-CCM8", "PSK-AES128-CBC-SHA256"):
        seen = openssl(daemon.address, cipher=cipher)
        check(f"Cipher is {cipher}" in seen, cipher, seen[-800:])
    refused = {"wrong key": openssl(daemon.address, key="secretPSKsecret2"),
               "unknown identity": openssl(daemon.address, identity="nobody"),
               "no common suite": openssl(daemon.address, cipher="PSK-AES256-GCM-SHA384")}
    for what, seen in refused.items():
        check("Cipher is PSK" not in seen, what, "was let in")
    for reason in ("psk_mismatch", "unknown_identity"):
        wait_for(lambda: daemon.events("refused", reason=reason), 10, reason)
    daemon.end()


def test_unknown_identity_and_wrong_key_look_the_same(t):
    """As many datagrams come back, whichever it is."""
    _, daemon = prepared(t)
    seen = []
    for options in ({"key": "secretPSKsecret2"}, {"identity": "di"}):
        relay = t.relay(daemon.address)
        openssl(relay.bound, seconds=1.5, **options)
        relay.end()
        seen.append(relay.json_lines()[-1]["down"]["seen"])
    equal(seen[0], seen[1], "datagrams of the server")
    daemon.end()


def test_malformed_messages_in_a_session(t):
    """RFC 7252 section 3; the session and the daemon live on."""
    home, daemon = prepared(t)
    rows = (b"\x40", b"\x80\x02\x00\x01", b"\x49\x02\x00\x02", b"\x41\x02\x00\x03",
            b"\x40\x02\x00\x04\xf0", b"\x40\x02\x00\x05\xff", b"\x41\x00\x00\x06\x01",
            b"\x40\x02\x00\x07\xdd", b"\x40\x02\x00\x08\x1f\x01", b"\x40\xe1\x00\x09",
            b"\x40\x02\x00\x0a\xb2\x62", os.urandom(1200), b"\x70\x00\x12\x34", b"\x60\x44\xab\xcd")
    for row in rows:
        seen = openssl(daemon.address, stdin=row, seconds=0.25)
        check("Cipher is PSK" in seen, "no session any more, before", row[:12].hex(), seen[-400:])
        check(daemon.is_running(), "the daemon died of", row[:12].hex())
    check_serving(daemon)
    equal(home.status()["sessions"]["bootstrapping"], 0, "runs")
    daemon.end()


def test_oversized_body(t):
    """Block1 to /bs: 4.13 at the limit, not a buffer without end (RFC 7959 2.9.3)."""
    home, daemon = prepared(t)
    body = t.folder / "body"
    body.write_bytes(b"x" * 200000)
    done = coap_client(daemon, "-f", str(body), "-b", "1024", seconds=8)
    check("4.13" in done.stdout + done.stderr, done.stdout[-500:], done.stderr[-500:])
    equal(home.status()["outcomes"]["held"], 0, "bootstraps")
    check_serving(daemon)
    daemon.end()


if __name__ == "__main__":
    run(globals())
