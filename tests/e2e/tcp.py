"""CoAP over TCP and TLS (RFC 8323): the carrier by itself and imprintd, with tools that are not ours
(coap-client-gnutls, gnutls-cli), and whole bootstraps with the simulated device."""
import subprocess

from lib_formats import LWM2M_CBOR, SENML_CBOR, SENML_JSON, decode, plain
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


# ---- imprintd ----

POLICY = """
imprint: 1
servers:
  main: {id: 101, uri: "coaps+tcp://lwm2m.example:5684", lifetime: 1d}
policies:
  - name: held
    match: {endpoint: "held*"}
    hold: not yet
  - name: tls
    match: {transport: [coaps+tcp, coap+tcp]}
    pack: true
    client: {bootstrap-instance: 0}
    servers: {main: {psk: {bytes: 16, identity: "{endpoint}/{id}"}}}
unmatched: deny
"""


def served(t, *schemes, **options):
    home = t.home(policy=POLICY)
    daemon = t.daemon(home, listen=[f"{scheme}://127.0.0.1:0" for scheme in schemes], **options)
    return home, daemon


def judge(home, device, result):
    """What the device holds is what the store knows; its server is one over TLS."""
    active = {server: key for (server, key), state in home.keys(device.endpoint).items()
              if state == "active"}
    found = {value: path[:-3] for path, value in result.objects.items()
             if path.startswith("/0/") and path.endswith("/10") and value}
    equal(list(found), [101], "accounts")
    equal(result.objects[found[101] + "/5"], active[101], "the key, and the store's")
    equal(result.objects[found[101] + "/0"], "coaps+tcp://lwm2m.example:5684", "URI")
    equal([value for path, value in result.objects.items() if path.startswith("/1/")
           and path.endswith("/7")], ["T"], "binding")


def test_bootstrap(t):
    """The same state machine above each transport, in each format; nothing is retransmitted."""
    home, daemon = served(t, "coaps+tcp", "coap+tcp", extra=("--allow-plain-secrets",))
    for scheme, address in zip(("coaps+tcp", "coap+tcp"), daemon.bound):
        for form in ("tlv", "senml-cbor", "senml-json", "lwm2m-cbor"):
            device = home.add(f"{scheme.replace('+', '-')}-{form}")
            options = ["--credentials", device.file] if scheme == "coaps+tcp" else []
            version = ["--version", "1.2", "--behave", "no-pack"] if form == "lwm2m-cbor" else []
            result = device.bootstrap(address, "--format", form, *version, *options,
                                      scheme=scheme).finished()
            judge(home, device, result)
            outcome = daemon.outcome(endpoint=device.endpoint)
            equal((outcome["policy"], outcome["retransmissions"]), ("tls", 0), "outcome")
            again = device.bootstrap(address, "--format", form, *version, *options, scheme=scheme)
            equal(again.finished().outcome["result"], "finished", "the second bootstrap")
    daemon.end()


def test_plain_listener_only_by_name(t):
    home, daemon = served(t, "coap+tcp")
    device = home.add("plain")
    result = device.bootstrap(daemon.address, "--timeout", 2, scheme="coap+tcp")
    check(result.result != "finished", "secrets were sent over plain TCP unasked")
    equal([path for path in result.objects if path.endswith("/5") and path.startswith("/0/")
           and path != "/0/0/5"], [], "keys that arrived")
    daemon.end()


def test_transports_side_by_side(t):
    """One identity over UDP and TLS: the policy tells them apart."""
    home, daemon = served(t, "coaps", "coaps+tcp")
    device = home.add("both")
    refused = device.bootstrap(daemon.bound[0], is_stored=False)
    equal((refused.result, refused.outcome["code"]), ("refused", "4.03"), "over UDP")
    judge(home, device, device.bootstrap(daemon.bound[1], "--credentials", device.file,
                                         scheme="coaps+tcp").finished())
    daemon.end()


def ask(t, daemon, device, method, path, *options, scheme="coaps+tcp"):
    """coap-client-gnutls: (what came back, what it said)"""
    need("coap-client-gnutls")
    key, back = bytes.fromhex(device.key), t.folder / "back"
    back.unlink(missing_ok=True)
    done = subprocess.run(
        [b"coap-client-gnutls", b"-v", b"7", b"-B", b"3", b"-m", method.encode(), b"-u",
         device.identity.encode(), b"-k", key, b"-o", str(back).encode(),
         *[str(option).encode() for option in options],
         f"{scheme}://{daemon.address}/{path}".encode()],
        capture_output=True, timeout=60, check=False)
    return (back.read_bytes() if back.exists() else None,
            (done.stdout + done.stderr).decode(errors="replace"))


def with_printable_key(home, name):
    """A device whose key can be given on a command line."""
    home.imprint("device", "add", name, "--identity", f"i-{name}", "--psk-file", "-",
                 text=b"secretPSKsecret1".hex())

    class Known:
        endpoint, identity, key = name, f"i-{name}", b"secretPSKsecret1".hex()
    return Known


def test_libcoap_asks_imprintd(t):
    """A held device, a wrong name, and a Bootstrap-Pack in each format in one message."""
    home, daemon = served(t, "coaps+tcp")
    held = with_printable_key(home, "held")
    _, said = ask(t, daemon, held, "post", "bs?ep=held")
    check("2.04" in said, "a held device:", said[-600:])
    equal(daemon.outcome(endpoint="held")["result"], "held", "outcome")
    _, said = ask(t, daemon, held, "post", "bs?ep=other")
    check("4.00" in said, "another's name:", said[-600:])
    for form in (SENML_CBOR, SENML_JSON, LWM2M_CBOR):
        device = with_printable_key(home, f"pack-{form}")
        body, said = ask(t, daemon, device, "get", f"bspack?ep={device.endpoint}", "-A", form)
        check(body, f"no pack in {form}:", said[-900:])
        values = decode(form, body, "")
        found = [path[:-3] for path in values if path.startswith("/0/") and path.endswith("/10")]
        equal(len(found), 1, "Security instances")
        home.history(device.endpoint, 1)
        check((101, plain(form, values[found[0] + "/5"], b"").hex())
              in home.keys(device.endpoint), "a key that the store does not know")
    daemon.end()


if __name__ == "__main__":
    run(globals())
