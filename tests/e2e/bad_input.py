"""What goes wrong from outside, by hand or by the machine: the clear error, nothing lost, and the
daemon runs on."""
import json
import os
import re
import shutil
import subprocess

from lib_imprint import BIN, Home, Skip, check, equal, run, wait_for

MISTAKES = """imprint: 1
servers:
  main: {id: 0, uri: "coaps://lwm2m.example", lifetime: 1d}
  next: {id: 102, url: "coaps://lwm2m.example"}
policies:
  - name: default
    match: {grupo: meters}
    servers:
      mian: {psk: {bytes: 16}}
unmatched: perhaps
"""


def test_wrong_key_and_unknown_identity(t):
    home = t.home()
    device = home.add("dev")
    daemon = t.daemon(home)
    wrong = device.with_key(key="00112233445566778899aabbccddeeff")
    unknown = device.with_key(identity="nobody")
    for other, reason in ((wrong, "psk_mismatch"), (unknown, "unknown_identity")):
        process = other.start(daemon.address, "--timeout", 2)
        wait_for(lambda: daemon.events("refused", reason=reason), 15, reason)
        process.kill()
    rows = [json.loads(line) for line in
            wait_for(lambda: home.imprint("device", "unknown", "--json"), 10, "device unknown")
            .splitlines()]
    equal([(row["kind"], row["name"]) for row in rows], [("identity", "nobody")], "who knocked")
    check(rows[0]["count"] >= 1 and rows[0]["peer"].startswith("127.0.0.1"), rows)
    device.bootstrap(daemon.address).finished()
    daemon.end()


def test_endpoint_that_is_not_the_credentials(t):
    home = t.home()
    device, victim = home.add("dev"), home.add("victim")
    daemon = t.daemon(home)
    for name in ("victim", "never-heard-of"):
        thief = device.with_key()
        thief.endpoint = name
        result = thief.bootstrap(daemon.address, "--version", "1.0")
        equal((result.result, result.outcome["code"]), ("refused", "4.00"), name)
    daemon.has(2, result="denied", reason="endpoint_mismatch")
    check(daemon.events("refused", reason="endpoint_mismatch", endpoint="dev", claimed="victim"),
          "the log does not name both")
    equal(home.status()["refused"]["endpoint_mismatch"], 2, "status")
    equal(home.show("victim").get("history"), [], "history of the victim")
    equal([row["result"] for row in home.history("dev", 2)], ["denied"] * 2, "of the other")
    equal(home.keys("victim"), {}, "credentials of the victim")
    victim.bootstrap(daemon.address).finished()
    daemon.end()


def test_policy_with_five_errors(t):
    """All at once, each with its place and the nearest valid word; nothing starts."""
    home = t.home()
    home.policy(MISTAKES)
    done = home.imprint("policy", "check", code=None)
    equal(done.returncode, 1, "exit code")
    lines = [line for line in (done.stdout + done.stderr).splitlines() if ": error: " in line]
    check(len(lines) >= 5, "\n".join(lines))
    places = set()
    for line in lines:
        found = re.match(r".*policy\.yaml:(\d+):(\d+): error: .+", line)
        check(found, "a line without its place:", line)
        places.add(int(found[1]))
    check({3, 4, 7, 9, 10} <= places, "lines", sorted(places), "\n".join(lines))
    text = "\n".join(lines)
    for nearest in ("'uri'", "'group'", "'main'"):
        check(nearest in text, "no hint of", nearest, text)
    started = subprocess.run([BIN / "imprintd", "--home", home.path, "--listen",
                              "coaps://127.0.0.1:0"], capture_output=True, text=True, timeout=20,
                             check=False)
    equal(started.returncode, 1, "imprintd's exit code")
    equal(started.stderr.count(": error: "), len(lines), started.stderr)


def test_reload_tells_warnings(t):
    """A policy that counts no more is no error: it is said to who reloads, and in the log."""
    home = t.home()
    daemon = t.daemon(home)
    home.policy("imprint: 1\npolicies: [{name: a, valid: {until: 2020-01-01}, hold: x}]\n")
    done = home.imprint("reload", code=None)
    equal(done.returncode, 0, done.stderr)
    check("policy.yaml:2:22: warning: 'a' counts no more" in done.stderr, done.stderr)
    wait_for(lambda: [row for row in daemon.events("reload") if "'a' counts no more" in row.get("problem", "")],
             5, "the warning in the log")
    daemon.end()


def test_settings_with_errors(t):
    home = t.home(settings="")
    (home.path / "imprintd.yaml").write_text("worker: 2\nlog: {format: xml}\nlisten: [ftp://x]\n")
    done = subprocess.run([BIN / "imprintd", "--home", home.path, "-n"], capture_output=True,
                          text=True, timeout=20, check=False)
    equal(done.returncode, 1, "exit code")
    for line in (1, 2, 3):
        check(f"imprintd.yaml:{line}:" in done.stderr, done.stderr)


def test_command_line(t):
    home = t.home()
    home.add("dev")
    rows = ((("device", "shwo", "dev"), 2), (("device", "show"), 2), (("device", "show", "x"), 1),
            (("device", "add", "dev"), 1), (("device", "add", "b", "--bytes", "7"), 2),
            (("device", "add", "e" * 300), 1), (("device", "export", "dev"), 2), (("status",), 1))
    for words, code in rows:
        done = home.imprint(*words, code=None)
        check(done.returncode == code or (done.returncode in (1, 2) and code in (1, 2)
                                          and words[1:2] == ("add",)),
              words, "gave", done.returncode, done.stderr)
        check(done.stderr and not done.stdout, words, "gave no error on standard error")
    for uri in ("coaps://127.0.0.1:99999", "coaps://no.such.host.invalid", "http://127.0.0.1"):
        done = subprocess.run([BIN / "imprintd", "--home", home.path, "--listen", uri],
                              capture_output=True, text=True, timeout=20, check=False)
        check(done.returncode in (1, 2) and done.stderr, uri, done.returncode)


def test_home_that_is_not_right(t):
    """One row a fault of the home: what is done to it, what the error must say."""
    def spoil_key(path):
        (path / "home.key").write_bytes(os.urandom(32))

    def cut_file(path):
        data = path / "store" / "data.mdb"
        os.truncate(data, data.stat().st_size // 2 // 4096 * 4096)

    rows = (("wrong key", spoil_key, "key"), ("key gone", lambda p: (p / "home.key").unlink(), "key"),
            ("file cut", cut_file, ""), ("open to others", lambda p: p.chmod(0o755), "mode"),
            ("store gone", lambda p: shutil.rmtree(p / "store"), ""))
    home = t.home()
    for number in range(20):
        home.add(f"dev-{number}")
    for name, spoil, word in rows:
        copy = t.folder / name.replace(" ", "-")
        shutil.copytree(home.path, copy)
        copy.chmod(0o700)
        spoil(copy)
        for command in ((BIN / "imprint", "--home", copy, "device", "list"),
                        (BIN / "imprintd", "--home", copy, "--listen", "coaps://127.0.0.1:0")):
            done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
            equal(done.returncode, 1, f"exit code with {name}: {done.stderr}")
            said = done.stderr.replace(str(copy), "")
            check(word in said and len(said) > 10, name, "is told as", done.stderr)
    equal(len(home.imprint("device", "list", "--json").splitlines()), 20, "devices")


def small_home(t, size):
    """A home on a small file system of its own."""
    folder = t.tmpfs("disk", size)
    home = Home(t, folder / "home")
    return folder, home


def remount(folder, how):
    subprocess.run(["mount", "-o", f"remount,{how}", str(folder)], check=True)


def test_read_only_home(t):
    folder, home = small_home(t, "32m")
    device = home.add("dev")
    remount(folder, "ro")
    try:
        done = home.imprint("device", "add", "other", code=None)
        check(done.returncode == 1 and "read-only" in done.stderr.lower(), done.stderr)
        check("dev" in home.imprint("device", "list"), "reading does not work")
        given = home.imprint("device", "export", "dev", "--json", code=None)
        check(given.returncode == 0 and "leaves no audit record" in given.stderr, given.stderr)
        started = subprocess.run([BIN / "imprintd", "--home", home.path, "--listen",
                                  "coaps://127.0.0.1:0"], capture_output=True, text=True,
                                 timeout=20, check=False)
        check(started.returncode == 1 and "read-only" in started.stderr.lower(), started.stderr)
    finally:
        remount(folder, "rw")
    daemon = t.daemon(home)
    device.bootstrap(daemon.address).finished()
    daemon.end()


def fill(folder):
    """Leaves not one page."""
    with open(folder / "filler", "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            pass


def test_full_disk(t):
    """What was there stays; the device gets no key that the store does not have; then it works."""
    folder, home = small_home(t, "4m")
    device = home.add("dev")
    before = home.imprint("device", "list", "--json")
    daemon = t.daemon(home)
    fill(folder)
    failed, held = 0, set()
    for _ in range(30):  # the store's free pages last for a few
        result = device.bootstrap(daemon.address, "--timeout", 1, is_stored=False)
        held |= {value for path, value in result.objects.items()
                 if re.fullmatch(r"/0/\d+/5", path)} - {device.key}
        done = home.imprint("device", "add", f"more-{failed}", "--attr", "a=" + "x" * 100,
                            code=None)
        failed += done.returncode != 0
        if failed:
            check("full" in done.stderr or "space" in done.stderr, done.stderr)
            break
    check(failed, "the disk did not fill up")
    fresh = [row["endpoint"] for row in map(json.loads, home.imprint("device", "list", "--json")
                                            .splitlines())]
    check("dev" in fresh and len(fresh) >= len(before.splitlines()), "devices were lost")
    check(daemon.is_running(), "the daemon ended:", daemon.log())
    (folder / "filler").unlink()
    check(held <= {key for _, key in home.keys("dev")}, "the device held a key nobody stored")
    home.add("later")
    device.bootstrap(daemon.address).finished()
    equal(home.history("dev")[0]["result"], "finished", "the last outcome")
    daemon.end()


def test_full_disk_under_bootstraps(t):
    """Devices that cannot be given a durable key are failed at the commit, by name."""
    folder, home = small_home(t, "4m")
    home.mint("full", 60)
    home.policy((home.path / "policies/policy.yaml").read_text().replace("never", "always"))
    daemon = t.daemon(home)
    fill(folder)
    held = t.folder / "held"
    fleet = t.fleet(daemon.address, "full", 60, "--patience", 1000, "--held", held, "--spread",
                    2000, "--retries", 0, "--limit", 30000)
    fleet.wait(40)
    seen = fleet.json_lines()[-1]
    equal(seen["hung"], 0, f"hung devices: {seen}")
    failed = daemon.events("outcome", result="failed", step="commit")
    if not failed:
        raise Skip(f"60 bootstraps did not fill the store's free pages: {seen}")
    check(daemon.events("store"), "no error for the operator in the log")
    (folder / "filler").unlink()
    for line in held.read_text().splitlines():
        endpoint, server, key = line.split()
        check((int(server), key) in home.keys(endpoint), endpoint, "holds a key nobody stored")
    again = t.fleet(daemon.address, "full", 60, "--patience", 1000, "--limit", 30000)
    again.wait(40)
    equal(again.json_lines()[-1]["first"], 60, "devices that finish once there is room")
    daemon.end()


if __name__ == "__main__":
    run(globals())
