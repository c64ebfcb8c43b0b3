"""Before Finish the device is asked whether it holds what the policy wants."""
from lib_formats import SENML_CBOR, SENML_JSON, TLV
from lib_imprint import check, equal, run
from lib_peer import NEW, Peer, State

POLICY = """
imprint: 1
servers:
  main: {id: 101, uri: "coaps://lwm2m.example:5684", lifetime: 1d}
policies:
  - name: default
    servers: {main: {psk: {bytes: 16, identity: "{endpoint}/{id}"}}}
    verify: %s
%s
"""


def served(t, verify="changed", more=""):
    home = t.home(policy=POLICY % (verify, more))
    return home, t.daemon(home)


def bootstrap(t, home, daemon, name, *options, result="finished", **others):
    """(peer, outcome, State); the peer waits shortly where nothing is to come."""
    device = home.add(name)
    state = State(t, name)
    is_good = result == "finished"
    peer = Peer(t, daemon, device, "--linger", 60, *options,
                *(() if is_good else ("--timeout", 2)), code=0 if is_good else 3,
                state=state.path, **{"discover": NEW, **others})
    outcome = daemon.outcome(endpoint=name)
    equal(outcome["result"], result, f"outcome {outcome}")
    home.history(name, 1)
    return peer, outcome, state


def judge(home, name, state):
    """The device holds the one account, with the key that counts."""
    active = {server: key for (server, key), word in home.keys(name).items() if word == "active"}
    equal(sorted(active), [101], "keys that count")
    equal(state.keys(), active, "keys on the device")
    check(None not in state.accounts()[101], state.accounts())


def test_what_is_asked(t):
    """Discover and Read before, the same again after; by policy never, or ever."""
    for verify, rows in (("changed", 2), ("always", 2), ("never", 1)):
        home = t.home(f"home-{verify}", policy=POLICY % (verify, ""))
        daemon = t.daemon(home)
        peer, outcome, state = bootstrap(t, home, daemon, f"asks-{verify}")
        equal(peer.asked().count("GET /"), rows, f"Discovers with {verify}: {peer.asked()}")
        equal(peer.asked()[-1], "POST /bs", "the last request")
        equal(outcome.get("reason", ""), "", "reason")
        judge(home, f"asks-{verify}", state)
        daemon.end()


def test_a_write_that_was_forgotten(t):
    """One corrective round sends what is lacking, and no more."""
    home, daemon = served(t)
    for form in (TLV, SENML_CBOR, SENML_JSON):
        for lost in ("/0/1", "/1/0"):
            name = f"forgets-{form}-{lost[1]}"
            peer, outcome, state = bootstrap(t, home, daemon, name, "--pct", form, "--rule",
                                             f"put:{lost}:forget:1")
            equal(outcome["reason"], "1 corrective round", f"reason of {name}")
            changes = peer.changes()
            equal(changes[:2], ["PUT /0/1", "PUT /1/0"], "the plan")
            check(changes[2:] and {text for text in changes[2:]} <= {f"PUT {lost}", f"DELETE {lost}"},
                  f"the corrective round of {name}", changes[2:])
            judge(home, name, state)
    daemon.end()


def test_a_delete_that_was_forgotten(t):
    home, daemon = served(t)
    peer, outcome, state = bootstrap(
        t, home, daemon, "keeps", "--rule", "delete:/:forget:2",
        discover=NEW.replace("</1>", "</0/9>;ssid=9,</1/9>;ssid=9"))
    equal(outcome["reason"], "1 corrective round", "reason")
    check(peer.asked("DELETE")[2:], "no Delete in the corrective round:", peer.asked())
    equal({"/0/9", "/1/9"} & set(state.places()), set(), "what is left of the other account")
    judge(home, "keeps", state)
    daemon.end()


def test_it_keeps_forgetting(t):
    """An honest failure, which names what is lacking; no Finish, and no key that counts."""
    home, daemon = served(t)
    rows = (("/0", "/0/1 is missing"), ("/1", "/1/0 is missing"))
    for path, reason in rows:
        name = f"always-{path[1]}"
        peer, outcome, _ = bootstrap(t, home, daemon, name, "--rule", f"put:{path}:forget",
                                     result="failed")
        equal((outcome["step"], outcome["reason"]), ("verify", reason), f"outcome of {name}")
        check("POST /bs" not in peer.asked(), peer.asked())
        equal([row["step"] for row in home.history(name, 1)], ["verify"], "what the store keeps")
        equal(home.keys(name), {}, "keys that count")
    daemon.end()


def test_a_difference_that_is_let_be(t):
    """`on-error: {verify: go-on}`: told, not fatal."""
    home, daemon = served(t, more="    on-error: {verify: go-on}")
    peer, outcome, _ = bootstrap(t, home, daemon, "let-be", "--rule", "put:/1:forget")
    equal(outcome["reason"], "differs: /1/0 is missing, 1 corrective round", "reason")
    equal(peer.asked()[-1], "POST /bs", "the last request")
    daemon.end()


def test_a_value_that_is_not_the_one_written(t):
    """The device keeps an old Server instance and says 2.04: the Read tells."""
    home, daemon = served(t)
    _, outcome, state = bootstrap(t, home, daemon, "old")
    home.policy(POLICY.replace("1d", "2d") % ("changed", ""))
    home.imprint("reload")
    device = home.add("old-2")
    first = Peer(t, daemon, device, "--linger", 60, discover=NEW, state=state.path, *(
        "--rule", "put:/1:forget:1"))
    outcome = daemon.outcome(endpoint="old-2")
    equal((outcome["result"], outcome["reason"]), ("finished", "1 corrective round"), "outcome")
    equal(state.get("/1/0/1", 0), 2 * 86400, f"lifetime after {first.changes()}")
    daemon.end()


def test_no_read(t):
    """Whoever denies Read is verified by Discover alone."""
    home, daemon = served(t)
    for number, code in enumerate(("4.05", "4.01", "4.00", "5.01")):
        name = f"no-read-{number}"
        _, outcome, state = bootstrap(t, home, daemon, name, "--rule", f"get:/1:{code}")
        judge(home, name, state)
        _, outcome, state = bootstrap(t, home, daemon, name + "-f", "--rule", f"get:/1:{code}",
                                      "--rule", "put:/0:forget:1")
        check("1 corrective round" in outcome["reason"], outcome)
        judge(home, name + "-f", state)
    daemon.end()


def test_forms_of_discover(t):
    """What LwM2M 1.0 shows, terse and quoted forms, and Discover by object alone."""
    home, daemon = served(t)
    shown = ('lwm2m="1.0",</0/0>,</1>,</3/0>', "lwm2m=1.0,</0/0>,</1>,</3/0>",
             '</>;lwm2m="1.0",</0/0>,</1>,</3/0>', "</>;lwm2m=1.2,</0/0>;uri=\"coaps://b\",</1>,</3/0>",
             "</0/0>,</1>,</3/0>")
    for number, text in enumerate(shown):
        for lost in ((), ("--rule", "put:/0:forget:1")):
            name = f"form-{number}-{len(lost)}"
            _, outcome, state = bootstrap(t, home, daemon, name, *lost, discover=text)
            equal("corrective" in outcome.get("reason", ""), bool(lost), f"reason of {name}")
            judge(home, name, state)
    peer, outcome, state = bootstrap(t, home, daemon, "by-object", "--rule", "get:/:4.05:1",
                                     "--rule", "put:/0:forget:1")
    check({"GET /0", "GET /1"} <= set(peer.asked()), peer.asked())
    judge(home, "by-object", state)
    daemon.end()


def test_discover_that_is_denied_at_the_end(t):
    """Taken at its word, and the outcome says so; silence is the end."""
    home, daemon = served(t)
    shy = [word for action in ("usual:1", "4.05") for word in ("--rule", f"get:/:{action}")]
    peer, outcome, state = bootstrap(t, home, daemon, "late", *shy, "--rule", "put:/0:forget")
    equal(outcome["reason"], "not verified", "reason")
    equal(peer.asked()[-1], "POST /bs", "the last request")
    peer, outcome, state = bootstrap(t, home, daemon, "half", "--rule", "get:/1:4.05")
    equal(outcome["reason"], "verified in part", "reason")
    judge(home, "half", state)
    home.policy(POLICY % ("changed", "    link: quick")
                + "links: {quick: {ack-timeout: 500ms, max-retransmit: 0}}\n")
    home.imprint("reload")
    peer, outcome, _ = bootstrap(t, home, daemon, "silent", "--rule", "get:/:usual:1", "--rule",
                                 "get:/:ack", result="failed")
    equal((outcome["step"], outcome["reason"]), ("verify", "timeout"), "outcome")
    daemon.end()


def test_a_refused_finish(t):
    """4.06 brings one corrective round; a second 4.06 ends it."""
    home, daemon = served(t)
    peer, outcome, state = bootstrap(t, home, daemon, "once", "--rule", "post:/bs:4.06:1")
    equal(outcome["reason"], "1 corrective round", "reason")
    equal(peer.asked().count("POST /bs"), 2, "Finishes")
    check("PUT /0/1" in peer.changes()[2:], "no Write between both", peer.asked())
    judge(home, "once", state)
    peer, outcome, _ = bootstrap(t, home, daemon, "twice", "--rule", "post:/bs:4.06",
                                 result="failed")
    equal((outcome["step"], outcome["code"]), ("finish", "4.06"), "outcome")
    equal(peer.asked().count("POST /bs"), 2, "Finishes")
    equal(home.keys("twice"), {}, "keys that count")
    daemon.end()


if __name__ == "__main__":
    run(globals())
