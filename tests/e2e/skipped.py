"""`on-error: {account: go-on}`: what a device refused does not count, and is sent again next time."""
from lib_imprint import check, equal, run
from lib_peer import NEW, Peer, State

POLICY = """
imprint: 1
servers:
  main: {id: 101, uri: "coaps://lwm2m.example:5684", lifetime: 1d}
  next: {id: 102, uri: "coaps://next.example:5684", lifetime: 2d}
policies:
  - name: default
    on-error: {account: go-on}
    servers:
      main: {psk: {bytes: 16, identity: "{endpoint}/{id}"}}
      next: {psk: {bytes: 16, identity: "{endpoint}/{id}"}}
"""


def bootstrap(t, daemon, device, state, *options):
    before = len(daemon.events("outcome", endpoint=device.endpoint))
    peer = Peer(t, daemon, device, "--linger", 60, *options, discover=NEW, state=state.path)
    daemon.has(before + 1, endpoint=device.endpoint)
    return peer, daemon.events("outcome", endpoint=device.endpoint)[-1]


def test_a_refused_account(t):
    """The key of the account that was not written is abandoned, the other one's is active."""
    home = t.home(policy=POLICY)
    daemon = t.daemon(home)
    device, state = home.add("refused"), State(t)
    peer, outcome = bootstrap(t, daemon, device, state, "--rule", "put:/0/2:4.03")
    check("PUT /0/2" in peer.asked() and "PUT /1/1" not in peer.asked(), peer.asked())
    equal((outcome["result"], outcome["reason"]), ("finished", "2 optional operations refused"),
          "outcome")
    equal(list(state.accounts()), [101], "accounts of the device")
    home.history("refused", 1)
    keys = home.keys("refused")
    equal([(server, word) for (server, _), word in keys.items()], [(101, "active")], "keys")
    peer, outcome = bootstrap(t, daemon, device, state)
    equal((outcome["result"], outcome.get("reason", "")), ("finished", ""), "outcome")
    check("PUT /0/2" in peer.changes(), "the account is not sent again", peer.changes())
    home.history("refused", 2)
    equal({server: key for (server, key), word in home.keys("refused").items()
           if word == "active"}, state.keys(), "keys, and those of the device")
    daemon.end()


def test_a_refused_change(t):
    """A standing account whose new key was refused keeps the old one, and gets a new one next time."""
    home = t.home(policy=POLICY)
    daemon = t.daemon(home)
    device, state = home.add("change"), State(t)
    bootstrap(t, daemon, device, state)
    home.history("change", 1)
    old = state.keys()
    home.policy(POLICY.replace('next: {psk: {bytes: 16, identity: "{endpoint}/{id}"}}',
                               'next: {psk: {bytes: 16, identity: "{endpoint}/{id}/new"}}'))
    home.imprint("reload")
    _, outcome = bootstrap(t, daemon, device, state, "--rule", "put:/0/2:4.03",
                           "--rule", "delete:/0/2:4.03", "--rule", "delete:/1/1:4.03")
    equal(outcome["result"], "finished" if "delete" not in outcome["step"] else "failed", "result")
    home.history("change", 2)
    active = {server: key for (server, key), word in home.keys("change").items()
              if word == "active"}
    equal(active, old, "keys that count while the device has the old ones")
    _, outcome = bootstrap(t, daemon, device, state)
    equal(outcome["result"], "finished", "result")
    home.history("change", 3)
    active = {server: key for (server, key), word in home.keys("change").items()
              if word == "active"}
    equal(active, state.keys(), "keys, and those of the device")
    check(active[102] != old[102], "the new key was never sent")
    daemon.end()


if __name__ == "__main__":
    run(globals())
