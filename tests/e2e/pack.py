"""Bootstrap-Pack (LwM2M 1.2): libcoap asks, in each format and in small blocks; decoders not ours."""
from lib_formats import LWM2M_CBOR, SENML_CBOR, SENML_JSON, TLV, decode, plain
from lib_imprint import check, equal, run
from lib_peer import NEW, Peer, State

POLICY = """
imprint: 1
servers:
  main: {id: 101, uri: "coaps://lwm2m.example:5684", lifetime: 1d}
  next: {id: 102, uri: "coaps://next.example:5684", lifetime: 2d}
policies:
  - name: held
    match: {endpoint: "held*"}
    hold: not yet
  - name: denied
    match: {endpoint: "denied*"}
    deny: stolen
  - name: without
    match: {endpoint: "without*"}
    servers: {main: {psk: {bytes: 16, identity: "{endpoint}/{id}"}}}
  - name: asks
    match: {endpoint: "asks*", object: /3}
    pack: true
    servers: {main: {psk: {bytes: 16, identity: "{endpoint}/{id}"}}}
  - name: unknown
    match: {endpoint: "unknown*"}
    pack: true
    servers:
      main: {psk: {bytes: 16, identity: "{endpoint}/{id}"}}
      next: {psk: {bytes: 16, identity: "{endpoint}/{id}"}}
  - name: default
    pack: true
    client: {bootstrap-instance: 0}   # where `acc` does not say it
    servers:
      main: {psk: {bytes: 16, identity: "{endpoint}/{id}"}}
      next: {psk: {bytes: 16, identity: "{endpoint}/{id}"}}
    access-when: several
"""
FORMATS = (SENML_CBOR, SENML_JSON, LWM2M_CBOR)


class Pack:
    """One GET /bspack by libcoap."""

    def __init__(self, t, daemon, device, *options, code=0):
        self.peer = Peer(t, daemon, device, "--pack", "--linger", 20, "--timeout", 10, *options,
                         code=code, discover=None)
        self.blocks = [row for row in self.peer.rows if row["event"] == "pack"]
        check(self.blocks, "no answer:", self.peer.process.out())
        self.code = self.blocks[0]["code"]
        self.form = self.blocks[0]["format"]
        self.body = bytes.fromhex("".join(row["body"] for row in self.blocks))

    def values(self):
        return decode(self.form, self.body, "")

    def get(self, path, like):
        return plain(self.form, self.values()[path], like)


def served(t):
    home = t.home(policy=POLICY)
    return home, t.daemon(home)


def counting(home, endpoint):
    """The keys that a device may come with."""
    home.history(endpoint, 1)
    return {server: key for server, key in home.keys(endpoint)}


def judge(pack, home, device, account=0):
    """All of the policy's accounts, with keys that the store knows; the own account is spared."""
    keys = counting(home, device.endpoint)
    values = pack.values()
    found = {pack.get(path, 0): path[:-3] for path in values
             if path.startswith("/0/") and path.endswith("/10")}
    equal(sorted(found), [101, 102], "Security instances")
    for server, host, lifetime in ((101, "lwm2m", 86400), (102, "next", 172800)):
        base = found[server]
        check(base != f"/0/{account}", "the bootstrap account is written over")
        equal(pack.get(base + "/0", ""), f"coaps://{host}.example:5684", "URI")
        equal(pack.get(base + "/5", b"").hex(), keys[server], "the key, and the store's")
        equal([pack.get(path[:-1] + "1", 0) for path in values if path.startswith("/1/")
               and path.endswith("/0") and path.count("/") == 3 and pack.get(path, 0) == server],
              [lifetime], "lifetime")


def test_each_format(t):
    home, daemon = served(t)
    for form in (*FORMATS, None):
        device = home.add(f"pack-{form}")
        pack = Pack(t, daemon, device, *(("--pct", form) if form else ()))
        equal(pack.code, "2.05", "code")
        check(pack.form == form if form else pack.form in FORMATS, "Content-Format", pack.form)
        judge(pack, home, device)
        outcome = daemon.outcome(endpoint=device.endpoint)
        equal((outcome["result"], outcome["step"]), ("unconfirmed", "pack"), "outcome")
    daemon.end()


def test_formats_that_no_pack_has(t):
    home, daemon = served(t)
    device = home.add("odd")
    for form in (TLV, 11543, 0, 40, 60, 65534):
        pack = Pack(t, daemon, device, "--pct", form, code=3)
        equal((pack.code, pack.body), ("4.06", b""), f"answer to {form}")
    equal(home.keys("odd"), {}, "keys")
    daemon.end()


def test_small_blocks(t):
    """Block2 in every size: one body, one ETag."""
    home, daemon = served(t)
    for size in (16, 32, 64, 128):
        device = home.add(f"blocks-{size}")
        pack = Pack(t, daemon, device, "--pct", SENML_CBOR, "--pack-block", size)
        check(len(pack.blocks) > 1, "one block only")
        equal([row["block"] for row in pack.blocks], list(range(len(pack.blocks))), "blocks")
        equal({row["size"] for row in pack.blocks[:-1]}, {size}, "octets of a block")
        equal(len({row["etag"] for row in pack.blocks}), 1, "ETags")
        check(pack.blocks[0]["etag"], "no ETag")
        judge(pack, home, device)
        daemon.has(1, endpoint=device.endpoint)
    daemon.end()


def test_who_may_not(t):
    """4.00 for another's name, 4.05 where no pack is given, 4.01 for who is denied."""
    home, daemon = served(t)
    device, _ = home.add("one"), home.add("two")
    other = device.with_key()
    other.endpoint = "two"
    equal(Pack(t, daemon, other, code=3).code, "4.00", "answer to another's name")
    equal(home.keys("two"), {}, "keys of the other")
    for name, code in (("held", "4.05"), ("without", "4.05"), ("asks", "4.05"), ("denied", "4.01")):
        equal(Pack(t, daemon, home.add(name), code=3).code, code, f"answer to {name}")
        equal(home.keys(name), {}, f"keys of {name}")
    equal(daemon.events("outcome", endpoint="without"), [], "outcomes of who is to ask otherwise")
    daemon.end()


def test_its_own_account(t):
    """`acc` names the instances of the bootstrap account: they are spared."""
    home, daemon = served(t)
    for number, account in enumerate((0, 1, 7)):
        device = home.add(f"own-{number}")
        pack = Pack(t, daemon, device, "--pct", SENML_JSON, "--query", f"acc=</0/{account}>")
        equal(pack.code, "2.05", f"answer to acc of {account}")
        judge(pack, home, device, account)
    unknown = home.add("unknown")
    equal(Pack(t, daemon, unknown, code=3).code, "4.05", "where nobody knows which one it is")
    judge(Pack(t, daemon, unknown, "--query", "acc=</0/1>"), home, unknown, 1)
    daemon.end()


def test_a_request_after_the_pack(t):
    """Who did not take it bootstraps by request; then its keys are confirmed, and no others count."""
    home, daemon = served(t)
    for name, options in (("default", ()), ("without", ())):
        device = home.add(name)
        Pack(t, daemon, device, code=0 if name == "default" else 3, *options)
        state = State(t, name)
        Peer(t, daemon, device, "--linger", 20, "--pct", SENML_CBOR, discover=NEW,
             state=state.path)
        equal(daemon.outcome(endpoint=name, result="finished")["step"], "finish", "step")
        home.history(name, 2 if name == "default" else 1)
        keys = {server: key for (server, key), word in home.keys(name).items() if word == "active"}
        equal(state.keys(), keys, f"keys of {name}")
    daemon.end()


def test_twice(t):
    """The pack that may not have come through comes again: the same device, one set of accounts."""
    home, daemon = served(t)
    device = home.add("twice")
    first, second = (Pack(t, daemon, device, "--pct", SENML_CBOR) for _ in range(2))
    judge(second, home, device)
    home.history("twice", 2)
    known = set(home.keys("twice"))
    for pack in (first, second):
        for path in pack.values():
            if path.startswith("/0/") and path.endswith("/5"):
                server = pack.get(path[:-1] + "10", 0)
                check((server, pack.get(path, b"").hex()) in known, "a key that nobody knows")
    daemon.end()


if __name__ == "__main__":
    run(globals())
