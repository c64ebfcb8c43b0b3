"""imprint-sim conformance: the daemon fails no case, over every transport; a port where nobody listens ends it at once."""
import time

from lib_imprint import BIN, SLOWNESS, check, equal, run


def judge(t, *options, seconds=170):
    process = t.process("conformance", [BIN / "imprint-sim", "conformance", "--json", *options])
    code = process.wait(seconds)
    rows = process.json_lines()
    return code, {row["name"]: row for row in rows if row["event"] == "case"}, process


def test_secure(t):
    home = t.home()
    device = home.add("judge")
    daemon = t.daemon(home)
    code, cases, process = judge(t, "--server", f"coaps://{daemon.address}", "--credentials", device.file)
    failed = [(name, row["why"]) for name, row in cases.items() if row["verdict"] == "fail"]
    equal(failed, [], "failed cases")
    equal(code, 0, process.log())
    for name in ["1.0-int-0", "1.1-int-1", "twice", "lost-1", "ep-other", "account-7", "again"]:
        equal(cases[name]["verdict"], "pass", name)
    daemon.end()


def test_stream(t):
    """The same over TLS; what takes datagrams does not apply."""
    home = t.home()
    device = home.add("judge")
    daemon = t.daemon(home, listen=("coaps://127.0.0.1:0", "coaps+tcp://127.0.0.1:0"))
    wanted = "1.0-int-0,1.1-int-1,1.1-int-5,again,corrected,ep-other,pct-60,twice"
    code, cases, process = judge(t, "--server", f"coaps+tcp://{daemon.bound[1]}", "--credentials", device.file,
                                 "--case", wanted)
    equal(code, 0, process.log())
    equal({name: row["verdict"] for name, row in cases.items()},
          {name: "not applicable" if name == "twice" else "pass" for name in wanted.split(",")})
    daemon.end()


def test_key_file_and_one_case(t):
    home = t.home()
    device = home.add("judge")
    daemon = t.daemon(home)
    code, cases, _ = judge(t, "--server", f"coaps://{daemon.address}", "--identity", device.identity, "--key-file",
                           device.key_file, "--endpoint", "judge", "--case", "ep-other,method")
    equal(code, 0)
    equal({name: row["verdict"] for name, row in cases.items()}, {"ep-other": "pass", "method": "pass"})
    daemon.end()


HELD = """
imprint: 1
servers:
  main: {id: 101, uri: "coaps://lwm2m.example:5684", lifetime: 1d}
policies:
  - name: nobody
    match: {endpoint: nobody}
    servers:
      main: {psk: {bytes: 16, identity: "{endpoint}/{id}"}}
unmatched: hold
"""


def test_what_is_configured_is_inconclusive(t):
    """A device that the policy holds back: nothing fails, nothing that needs a Finish passes, in bounded time."""
    home = t.home(policy=HELD)
    device = home.add("held")
    daemon = t.daemon(home)
    begun = time.monotonic()
    code, cases, process = judge(t, "--server", f"coaps://{daemon.address}", "--credentials", device.file,
                                 "--case-timeout", "2", "--case", "1.0-int-0,1.1-int-1,1.1-int-9,ep-other,account-7")
    equal(code, 0, process.log())
    equal({name: row["verdict"] for name, row in cases.items()},
          {"1.0-int-0": "inconclusive", "1.1-int-1": "inconclusive", "1.1-int-9": "inconclusive",
           "ep-other": "pass", "account-7": "inconclusive"})
    check(time.monotonic() - begun < 60 * SLOWNESS, "bounded time")
    daemon.end()


def test_nobody_listens(t):
    begun = time.monotonic()
    code, _, process = judge(t, "--server", "coap://127.0.0.1:9", "--endpoint", "a", seconds=30)
    equal(code, 1)
    check("connection refused" in process.log(), process.log())
    done = t.process("bootstrap", [BIN / "imprint-sim", "bootstrap", "--server", "coap://127.0.0.1:9", "--endpoint",
                                   "a", "--quiet"])
    equal(done.wait(30), 1)
    check("connection refused" in done.out(), done.out())
    check(time.monotonic() - begun < 10 * SLOWNESS, "at once")


run(globals())
