"""A campaign over several devices: started, watched, paused by itself and by hand, gone on, aborted."""
import json

from lib_imprint import check, equal, run, wait_for
from lib_peer import Peer

POLICY = """
imprint: 1
servers:
  main: {id: 101, uri: "coaps://lwm2m.example:5684", lifetime: 1d}
policies:
  - name: default
    servers: {main: {psk: {bytes: 16, identity: "{endpoint}/{id}"}}}
overlays:
  - name: zone
    match: {group: "fleet*"}
    rollout: {share: %s, always: fleet-pilot, pause: {failed: %s, of-last: %d}}
    write: {/3/0: {Timezone: Etc/UTC}}
    required: /3/0
"""
NEW = "</>;lwm2m=1.1,</0/0>,</1>,</3/0>"
REFUSE = ("--rule", "put:/3:4.00", "--timeout", 1)


def served(t, share="100%", failed="30%", of_last=4):
    home = t.home(policy=POLICY % (share, failed, of_last))
    return home, t.daemon(home)


def fleet(home, count, group="fleet"):
    return [home.add(f"{group}-{number}", "--group", group) for number in range(count)]


def status(home):
    rows = [json.loads(line) for line in home.imprint("rollout", "status", "--json").splitlines()]
    return {row["name"]: row for row in rows}["zone"]


def takes(t, home, daemon, device, *options, code=0):
    """One bootstrap; True when the campaign was part of it."""
    before = len(home.history(device.endpoint))
    peer = Peer(t, daemon, device, "--linger", 20, *options, code=code, discover=NEW)
    home.history(device.endpoint, before + 1)
    return "PUT /3/0" in peer.asked()


def test_the_whole_life(t):
    home, daemon = served(t)
    first, second, third, other = *fleet(home, 3), home.add("stray", "--group", "rest")
    check(not takes(t, home, daemon, first), "part of a campaign that nobody started")
    equal(status(home)["state"], "not started", "state")
    home.imprint("rollout", "start", "zone")
    equal((status(home)["state"], status(home)["share_ppm"]), ("running", 1000000), "status")
    check(takes(t, home, daemon, first), "not part of it")
    check(not takes(t, home, daemon, other), "a device that does not match took part")
    wait_for(lambda: status(home)["devices"] == 1, 10, "one device counted")
    equal((status(home)["finished"], status(home)["failed"]), (1, 0), "counts")
    home.imprint("rollout", "pause", "zone")
    equal(status(home)["reason"], "by the operator", "reason")
    check(takes(t, home, daemon, first), "who took part is left out while it is paused")
    check(not takes(t, home, daemon, second), "a new device took part while it is paused")
    home.imprint("rollout", "resume", "zone")
    check(takes(t, home, daemon, second), "not part of it after resume")
    wait_for(lambda: status(home)["devices"] == 2, 10, "two devices counted")
    home.imprint("rollout", "abort", "zone")
    equal(status(home)["state"], "aborted", "state")
    for device in (first, third):
        check(not takes(t, home, daemon, device), "part of an aborted campaign")
    equal(home.imprint("rollout", "resume", "zone", code=None).returncode, 1, "resume of it")
    home.imprint("rollout", "start", "zone")
    equal((status(home)["state"], status(home)["devices"]), ("running", 0), "begun anew")
    check(takes(t, home, daemon, third), "not part of it after a new start")
    daemon.end()


def test_it_pauses_by_itself(t):
    """More than 30% of the last four failed: no device more, until the operator says so."""
    home, daemon = served(t)
    devices = fleet(home, 7)
    home.imprint("rollout", "start", "zone")
    for device in devices[:3]:
        check(takes(t, home, daemon, device), "not part of it")
    equal(status(home)["state"], "running", "state")
    for device in devices[3:5]:
        check(takes(t, home, daemon, device, *REFUSE, code=3), "not part of it")
        outcome = daemon.outcome(result="failed", endpoint=device.endpoint)
        equal((outcome["step"], outcome["code"]), ("write /3/0", "4.00"), "outcome")
    row = wait_for(lambda: status(home) if status(home)["state"] == "paused" else None, 10, "a pause")
    equal((row["finished"], row["failed"]), (3, 2), "counts")
    check(row["reason"] != "by the operator" and row["reason"], "no reason:", row)
    wait_for(lambda: daemon.events("rollout", name="zone"), 5, "the pause in the log")
    check(not takes(t, home, daemon, devices[5]), "a device took part after the pause")
    check(takes(t, home, daemon, devices[0]), "who has it is left out")
    home.imprint("rollout", "resume", "zone")
    check(takes(t, home, daemon, devices[6]), "not part of it after resume")
    equal(status(home)["state"], "running", "the old failures paused it again")
    daemon.end()


def test_one_device_that_always_fails(t):
    """Comes again and again: it does not pause the campaign by itself."""
    home, daemon = served(t, failed="50%")
    good, bad = fleet(home, 2)
    home.imprint("rollout", "start", "zone")
    takes(t, home, daemon, good)
    for _ in range(4):
        takes(t, home, daemon, bad, *REFUSE, code=3)
    equal(status(home)["state"], "running", "state")
    daemon.end()


def test_shares(t):
    """The same devices every time; a larger share keeps them; the pilots come first."""
    home, daemon = served(t, share="0.0001%")
    devices, pilots = fleet(home, 12), fleet(home, 1, "fleet-pilot")
    home.imprint("rollout", "start", "zone")
    check(takes(t, home, daemon, pilots[0]), "a pilot was left out")
    equal([takes(t, home, daemon, one) for one in devices[:4]], [False] * 4, "in a share of nearly 0")
    parts = []
    for share in ("40%", "40%", "100%"):
        home.imprint("rollout", "resume", "zone", "--share", share)
        parts.append({one.endpoint for one in devices if takes(t, home, daemon, one)})
    equal(parts[0], parts[1], "two times the same share")
    check(0 < len(parts[0]) < len(devices), "devices in 40%:", len(parts[0]))
    equal(len(parts[2]), len(devices), "devices in 100%")
    daemon.end()


def test_names(t):
    home, daemon = served(t)
    for words in (("start", "nothing"), ("pause", "zone"), ("abort", "zone"), ("resume", "zone")):
        equal(home.imprint("rollout", *words, code=None).returncode, 1, f"{words}")
    home.imprint("rollout", "start", "zone")
    equal(home.imprint("rollout", "start", "zone", code=None).returncode, 1, "a second start")
    check("zone" in home.imprint("rollout", "status"), "not in the table")
    daemon.end()


if __name__ == "__main__":
    run(globals())
