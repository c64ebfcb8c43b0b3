"""The content format of the Writes: by policy, by what the client asks for, by version; and what a
refusal teaches for the next bootstrap. The peer is libcoap, the decoders are not ours."""
from lib_formats import JSON, LWM2M_CBOR, SENML_CBOR, SENML_JSON, TLV
from lib_imprint import check, equal, run
from lib_peer import NEW, Peer

NAMES = {TLV: "tlv", SENML_JSON: "senml-json", SENML_CBOR: "senml-cbor", JSON: "json",
         LWM2M_CBOR: "lwm2m-cbor"}
SERVERS = """    servers:
      main: {psk: {bytes: 16, identity: "{endpoint}/{id}", renew: always}}
      next: {psk: {bytes: 16, identity: "{endpoint}/{id}"}}
    access: shared
"""
HEAD = """imprint: 1
servers:
  main: {id: 101, uri: "coaps://lwm2m.example:5684", lifetime: 1d, binding: UQ}
  next: {id: 102, uri: "coaps://next.example:5684", lifetime: 2d}
access:
  shared: {/1/main: {owner: main}, /1/next: {owner: next}, /3/0: {owner: main, next: rw}}
policies:
"""


def policy(choices=()):
    """Devices named after a format get that one; the others what they ask for."""
    text = HEAD
    for form in choices:
        text += f"  - name: {NAMES[form]}\n    match: {{endpoint: \"{NAMES[form]}*\"}}\n"
        text += f"    client: {{format: {NAMES[form]}}}\n" + SERVERS
    return text + "  - name: default\n" + SERVERS


def expected(device, keys, version):
    """All that the policy says, by server: what stands in /0 and in /1. Queue mode is a matter of the
    binding in LwM2M 1.0 alone."""
    return {server: ({0: f"coaps://{host}.example:5684", 1: False, 2: 0,
                      3: f"{device.endpoint}/{server}".encode(), 5: bytes.fromhex(keys[server]),
                      10: server}, {0: server, 1: lifetime, 6: True, 7: binding})
            for server, host, lifetime, binding in (
                (101, "lwm2m", 86400, "UQ" if version == "1.0" else "U"),
                (102, "next", 172800, "U"))}


def judge(peer, home, device, forms, version="1.1"):
    """What was written is all of what the policy says, in one of FORMS."""
    equal(peer.formats() <= set(forms) and len(peer.formats()) == 1, True, f"{peer.formats()}")
    keys = {server: key for (server, key), state in home.keys(device.endpoint).items()
            if state == "active"}
    values = peer.written()
    found = {}
    for path in values:
        if path.startswith("/0/") and path.endswith("/10"):
            server = peer.get(path, 0)
            one = [other[:-2] for other in values if other.count("/") == 3 and other[:3] == "/1/"
                   and other.endswith("/0") and peer.get(other, 0) == server]
            equal(len(one), 1, f"Server instances of {server}")
            found[server] = (path[:-3], one[0])
    wanted = expected(device, keys, version)
    equal(sorted(found), sorted(wanted), "servers")
    for server, bases in found.items():
        for base, resources in zip(bases, wanted[server]):
            got = {number: peer.get(f"{base}/{number}", like) for number, like in resources.items()}
            equal(got, resources, f"{base} of {server}")
    rights = {path: peer.get(path, 0) for path in values if path.startswith("/2/")}
    owners = [path for path in rights if path.endswith("/3")]
    equal(len(owners), 3, "instances of Access Control")
    check(3 in [rights[path] for path in rights if path.endswith("/2/102")], "rw of next", rights)


def served(t, choices=()):
    home = t.home(policy=policy(choices))
    return home, t.daemon(home)


def test_default(t):
    """Nothing asked for: what LwM2M 1.0 makes mandatory is what every client has."""
    home, daemon = served(t)
    for version in ("1.0", "1.1", "1.2"):
        device = home.add(f"plain-{version}")
        shown = NEW.replace("lwm2m=1.1", f"lwm2m={version}")
        judge(Peer(t, daemon, device, discover=shown), home, device, (TLV,), version)
    daemon.end()


def test_asked_for(t):
    """pct, in each format that a request may name."""
    home, daemon = served(t)
    for form in (TLV, SENML_JSON, SENML_CBOR, LWM2M_CBOR, JSON):
        device = home.add(f"asks-{form}")
        judge(Peer(t, daemon, device, "--pct", form, discover=NEW), home, device, (form,))
    daemon.end()


def test_by_policy(t):
    """`client: format` counts before what the client asks for."""
    home, daemon = served(t, NAMES)
    for form, name in NAMES.items():
        device = home.add(f"{name}-1")
        judge(Peer(t, daemon, device, "--pct", TLV if form != TLV else SENML_CBOR, discover=NEW),
              home, device, (form,))
    daemon.end()


def refusing(*forms, code="4.15"):
    return [word for form in forms for word in ("--rule", f"put:/:{code}:0:{form}")]


def tried(peer):
    """The formats of all Writes, each once, in order."""
    return list(dict.fromkeys(row["format"] for row in peer.requests if row["method"] == "PUT"))


def test_refused_and_remembered(t):
    """One refusal at the first bootstrap, none at the second, whatever the client asks for."""
    home, daemon = served(t)
    for code in ("4.15", "4.06"):
        for asked, refused, taken in ((SENML_CBOR, (SENML_CBOR,), TLV),
                                      (LWM2M_CBOR, (LWM2M_CBOR, TLV), SENML_CBOR),
                                      (None, (TLV,), SENML_CBOR)):
            device = home.add(f"refuses-{code}-{asked}")
            state = t.folder / device.endpoint
            options = (["--pct", asked] if asked else []) + refusing(*refused, code=code)
            first = Peer(t, daemon, device, *options, discover=NEW, state=state)
            judge(first, home, device, (taken,))
            answers = [row["answer"] for row in first.requests if row["method"] == "PUT"]
            equal(answers.count(code), len(refused), f"refusals of {device.endpoint}: {answers}")
            equal(tried(first), [*refused, taken], f"formats of {device.endpoint}")
            home.history(device.endpoint, 1)
            state.unlink()  # it lost everything, so that all is written again
            second = Peer(t, daemon, device, *options, discover=NEW, state=state)
            judge(second, home, device, (taken,))
            equal(tried(second), [taken], f"formats at the second bootstrap of {device.endpoint}")
    daemon.end()


def test_no_format_at_all(t):
    """A device that takes none: an honest failure, after each was tried once."""
    home, daemon = served(t)
    device = home.add("takes-none")
    peer = Peer(t, daemon, device, "--rule", "put:/:4.15", "--timeout", 4, code=3, discover=NEW)
    outcome = daemon.outcome(result="failed", endpoint="takes-none")
    equal((outcome["step"], outcome["code"]), ("write /0/1", "4.15"), "outcome")
    forms = [row["format"] for row in peer.requests if row["method"] == "PUT"]
    equal(len(forms), len(set(forms)), f"formats tried {forms}")
    check({TLV, SENML_CBOR} <= set(forms), forms)
    equal(home.keys("takes-none"), {}, "credentials that count")
    daemon.end()


if __name__ == "__main__":
    run(globals())
