"""A bootstrap sends the difference between what the device shows and what the policy wants."""
from lib_formats import SENML_CBOR, SENML_JSON, TLV
from lib_imprint import check, equal, run
from lib_peer import NEW, Peer, State

POLICY = """
imprint: 1
servers:
  main: {id: 101, uri: "coaps://lwm2m.example:5684", lifetime: %s}
  next: {id: 102, uri: "coaps://%s.example:5684", lifetime: 2d}
access:
  shared: {/1/main: {owner: main}, /1/next: {owner: next}, /3/0: {owner: main, next: rw}}
policies:
  - name: default
    servers:
      main: {psk: {bytes: 16, identity: "{endpoint}/{id}"%s}}
      next: {psk: {bytes: 16, identity: "{endpoint}/{id}"}}
    access: shared
    others: %s
    apply: %s
"""


def policy(lifetime="1d", host="next", renew="", others="remove", apply="difference"):
    return POLICY % (lifetime, host, renew, others, apply)


class Kept:
    """A device that was bootstrapped once and is as the policy wants it."""

    def __init__(self, t, home, daemon, name, *options):
        self.t, self.home, self.daemon, self.options = t, home, daemon, options
        self.device = home.add(name)
        self.state = State(t, name)
        self.runs = 0
        self.first = self.again()
        self.keys = self.active()
        self.accounts = self.held()
        equal(sorted(self.accounts), [101, 102], "accounts after the first bootstrap")

    def again(self):
        """One bootstrap, with its outcome in the store."""
        self.runs += 1
        peer = Peer(self.t, self.daemon, self.device, "--linger", 60, *self.options, discover=NEW,
                    state=self.state.path)
        self.outcome = self.daemon.outcome(self.runs, endpoint=self.device.endpoint)
        equal(self.outcome["result"], "finished", f"outcome {self.outcome}")
        self.home.history(self.device.endpoint, self.runs)
        return peer

    def active(self):
        return {server: key for (server, key), state
                in self.home.keys(self.device.endpoint).items() if state == "active"}

    def held(self):
        """The accounts of the device, whose keys are those that the store knows."""
        accounts = self.state.accounts()
        check(all(server for _, server in accounts.values()), "no Server instance:", accounts)
        equal(self.state.keys(), self.active(), "keys on the device, and those that count")
        return accounts


def each_form(t, home, daemon, prefix):
    """A kept device of each family of formats."""
    return [Kept(t, home, daemon, f"{prefix}-{form}", "--pct", form)
            for form in (TLV, SENML_CBOR, SENML_JSON)]


def prepared(t, **options):
    home = t.home(policy=policy(**options))
    return home, t.daemon(home)


def change(home, **options):
    home.policy(policy(**options))
    home.imprint("reload")


def test_unchanged(t):
    """No Write, no Delete, no verifying step; the same keys still count."""
    home, daemon = prepared(t)
    for kept in each_form(t, home, daemon, "same"):
        before = kept.state.path.read_text()
        peer = kept.again()
        equal(peer.asked(), ["GET /", "GET /1", "GET /2", "POST /bs"], "requests")
        equal((kept.outcome["writes"], kept.outcome["deletes"]), (0, 0), "counts of the outcome")
        equal(kept.state.path.read_text(), before, "what the device holds")
        equal(kept.active(), kept.keys, "keys that count")
    daemon.end()


def test_verify_always(t):
    """The unchanged device is asked at the end too when the policy says so."""
    home, daemon = prepared(t)
    kept = Kept(t, home, daemon, "always")
    home.policy(policy() + "    verify: always\n")
    home.imprint("reload")
    peer = kept.again()
    equal(peer.changes(), [], "changes")
    equal(peer.asked().count("GET /"), 2, f"Discover in {peer.asked()}")
    daemon.end()


def test_a_changed_uri(t):
    """One Security instance is written, and nothing else; its key stays."""
    home, daemon = prepared(t)
    devices = each_form(t, home, daemon, "uri")
    change(home, host="moved")
    for kept in devices:
        security, _ = kept.accounts[102]
        peer = kept.again()
        written = [text for text in peer.changes() if text.startswith("PUT")]
        equal(written, [f"PUT {security}"], "Writes")
        check(set(peer.changes()) <= {f"DELETE {security}", f"PUT {security}"}, peer.changes())
        equal(kept.state.get(f"{security}/0", ""), "coaps://moved.example:5684", "URI")
        kept.held()
        equal(kept.active(), kept.keys, "keys that count")
        equal(kept.again().changes(), [], "changes of the next bootstrap")
    daemon.end()


def test_a_changed_lifetime(t):
    """What can be read is compared by value: the Server instance, or its one resource."""
    home, daemon = prepared(t)
    devices = each_form(t, home, daemon, "lifetime")
    change(home, lifetime="3d")
    for kept in devices:
        _, server = kept.accounts[101]
        changes = kept.again().changes()
        check(len(changes) <= 2 and changes[-1] in (f"PUT {server}", f"PUT {server}/1"), changes)
        equal([text for text in changes if not text.split()[1].startswith(server)], [], "others")
        equal(kept.state.get(f"{server}/1", 0), 3 * 86400, "lifetime on the device")
        equal(kept.again().changes(), [], "changes of the next bootstrap")
    daemon.end()


def test_a_lost_instance(t):
    """Whatever is lost comes back, with the key that the store has; the rest is left alone."""
    home, daemon = prepared(t)
    kept = Kept(t, home, daemon, "loses")
    rights = [place for place in kept.state.places() if place.startswith("/2/")]
    for lost in (kept.accounts[101][0], kept.accounts[102][1], rights[0]):
        kept.state.lose(lost)
        peer = kept.again()
        touched = {text.split()[1] for text in peer.changes()}
        check(touched and all(path == lost or path.startswith(lost.rsplit("/", 1)[0])
                              for path in touched), f"{lost} lost:", peer.changes())
        equal(sorted(kept.held()), [101, 102], f"accounts after {lost} was lost")
        equal(len([one for one in kept.state.places() if one.startswith("/2/")]), len(rights),
              "instances of Access Control")
        equal(kept.active(), kept.keys, "keys that count")
        equal(kept.again().changes(), [], "changes of the next bootstrap")
    daemon.end()


def test_everything_lost(t):
    """A factory reset: as at the first time, and the keys of before are given again."""
    home, daemon = prepared(t)
    kept = Kept(t, home, daemon, "reset")
    kept.state.path.unlink()
    changes = kept.again().changes()
    equal([text for text in changes if text.startswith("PUT")],
          [text for text in kept.first.changes() if text.startswith("PUT")], "Writes")
    equal(kept.active(), kept.keys, "keys that count")
    daemon.end()


def test_a_foreign_account(t):
    """Removed by itself, or kept, as the policy says; the bootstrap account is never touched."""
    home, daemon = prepared(t)
    kept = Kept(t, home, daemon, "foreign")

    def meet():
        kept.state.gain("/0/77", ';ssid=9;uri="coaps://foreign.example"')
        kept.state.gain("/1/77", ";ssid=9")

    meet()
    changes = kept.again().changes()
    equal({text for text in changes if not text.split()[1].startswith("/2")},
          {"DELETE /0/77", "DELETE /1/77"}, f"of {changes}")  # and the rights of all, anew
    equal({"/0/77", "/1/77"} & set(kept.state.places()), set(), "what is left of it")
    equal(sorted(kept.held()), [101, 102], "accounts of the policy")
    change(home, others="keep")
    meet()
    peer = kept.again()
    equal({text.split()[1][:5] for text in peer.changes()} & {"/0/77", "/1/77"}, set(), "touched")
    check({"/0/0", "/0/77", "/1/77"} <= set(kept.state.places()), kept.state.places())
    equal(kept.again().changes(), [], "changes of the next bootstrap")
    daemon.end()


def test_a_key_to_be_renewed(t):
    """One account is written, the other stays as it is."""
    home, daemon = prepared(t, renew=", renew: always")
    kept = Kept(t, home, daemon, "renew")
    security, _ = kept.accounts[101]
    peer = kept.again()
    equal([text for text in peer.changes() if text.startswith("PUT")], [f"PUT {security}"], "Writes")
    equal(kept.active()[102], kept.keys[102], "the key that stays")
    check(kept.active()[101] != kept.keys[101], "the key was not renewed")
    kept.held()
    daemon.end()


def test_erase(t):
    """`apply: erase` writes all of it anew, every time."""
    home, daemon = prepared(t, apply="erase")
    kept = Kept(t, home, daemon, "erase")
    changes = kept.again().changes()
    check("DELETE /0" in changes and "DELETE /1" in changes, changes)
    equal([text.split("/")[1] for text in changes if text.startswith("PUT")],
          [text.split("/")[1] for text in kept.first.changes() if text.startswith("PUT")], "Writes")
    daemon.end()


if __name__ == "__main__":
    run(globals())
