"""An independent client (libcoap on its own GnuTLS stack): what it gets is what the policy says,
however it behaves: separate responses, lost copies, small blocks, refusals, silence."""
from lib_formats import LWM2M_CBOR, SENML_CBOR, SENML_JSON, TLV
from lib_imprint import check, equal, run, wait_for
from lib_peer import DISCOVER, Peer

POLICY = """
imprint: 1
servers:
  main: {id: 101, uri: "coaps://lwm2m.example:5684", lifetime: 1d, registration-order: 7}
  next: {id: 102, uri: "coaps://next.example:5684", lifetime: 2d}
links:
  quick: {ack-timeout: 500ms, max-retransmit: %d, block: %d, budget: 30s}
policies:
  - name: default
    link: quick
    servers:
      main: {psk: {bytes: 16, identity: "{endpoint}/{id}", renew: always}}
      next: {psk: {bytes: 48, identity: "{endpoint}/{id}"}}
    access-when: several
"""


def judge(peer, home, device, account=0, has_optional=True):
    """The instances written are those of POLICY, with the keys that the store has as active."""
    values = peer.written()
    security = {peer.get(path, 0): path[:-3] for path in values
                if path.startswith("/0/") and path.endswith("/10")}
    server = {peer.get(path, 0): path[:-2] for path in values
              if path.startswith("/1/") and path.endswith("/0") and path.count("/") == 3}
    equal(sorted(security), [101, 102], "Security instances")
    equal(sorted(server), [101, 102], "Server instances")
    keys = {number: peer.get(base + "/5", b"").hex() for number, base in security.items()}
    wait_for(lambda: keys == {server: key for (server, key), state
                              in home.keys(device.endpoint).items() if state == "active"}, 10,
             "the keys that the peer got as the store's active ones")
    for number, host, lifetime in ((101, "lwm2m", 86400), (102, "next", 172800)):
        base = security[number]
        check(base != f"/0/{account}", "the bootstrap account was written over")
        equal(peer.get(base + "/0", ""), f"coaps://{host}.example:5684", "URI")
        equal(peer.get(base + "/1", False), False, "is a bootstrap server")
        equal(peer.get(base + "/2", 0), 0, "mode PSK")
        equal(peer.get(base + "/3", b""), f"{device.endpoint}/{number}".encode(), "identity")
        equal(peer.get(server[number] + "/1", 0), lifetime, "lifetime")
        equal(peer.get(server[number] + "/7", ""), "U", "binding")
    equal(server[101] + "/13" in values, has_optional, "registration order, optional")
    check(f"DELETE /0/{account}" not in peer.asked(), "the bootstrap account was deleted")
    equal(peer.asked()[-1], "POST /bs", "the last request")


def prepared(t, retransmit=4, block=512):
    home = t.home(policy=POLICY % (retransmit, block))
    return home, home.add("peer"), t.daemon(home)


def test_formats(t):
    home, device, daemon = prepared(t)
    asked = [(("--pct", form), form) for form in (TLV, SENML_CBOR, SENML_JSON, LWM2M_CBOR)]
    for options, form in [((), TLV), *asked]:
        peer = Peer(t, daemon, device, *options)
        judge(peer, home, device)
        equal({row["format"] for row in peer.requests if row["method"] == "PUT"}, {form})
    daemon.has(5, result="finished")
    daemon.end()


def test_bootstrap_account_wherever_it_is(t):
    home, device, daemon = prepared(t)
    for account in (0, 1, 7):
        judge(Peer(t, daemon, device, discover=DISCOVER % account), home, device, account)
    daemon.end()


def test_discover_unsupported(t):
    home, device, daemon = prepared(t)
    for number, options in enumerate(((), ("--rule", "get:/:rst"), ("--rule", "get:/:5.01"))):
        judge(Peer(t, daemon, device, *options, discover=None), home, device, has_optional=False)
        equal(daemon.outcome(number + 1, result="finished")["reason"], "without discover")
    daemon.end()


def test_separate_responses(t):
    home, device, daemon = prepared(t)
    judge(Peer(t, daemon, device, *[part for method in ("get", "put", "delete", "post")
                                    for part in ("--rule", f"{method}:/:separate")]), home, device)
    daemon.end()


def test_every_first_copy_lost(t):
    """Towards the server: each of its requests comes twice, with one Message ID."""
    home, device, daemon = prepared(t)
    relay = t.relay(daemon.address, "--alternate", "up")
    peer = Peer(t, daemon, device, "--linger", 2500, address=relay.bound)
    judge(peer, home, device)
    copies = {}
    for row in peer.requests:
        copies.setdefault(row["mid"], []).append((row["method"], row["path"], row["body"]))
    equal({len(seen) for seen in copies.values()}, {2}, "copies of each request")
    equal({len(set(seen)) for seen in copies.values()}, {1}, "different bytes under one MID")
    check(daemon.outcome(result="finished")["retransmissions"] >= len(copies), "retransmissions")
    relay = t.relay(daemon.address, "--alternate", "down")
    judge(Peer(t, daemon, device, "--linger", 2500, address=relay.bound), home, device)
    daemon.end()


def test_small_blocks(t):
    """Block1 and Block2 in both roles: the peer's own blocks of 16 to 64, and libcoap's."""
    home, device, daemon = prepared(t, block=64)
    long = DISCOVER % 0 + "".join(f",</{number}/0>" for number in range(3300, 3400))
    for options in (("--block", 16), ("--block", 32), ("--block", 64), ()):
        for pct in (TLV, SENML_CBOR):
            peer = Peer(t, daemon, device, "--pct", pct, *options, discover=long)
            judge(peer, home, device)
            if options:
                check("2.31" in [row["answer"] for row in peer.requests], "no Block1 was used")
                check(peer.asked().count("GET /") > 3, "no Block2 was used")
    daemon.end()


def test_too_large_is_sent_in_smaller_blocks(t):
    home, device, daemon = prepared(t, block=512)
    peer = Peer(t, daemon, device, "--block-max", 64)
    judge(peer, home, device)
    check("4.13" in [row["answer"] for row in peer.requests], "nothing was too large")
    daemon.end()


def test_refusals_that_are_repaired(t):
    """One row a habit: options of the peer, the answer that must have been given."""
    home, device, daemon = prepared(t)
    rows = (
        ("format", ("--pct", SENML_CBOR, "--rule", "put:/:4.15:0:112"), "4.15", True),
        ("Finish refused once", ("--rule", "post:/bs:4.06:1"), "4.06", True),
        ("Finish broken once", ("--rule", "post:/bs:5.00:1"), "5.00", True),
        ("Write broken once", ("--rule", "put:/1:5.00:1"), "5.00", True),
        ("Delete broken once", ("--rule", "delete:/0:5.00:1"), "5.00", True),
        ("nothing to delete", ("--rule", "delete:/:4.04"), "4.04", True),
        ("optional resource", ("--refuse", "1/13:4.04"), "4.04", False),
        ("optional resource, bad request", ("--refuse", "1/13:4.00"), "4.00", False),
    )
    for what, options, answer, has_optional in rows:
        peer = Peer(t, daemon, device, *options)
        check(answer in [row["answer"] for row in peer.requests], what, "was not tried")
        judge(peer, home, device, has_optional=has_optional)
        finishes = [row["answer"] for row in peer.requests if row["path"] == "/bs"]
        equal(finishes[-1], "2.04", what)
    reasons = [row.get("reason", "") for row in daemon.events("outcome", result="finished")]
    said = {"Finish refused once": "1 corrective round",
            "optional resource": "1 write without its optional resources",
            "optional resource, bad request": "1 write without its optional resources"}
    equal(reasons, [said.get(row[0], "") for row in rows], "reasons of the finished outcomes")
    daemon.end()


def test_refusals_that_are_final(t):
    """The outcome names step and reason; no Finish is sent; the store keeps no active key of it."""
    home, _, daemon = prepared(t, retransmit=1)
    rows = (
        (("--rule", "put:/0:4.00"), "write /0/1", "4.00"),
        (("--rule", "put:/1:rst"), "write /1/0", "reset"),
        (("--rule", "put:/1:silent"), "write /1/0", "timeout"),
        (("--rule", "put:/1:ack"), "write /1/0", "timeout"),
        (("--rule", "delete:/1:silent"), "delete /1", "timeout"),
        (("--rule", "post:/bs:4.06"), "finish", "4.06"),
    )
    devices = [home.add(f"final-{number}") for number in range(len(rows))]
    peers = [Peer(t, daemon, device, *options, "--timeout", 5, code=3, is_waiting=False)
             for device, (options, _, _) in zip(devices, rows)]
    for device, peer, (options, step, reason) in zip(devices, peers, rows):
        seen = daemon.outcome(result="failed", endpoint=device.endpoint)
        equal((seen["step"], seen["reason"]), (step, reason), f"outcome of {options}")
        if step != "finish":
            check("POST /bs" not in peer.join().asked(), "Finish after", options)
        home.history(device.endpoint, 1)
        equal(home.keys(device.endpoint), {}, f"credentials that count after {options}")
    daemon.has(len(rows))
    judge(Peer(t, daemon, devices[0]), home, devices[0])
    daemon.end()


def test_lost_answer_to_finish_is_unconfirmed(t):
    """The device may hold the new key: old and new both count."""
    home, device, daemon = prepared(t, retransmit=1)
    judge(Peer(t, daemon, device), home, device)
    before = home.keys("peer")
    Peer(t, daemon, device, "--rule", "post:/bs:silent", "--timeout", 4, code=3)
    equal(daemon.outcome(result="unconfirmed")["step"], "finish", "step")
    home.history("peer", 2)
    after = home.keys("peer")
    check(before.keys() <= after.keys(), "the old key was forgotten")
    equal(sorted(state for (server, _), state in after.items() if server == 101),
          ["active", "unconfirmed"], "keys for the server that gets a new one each time")
    daemon.end()


def test_ipv6(t):
    home, device, daemon = prepared(t)
    daemon.end()
    daemon = t.daemon(home, listen=("coaps://[::1]:0",))
    judge(Peer(t, daemon, device), home, device)
    daemon.end()


if __name__ == "__main__":
    run(globals())
