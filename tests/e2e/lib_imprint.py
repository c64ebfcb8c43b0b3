"""The house for end-to-end tests: a home, its daemon, devices, peers; every wait is bounded.

A script defines functions test_*(t) and ends with run(globals()). `t` is a Case: a temporary folder
and the processes begun in it, all of them ended with the test, by their own ids.
"""
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

BIN = Path(os.environ["IMPRINT_BIN"])
TESTBIN = Path(os.environ["IMPRINT_TESTBIN"])
SANITIZE = os.environ.get("IMPRINT_SANITIZE", "")
HISTORY_MAX = 8  # outcomes that a store keeps of a device
SLOWNESS = 5 if "thread" in SANITIZE else 3 if SANITIZE else 1

POLICY = """
imprint: 1
servers:
  main: {id: 101, uri: "coaps://lwm2m.example:5684", lifetime: 1d}
policies:
  - name: default
    servers:
      main: {psk: {bytes: 16, identity: "{endpoint}/{id}", renew: %s}}
    others: remove
unmatched: hold
"""

if "thread" in SANITIZE and "IMPRINT_FIXED_ADDRESSES" not in os.environ and shutil.which("setarch"):
    # The thread sanitizer's shadow leaves no room for the store's map at some random addresses.
    os.environ["IMPRINT_FIXED_ADDRESSES"] = "1"
    if subprocess.run(["setarch", "-R", "true"], capture_output=True, check=False).returncode == 0:
        os.execvp("setarch", ["setarch", "-R", sys.executable, "-B", *sys.argv])


class Skip(Exception):
    """This test cannot run here; says why."""


class Failed(Exception):
    """What was seen is not what must be."""


def check(condition, *what):
    if not condition:
        raise Failed(" ".join(str(part) for part in what))


def equal(seen, expected, what=""):
    check(seen == expected, f"{what}: " if what else "", f"got {seen!r}, expected {expected!r}")


def wait_for(condition, seconds, what):
    """The condition's value as soon as it is true; Failed after SECONDS (more under a sanitizer)."""
    end = time.monotonic() + seconds * SLOWNESS
    while True:
        value = condition()
        if value:
            return value
        check(time.monotonic() < end, f"{what}: not within {seconds * SLOWNESS} s")
        time.sleep(0.01)


def need(program):
    if not shutil.which(program):
        raise Skip(f"{program} is not installed")


class Process:
    """A child with its output in files; ended by its own id."""

    def __init__(self, case, name, command, stdin=subprocess.DEVNULL):
        self.name = name
        self.out_path = case.folder / f"{name}.{len(case.processes)}.out"
        self.log_path = case.folder / f"{name}.{len(case.processes)}.err"
        with open(self.out_path, "wb") as out, open(self.log_path, "wb") as log:
            self.child = subprocess.Popen([str(part) for part in command], stdin=stdin, stdout=out,
                                          stderr=log)
        case.processes.append(self)

    def out(self):
        return self.out_path.read_text(errors="replace")

    def log(self):
        return self.log_path.read_text(errors="replace")

    def is_running(self):
        return self.child.poll() is None

    def signal(self, number):
        if self.is_running():
            self.child.send_signal(number)

    def wait(self, seconds):
        try:
            return self.child.wait(seconds * SLOWNESS)
        except subprocess.TimeoutExpired:
            raise Failed(f"{self.name} still runs after {seconds * SLOWNESS} s") from None

    def end(self, seconds=20):
        self.signal(signal.SIGTERM)
        return self.wait(seconds)

    def kill(self):
        self.signal(signal.SIGKILL)
        return self.child.wait()

    def json_lines(self):
        return [json.loads(line) for line in self.out().splitlines() if line.startswith("{")]


class Daemon(Process):
    """imprintd on free ports. Its log is JSON lines."""

    def __init__(self, case, home, listen=("coaps://127.0.0.1:0",), workers=1, extra=()):
        command = [BIN / "imprintd", "--home", home.path, "--workers", workers, *extra]
        for uri in listen:
            command += ["--listen", uri]
        super().__init__(case, "imprintd", command)
        self.home = home

    def events(self, event=None, **fields):
        found = []
        for line in self.log().splitlines():
            if line.startswith("{") and line.endswith("}"):
                row = json.loads(line)
                if event in (None, row.get("event")) and fields.items() <= row.items():
                    found.append(row)
        return found

    def started(self):
        def is_up():
            check(self.is_running(), "imprintd ended:", self.log())
            return self.events("started")
        wait_for(is_up, 20, "imprintd's start")
        self.bound = [row["bound"] for row in self.events("listening")]
        return self

    @property
    def address(self):
        return self.bound[0]

    def outcome(self, count=1, **fields):
        """The COUNT-th outcome with these fields, waited for."""
        wait_for(lambda: len(self.events("outcome", **fields)) >= count, 30,
                 f"outcome {fields} number {count}")
        return self.events("outcome", **fields)[count - 1]

    def has(self, count, **fields):
        """COUNT outcomes with these fields and no more."""
        if count > 0:
            self.outcome(count, **fields)
        equal(len(self.events("outcome", **fields)), count, f"outcomes {fields}")

    def end(self, seconds=20):
        code = super().end(seconds)
        equal(code, 0, "imprintd's exit code: " + self.log()[-2000:])
        return code


class Home:
    def __init__(self, case, path, policy=None, renew="never", settings=""):
        self.case = case
        self.path = Path(path)
        self.imprint("init")
        self.policy(policy or POLICY % renew)
        self.settings(settings)

    def policy(self, text, name="policy.yaml"):
        folder = self.path / "policies"
        for old in folder.glob("*.yaml"):
            old.unlink()
        (folder / name).write_text(text)

    def settings(self, text):
        (self.path / "imprintd.yaml").write_text(
            "handshake-failure-timeout: 500ms\nlog: {format: json, level: info}\n" + text)

    def imprint(self, *arguments, code=0, text=None, seconds=30):
        """Runs imprint; its standard output. CODE None: any exit code, the whole result."""
        done = subprocess.run([str(BIN / "imprint"), "--home", str(self.path),
                               *map(str, arguments)], input=text, capture_output=True, text=True,
                              timeout=seconds * SLOWNESS, check=False)
        if code is None:
            return done
        equal(done.returncode, code, f"imprint {' '.join(map(str, arguments))}: {done.stderr}")
        return done.stdout

    def json(self, *arguments):
        return json.loads(self.imprint(*arguments, "--json"))

    def add(self, endpoint, *options):
        """Mints a device; its Device."""
        self.imprint("device", "add", endpoint, "--auth", "psk", *options)
        return Device(self, endpoint)

    def mint(self, prefix, count):
        """COUNT devices of tests/support/fleet.h, at once."""
        subprocess.run([TESTBIN / "mint", "--home", self.path, "--prefix", prefix, "--count",
                        str(count)], check=True, capture_output=True, timeout=120 * SLOWNESS)

    def show(self, endpoint):
        return self.json("device", "show", endpoint)

    def history(self, endpoint, count=0):
        """Outcomes in the store, newest first, once there are COUNT: the daemon commits in groups."""
        done = self.imprint("device", "show", endpoint, "--json", code=None)
        if done.returncode != 0:
            return []
        return wait_for(lambda: [rows for rows in [self.show(endpoint)["history"]]
                                 if len(rows) >= count], 10, f"outcome {count} of {endpoint}")[0]

    def keys(self, endpoint):
        """{(server ID, key in hex): state} of all credentials that still count."""
        return {(row["server_id"], row["psk_hex"]): row["state"]
                for row in self.json("device", "export", endpoint)["servers"]}

    def status(self):
        return self.json("status")


class Device:
    """What the factory knows of a device, in files as the programs take them."""

    def __init__(self, home, endpoint):
        self.home = home
        self.endpoint = endpoint
        self.file = home.case.folder / f"device-{len(list(home.case.folder.glob('device-*')))}"
        home.imprint("device", "export", endpoint, "--json", "--out", self.file)
        exported = json.loads(self.file.read_text())
        self.identity = exported["identity"]
        self.key = exported["psk_hex"]
        self.key_file = self.file.with_suffix(".key")
        self.key_file.write_text(self.key)
        self.key_file.chmod(0o600)

    def with_key(self, key=None, identity=None):
        """The same device with a wrong key or identity."""
        other = Device.__new__(Device)
        other.__dict__.update(self.__dict__)
        other.key = key or self.key
        other.identity = identity or self.identity
        number = len(list(self.home.case.folder.glob("device-*")))
        other.file = self.home.case.folder / f"device-{number}"
        other.key_file = other.file.with_suffix(".key")
        other.file.write_text(json.dumps({"endpoint": self.endpoint, "auth": "psk",
                                          "identity": other.identity, "psk_hex": other.key}))
        other.key_file.write_text(other.key)
        other.file.chmod(0o600)
        return other

    def bootstrap(self, address, *options, scheme="coaps", seconds=60, is_stored=True):
        """One imprint-sim bootstrap, all of it; with IS_STORED until the store has its outcome."""
        before = len(self.home.history(self.endpoint))
        process = self.start(address, *options, scheme=scheme)
        result = Result(process.wait(seconds), process)
        if is_stored and result.result == "finished":
            self.home.history(self.endpoint, min(before + 1, HISTORY_MAX))
        return result

    def start(self, address, *options, scheme="coaps"):
        dump = self.file.with_suffix(f".dump{len(self.home.case.processes)}")
        credentials = ["--credentials", self.file] if scheme == "coaps" else []
        process = Process(self.home.case, "imprint-sim",
                          [BIN / "imprint-sim", "bootstrap", "--server", f"{scheme}://{address}",
                           "--endpoint", self.endpoint, *credentials, "--json", "--dump", dump,
                           *options])
        process.dump = dump
        return process


class Result:
    def __init__(self, code, process):
        self.code = code
        self.process = process
        self.rows = process.json_lines()
        outcomes = [row for row in self.rows if row["event"] == "outcome"]
        check(outcomes, "imprint-sim told no outcome:", process.log(), process.out())
        self.outcome = outcomes[-1]
        self.result = self.outcome["result"]
        self.objects = {}
        if process.dump.exists():
            dump = json.loads(process.dump.read_text())
            self.objects = {row["path"]: row.get("value") for row in dump["objects"]}

    def finished(self):
        check(self.code == 0 and self.result == "finished", "bootstrap:", self.code, self.outcome)
        return self

    def requests(self):
        """What the server asked, in order, repeats left out: ["GET /", ..]."""
        return [f"{row['code']} {row['path']}" for row in self.rows
                if row["event"] == "message" and row["direction"] == "in"
                and row["type"] == "CON" and not row["repeat"]]


class Case:
    """One test: its folder and its processes."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.processes = []
        self.mounts = []

    def home(self, name="home", **options):
        return Home(self, self.folder / name, **options)

    def daemon(self, home, **options):
        return Daemon(self, home, **options).started()

    def process(self, name, command, **options):
        return Process(self, name, command, **options)

    def relay(self, address, *options):
        process = Process(self, "relay", [TESTBIN / "relay", "--to", address, *options])
        process.bound = wait_for(process.json_lines, 5, "the relay's start")[0]["bound"]
        return process

    def fleet(self, address, prefix, count, *options):
        return Process(self, "fleet", [TESTBIN / "fleet", "--server", f"coaps://{address}",
                                       "--prefix", prefix, "--count", count, *options])

    def tmpfs(self, name, size):
        """A folder on a small file system of its own; Skip where that is not allowed."""
        folder = self.folder / name
        folder.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs",
                               str(folder)], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Skip(f"no tmpfs may be mounted here: {done.stderr.strip()}")
        self.mounts.append(folder)
        return folder

    def close(self):
        for process in self.processes:
            if process.is_running():
                process.kill()
        for folder in self.mounts:
            subprocess.run(["umount", str(folder)], capture_output=True, check=False)

    def logs(self):
        return "\n".join(f"--- {p.name} ---\n{p.log()[-3000:]}" for p in self.processes if p.log())


def run_one(name, function):
    """(is_good, is_skipped)"""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="imprint-e2e-") as folder:
        case = Case(folder)
        word, why = "ok", ""
        try:
            function(case)
        except Skip as skip:
            word, why = "skipped", str(skip)
        except Exception as error:  # every fault of a test is told, and the next one runs
            word = "FAILED"
            why = str(error) if isinstance(error, Failed) else traceback.format_exc()
            why += "\n" + "".join(traceback.format_tb(error.__traceback__)[-3:]) + case.logs()
        with contextlib.suppress(OSError):
            case.close()
    print(f"{word} {name} ({time.monotonic() - begun:.1f} s) {why}", flush=True)
    return word


def run(names):
    """Runs all test_* of NAMES, or those named on the command line; ends the program."""
    tests = {name: value for name, value in names.items() if name.startswith("test_")}
    wanted = sys.argv[1:] or list(tests)
    words = [run_one(name, tests[name]) for name in wanted]
    if "FAILED" in words:
        sys.exit(1)
    sys.exit(77 if all(word == "skipped" for word in words) else 0)
