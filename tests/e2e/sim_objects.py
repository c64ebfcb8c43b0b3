"""imprint-sim with OMA's object definitions: values have types, and wrong ones are refused."""
import os
import subprocess
from pathlib import Path

from lib_imprint import BIN, SLOWNESS, Skip, check, equal, run

SHARED = Path(os.environ.get("IMPRINT_SHARED_DIR")
              or Path(os.environ["IMPRINT_SRC"]).parent / "shared") / "objects"
POLICY = """
imprint: 1
servers:
  main: {id: 101, uri: "coaps://lwm2m.example:5684", lifetime: 1d}
policies:
  - name: default
    servers: {main: {psk: {bytes: 16, identity: "{endpoint}/{id}"}}}
    write:
      /11/0: {Profile name: meters, APN: iot.example, Authentication Type: 3, Supported RAT Types: [7, 9]}
      /16/0: {Identity: ["host-{endpoint}", Acme]}
"""
# An older definition, as a device in the field may have it: no such resource, another type.
OLDER = """<?xml version="1.0" encoding="UTF-8"?>
<LWM2M><Object ObjectType="MODefinition"><Name>Portfolio</Name><ObjectID>16</ObjectID>
<ObjectURN>urn:oma:lwm2m:oma:16</ObjectURN><MultipleInstances>Multiple</MultipleInstances><Mandatory>Optional</Mandatory>
<Resources><Item ID="0"><Name>Identity</Name><Operations>RW</Operations><MultipleInstances>Multiple</MultipleInstances>
<Mandatory>Mandatory</Mandatory><Type>Integer</Type></Item></Resources></Object></LWM2M>
"""


def served(t):
    if not SHARED.is_dir():
        raise Skip(f"no shared object definitions at {SHARED}")
    home = t.home(policy=POLICY, settings=f"objects: {SHARED}\n")
    return home, t.daemon(home)


def test_types(t):
    home, daemon = served(t)
    result = home.add("dev").bootstrap(daemon.address, "--knows", "11,16", "--objects", SHARED)
    result.finished()
    equal({path: value for path, value in result.objects.items() if path.startswith(("/11/", "/16/"))},
          {"/11/0/0": "meters", "/11/0/1": "iot.example", "/11/0/4": 3, "/11/0/30/0": 7, "/11/0/30/1": 9,
           "/16/0/0/0": "host-dev", "/16/0/0/1": "Acme"}, "objects")
    daemon.end()


def test_another_type_is_refused(t):
    """By the device alone: to the server the Write is optional, and the bootstrap is good."""
    home, daemon = served(t)
    older = t.folder / "16.xml"
    older.write_text(OLDER, encoding="utf-8")
    result = home.add("dev").bootstrap(daemon.address, "--knows", "16", "--objects", older)
    result.finished()
    check(not any(path.startswith("/16/") for path in result.objects), result.objects)
    check(daemon.outcome(endpoint="dev").get("reason"), "nothing told of what was refused")
    daemon.end()


def test_no_definitions(t):
    wrong = t.folder / "wrong.xml"
    wrong.write_text("<LWM2M>\n<Object", encoding="utf-8")
    for path, text in ((t.folder / "absent", "No such file"), (t.folder, "wrong.xml:2:"), (wrong, "wrong.xml:2:")):
        done = subprocess.run([BIN / "imprint-sim", "bootstrap", "--server", "coap://127.0.0.1:9", "--endpoint", "e",
                               "--objects", path], capture_output=True, text=True, timeout=20 * SLOWNESS, check=False)
        equal((done.returncode, done.stdout), (1, ""), f"of {path}")
        check(text in done.stderr and done.stderr.count("\n") == 1, done.stderr)


if __name__ == "__main__":
    run(globals())
