"""Any object by OMA's definition of it: what policies write, what is refused when they are loaded.
Needs the shared definitions."""
import json
import os
import shutil
import subprocess
from pathlib import Path

from lib_formats import LWM2M_CBOR, SENML_CBOR, SENML_JSON, TLV
from lib_imprint import BIN, Skip, check, equal, run
from lib_peer import Peer

SHARED = Path(os.environ.get("IMPRINT_SHARED_DIR")
              or Path(os.environ["IMPRINT_SRC"]).parent / "shared") / "objects"
POLICY = """
imprint: 1
servers:
  main: {id: 101, uri: "coaps://lwm2m.example:5684", lifetime: 1d}
policies:
  - name: default
    servers: {main: {psk: {bytes: 16, identity: "{endpoint}/{id}"}}}
    verify: always
    write:
%s
"""
WRITES = """
      /3/0: {Timezone: "{attr.zone}"}
      /5/0: {Package URI: "coap://fw.example/{endpoint}", Severity: 2, 14: true}
      /11/3: {Profile name: meters, APN: iot.example, Authentication Type: 3, Supported RAT Types: [7, 9]}
      /16/0: {Identity: ["host-{endpoint}", Acme, "Model 7"]}
      /3301/0: {Application Type: lobby}
"""
VALUES = {"/3/0/15": "Europe/Berlin", "/5/0/1": "coap://fw.example/dev", "/5/0/11": 2,
          "/5/0/14": True, "/11/3/0": "meters", "/11/3/1": "iot.example", "/11/3/4": 3,
          "/11/3/30/0": 7, "/11/3/30/1": 9, "/16/0/0/0": "host-dev", "/16/0/0/1": "Acme",
          "/16/0/0/2": "Model 7", "/3301/0/5750": "lobby"}
OBJECTS = ("/3", "/5", "/11", "/16", "/3301")
SHOWN = "</>;lwm2m=1.1,</0/0>,</1>,</3/0>,</5/0>,</11>,</16>,</3301/0>"


def definitions():
    if not SHARED.is_dir():
        raise Skip(f"no shared object definitions at {SHARED}")
    return SHARED


def served(t, writes=WRITES):
    home = t.home(policy=POLICY % writes, settings=f"objects: {definitions()}\n")
    return home, t.daemon(home)


def others(peer):
    """What was written besides the accounts."""
    return {path: peer.get(path, VALUES.get(path, b"")) for path in peer.written()
            if not path.startswith(("/0/", "/1/"))}


def test_five_objects_in_each_format(t):
    """Types, lists and templates, by numbers and names, at instance level."""
    home, daemon = served(t)
    for form in (TLV, SENML_CBOR, SENML_JSON, LWM2M_CBOR):
        device = home.add(f"dev-{form}", "--attr", "zone=Europe/Berlin")
        peer = Peer(t, daemon, device, "--linger", 60, "--pct", form, discover=SHOWN)
        wanted = {path: value.replace("dev", device.endpoint) if path in ("/5/0/1", "/16/0/0/0")
                  else value for path, value in VALUES.items()}
        equal(peer.formats(), {form}, "format")
        equal(others(peer), wanted, f"values in {form}")
        equal(daemon.outcome(endpoint=device.endpoint).get("reason", ""), "", "reason")
    daemon.end()


def test_what_the_device_lacks(t):
    """No Write to it, the outcome tells, and the bootstrap is good."""
    home, daemon = served(t)
    for number, object_path in enumerate(OBJECTS):
        device = home.add(f"lacks-{number}", "--attr", "zone=Etc/UTC")
        shown = ",".join(item for item in SHOWN.split(",")
                         if not item.startswith((f"<{object_path}>", f"<{object_path}/")))
        peer = Peer(t, daemon, device, "--linger", 60, discover=shown)
        touched = {text.split()[1].split("/")[1] for text in peer.changes()}
        check(object_path[1:] not in touched, f"{object_path} is written:", peer.changes())
        equal(len(touched), len(OBJECTS) + 1, "objects that are written")
        outcome = daemon.outcome(endpoint=device.endpoint)
        equal(outcome["result"], "finished", "result")
        notes = [row["note"] for row in daemon.events("plan", endpoint=device.endpoint)]
        check(len(notes) == 1 and object_path + "/" in notes[0], f"{object_path} is not told:", notes)
    daemon.end()


def test_what_the_device_refuses(t):
    """Skipped and told; fatal where the policy says that it is required."""
    home, daemon = served(t)
    device = home.add("refuses", "--attr", "zone=Etc/UTC")
    Peer(t, daemon, device, "--linger", 60, "--rule", "put:/16:4.00", discover=SHOWN)
    outcome = daemon.outcome(endpoint="refuses")
    equal(outcome["result"], "finished", "result")
    check(outcome.get("reason"), "nothing told:", outcome)
    home.policy(POLICY % WRITES + "    required: /16/0\n")
    home.imprint("reload")
    device = home.add("required", "--attr", "zone=Etc/UTC")
    Peer(t, daemon, device, "--rule", "put:/16:4.00", "--timeout", 2, code=3, discover=SHOWN)
    outcome = daemon.outcome(endpoint="required")
    equal((outcome["result"], outcome["step"], outcome["code"]),
          ("failed", "write /16/0", "4.00"), "outcome")
    daemon.end()


def test_an_attribute_that_is_missing(t):
    home, daemon = served(t)
    device = home.add("bare")
    Peer(t, daemon, device, "--timeout", 2, code=3, discover=SHOWN)
    outcome = daemon.outcome(endpoint="bare")
    equal((outcome["result"], outcome["step"]), ("failed", "plan"), "outcome")
    check("zone" in outcome["reason"], outcome)
    daemon.end()


def test_refused_at_load(t):
    """Unknown resource, wrong type, out of range, no definition, no value: each with its place."""
    rows = (("/5/0: {Package URL: x}", "Package URI"), ("/5/0: {Severity: 7}", "Severity"),
            ("/5/0: {Severity: high}", "Severity"), ("/16/0: {99: x}", "99"),
            ("/4711/0: {1: x}", "4711"), ("/3/0: {Reboot: 1}", "Reboot"),
            ("/11/0: {APN: x}", "Profile name"), ("/5/1: {Package URI: x}", "/5/1"))
    home = t.home(settings=f"objects: {definitions()}\n")
    home.policy(POLICY.split("  - name:", maxsplit=1)[0] + "".join(
        f"  - {{name: p{number}, match: {{endpoint: e{number}}}, servers: {{main: {{psk: stored}}}},"
        f" write: {{{row}}}}}\n" for number, (row, _) in enumerate(rows)))
    for words in ((BIN / "imprintd", "--home", home.path, "-n"),
                  (BIN / "imprint", "--home", home.path, "policy", "check", "--objects", SHARED)):
        done = subprocess.run(words, capture_output=True, text=True, timeout=20, check=False)
        equal(done.returncode, 1, "exit code")
        lines = [line for line in (done.stdout + done.stderr).splitlines() if ": error: " in line]
        for number, (row, word) in enumerate(rows, 6):
            found = [line for line in lines if f"policy.yaml:{number}:" in line]
            check(found and word in found[0], f"{row} at line {number}:", found or lines)


def test_without_definitions(t):
    """The same policy is refused where the objects are not known, and taken after a reload."""
    definitions()
    home = t.home(policy=POLICY % "      /3/0: {Timezone: Etc/UTC}\n")
    daemon = t.daemon(home)
    home.policy(POLICY % WRITES)
    done = home.imprint("reload", code=None)
    check(done.returncode == 1 and "definition" in done.stdout + done.stderr, done.stderr)
    shutil.copytree(SHARED, home.path / "objects", ignore=shutil.ignore_patterns("retired", "v*"))
    home.imprint("reload")
    device = home.add("dev", "--attr", "zone=Europe/Berlin")
    peer = Peer(t, daemon, device, "--linger", 60, discover=SHOWN)
    equal(others(peer), VALUES, "values")
    planned = json.loads(home.imprint("policy", "plan", "dev", "--json"))
    check("/3301" in json.dumps(planned), "the command plans without the definitions")
    daemon.end()


if __name__ == "__main__":
    run(globals())
