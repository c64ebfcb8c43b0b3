"""The bootstrap account is changed: in place, as the last step; the old credential stays good until
the device came with the new one."""
from lib_formats import SENML_CBOR, TLV
from lib_imprint import check, equal, run, wait_for
from lib_peer import NEW, Peer, State

POLICY = """
imprint: 1
servers:
  main: {id: 101, uri: "coaps://lwm2m.example:5684", lifetime: 1d}
policies:
  - name: default
    servers: {main: {psk: {bytes: 16, identity: "{endpoint}/{id}"}}}
"""
MOVE = """
overlays:
  - name: move
    match: {endpoint: "*"}
    bootstrap-server: %s
"""
PLACE = '{uri: "coaps://bs2.example:5684", credential: keep, hold-off: 7s}'
KEY = '{credential: {psk: {bytes: 16, identity: "bs-{endpoint}"}}}'
BOTH = '{uri: "coaps://bs2.example:5684", credential: {psk: {bytes: 16, identity: "bs-{endpoint}"}}}'


SHOWN = NEW.replace("</0/0>", '</0/%d>;uri="coaps://bs.example:5684"')


def served(t, move=None):
    home = t.home(policy=POLICY + (MOVE % move if move else ""))
    return home, t.daemon(home)


def bootstrap(t, home, daemon, device, state, count, *options, account=0):
    peer = Peer(t, daemon, device, "--linger", 60, *options, state=state.path,
                discover=SHOWN % account)
    home.history(device.endpoint, count)
    equal(home.history(device.endpoint)[0]["result"], "finished", "outcome")
    return peer


def with_new_key(device, state, account=0):
    """The device as it comes next time: by the account that it holds."""
    return device.with_key(key=state.get(f"/0/{account}/5", b"").hex(),
                           identity=state.get(f"/0/{account}/3", b"").decode())


def test_another_place(t):
    """The same credential at another server: written in place, in one message, last."""
    home, daemon = served(t, PLACE)
    for account in (0, 3):
        for form in (TLV, SENML_CBOR):
            device, state = home.add(f"place-{account}-{form}"), State(t, f"{account}-{form}")
            peer = bootstrap(t, home, daemon, device, state, 1, "--pct", form, account=account)
            own = f"/0/{account}"
            equal(peer.changes()[-1], f"PUT {own}", "the last change")
            equal([text for text in peer.changes() if text.split()[1] == own], [f"PUT {own}"],
                  "what is done to the account")
            values = {path: state.get(path, like) for path, like in (
                (f"{own}/0", ""), (f"{own}/1", True), (f"{own}/2", 0), (f"{own}/11", 0))}
            equal(list(values.values()), ["coaps://bs2.example:5684", True, 0, 7], "the account")
            equal((state.get(f"{own}/3", b"").decode(), state.get(f"{own}/5", b"").hex()),
                  (device.identity, device.key), "its credential")
            device.bootstrap(daemon.address).finished()  # and it is still good here
    daemon.end()


def test_a_new_key(t):
    """Both are good until the device came with the new one; then the old one is refused."""
    home, daemon = served(t, KEY)
    device, state = home.add("dev"), State(t)
    peer = bootstrap(t, home, daemon, device, state, 1)
    equal(peer.changes()[-1], "PUT /0/0", "the last change")
    new = with_new_key(device, state)
    equal(new.identity, "bs-dev", "identity")
    check(new.key != device.key and len(new.key) == 32, "the key is the old one")
    bootstrap(t, home, daemon, device, State(t, "old"), 2)  # the old one, on a device that lost it all
    new = with_new_key(device, State(t, "old"))
    bootstrap(t, home, daemon, new, State(t, "old"), 3)
    refused = device.start(daemon.address, "--timeout", 2)
    wait_for(lambda: daemon.events("refused"), 15, "the old credential refused")
    equal({row["reason"] for row in daemon.events("refused")} <= {"unknown_identity",
                                                                    "psk_mismatch"}, True, "reason")
    refused.kill()
    equal(len(home.history("dev")), 3, "bootstraps")
    bootstrap(t, home, daemon, new, State(t, "old"), 4)
    daemon.end()


def test_it_is_done_once(t):
    """A device that came with the new key is asked to take no other."""
    home, daemon = served(t, KEY)
    device, state = home.add("dev"), State(t)
    bootstrap(t, home, daemon, device, state, 1)
    new = with_new_key(device, state)
    for count in (2, 3):
        peer = bootstrap(t, home, daemon, new, state, count)
        equal(peer.changes(), [], f"changes of bootstrap {count}")
    daemon.end()


def test_a_move_that_failed(t):
    """The Write refused: the bootstrap failed, and the old credential alone is good."""
    home, daemon = served(t, BOTH)
    device, state = home.add("dev"), State(t)
    Peer(t, daemon, device, "--rule", "put:/0/0:4.00", "--timeout", 2, code=3, state=state.path,
         discover=SHOWN % 0)
    outcome = daemon.outcome(result="failed")
    equal((outcome["step"], outcome["code"]), ("write /0/0", "4.00"), "outcome")
    home.history("dev", 1)
    equal([row["server_id"] for row in home.show("dev").get("credentials", [])
           if row["state"] in ("active", "unconfirmed")], [], "credentials that count")
    device.bootstrap(daemon.address, is_stored=False)
    check(daemon.outcome(2)["result"] == "finished", "the old credential is refused")
    daemon.end()


def test_an_unconfirmed_move(t):
    """The answer to Finish is lost: the device may hold either, and both are good."""
    home, daemon = served(t, KEY)
    home.policy(POLICY.replace("servers: {main: {psk", "link: quick\n    servers: {main: {psk")
                + "links: {quick: {ack-timeout: 500ms, max-retransmit: 0}}\n" + MOVE % KEY)
    home.imprint("reload")
    device, state = home.add("dev"), State(t)
    Peer(t, daemon, device, "--rule", "post:/bs:ack", "--timeout", 2, code=3, state=state.path,
         discover=SHOWN % 0)
    equal(daemon.outcome()["result"], "unconfirmed", "outcome")
    home.history("dev", 1)
    new = with_new_key(device, state)
    bootstrap(t, home, daemon, device, State(t, "old"), 2)
    bootstrap(t, home, daemon, new, state, 3)
    daemon.end()


def test_only_when_asked_by_name(t):
    """Without `bootstrap-server` nothing touches the account, whatever happens."""
    home, daemon = served(t)
    device, state = home.add("dev"), State(t)
    for count, options in enumerate(((), ("--rule", "post:/bs:4.06:1"),
                                     ("--rule", "put:/:forget:2")), 1):
        state.path.unlink(missing_ok=True)
        peer = bootstrap(t, home, daemon, device, state, count, *options)
        equal([text for text in peer.changes() if text.split()[1] == "/0/0"], [], "touched")
        check("/0/0" in state.places(), "the account is gone")
    daemon.end()


if __name__ == "__main__":
    run(globals())
