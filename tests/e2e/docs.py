"""What README and docs print runs as it is printed: the tour, the guide's commands, the examples of policies."""
import os
import re
import shutil
import socket
import subprocess

from lib_imprint import BIN, SLOWNESS, Path, check, equal, run, wait_for

SRC = Path(os.environ["IMPRINT_SRC"])
KEY = "00112233445566778899aabbccddeeff"
MAY_FAIL = ("imprint kick",)  # nobody bootstraps just then
# Hosts, ports and folders of the page that a test cannot have; and one case instead of all.
SWAPS = (("--home /var/lib/imprint", "--home {folder}/other"), (" .. ", " --server {server} --credentials meter-1.json "),
         ("coaps://bs.example:5684", "{server}"), ("--key-file bench.key", "--case 1.1-int-1 --key-file bench.key"),
         ("coaps+tcp://127.0.0.1", "{stream}"), ("coaps://127.0.0.1 ", "{server} "))
STAYS = ("imprint trace",)  # until they are stopped
ALONE = ("imprintd\n", "imprintd --listen")  # one is running
LESHAN = """{"urn:dev:os:old-1": {"toDelete": ["/0", "/1"],
 "security": {"0": {"uri": "coaps://bs.example:5684", "bootstrapServer": true, "securityMode": "NO_SEC"},
  "1": {"uri": "coaps://leshan.example:5684", "bootstrapServer": false, "securityMode": "PSK", "serverId": 123,
   "publicKeyOrId": "aWQ=", "secretKey": "AQIDBAUGBwgJCgsMDQ4PEA=="}},
 "servers": {"0": {"shortId": 123, "lifetime": 300, "defaultMinPeriod": 1, "binding": ["U"]}}}}
"""
LESHAN_KEYS = '[{"endpoint": "urn:dev:os:old-1", "tls": {"mode": "psk", "details": {"identity": "old-1", "key": "%s"}}}]' % KEY


def blocks(page, first):
    """Indented blocks of a page whose lines begin with FIRST."""
    text = (SRC / page).read_text(encoding="utf-8")
    return re.findall(rf"(?:^    (?:{first}).*\n)+", text, re.MULTILINE)


def yaml_examples():
    text = (SRC / "docs/policy.md").read_text(encoding="utf-8")
    return re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def port(kind):
    with socket.socket(socket.AF_INET, kind) as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def environment(folder, **more):
    return {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "HOME": str(folder), **more}


def shell(folder, line, env, seconds=60):
    return subprocess.run(["bash", "-c", line], cwd=folder, env=env, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=seconds * SLOWNESS, check=False)


def write(path, text):
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)


def test_the_tour(t):
    """README's ten lines in one shell; another port alone."""
    lines = blocks("README.md", "export PATH")[0:1] + blocks("README.md", "imprint")
    script = "".join(lines).replace("5684", str(port(socket.SOCK_DGRAM)))
    script = re.sub(r"^ {4}", "", script, flags=re.MULTILINE)
    number = re.search(r"coaps://127.0.0.1:(\d+)", script)[1]
    script = script.replace("imprintd &", f"imprintd --listen coaps://127.0.0.1:{number} & sleep {SLOWNESS}; :")
    equal(len([line for line in script.splitlines() if line.strip()]), 10, "lines")
    (t.folder / "build/release").mkdir(parents=True)
    (t.folder / "build/release/bin").symlink_to(BIN)
    done = shell(t.folder, f"set -e\n{script}\nimprint drain\nwait", environment(t.folder))
    equal(done.returncode, 0, done.stdout + done.stderr)
    for text in ("urn:dev:os:example-1: finished after", "outcomes    finished 1", "101     1       psk   active"):
        check(text in done.stdout, f"no '{text}' in", done.stdout, done.stderr)
    check(re.search(r"-> +CON PUT +/0/1", done.stdout), "the trace shows no Write:", done.stdout)


def guide_home(t, env):
    """A home with what the guide's commands name: devices, files, an overlay with a rollout."""
    home = t.folder / "home"
    equal(shell(t.folder, "imprint init", env).returncode, 0, "init")
    overlay = next(text for text in yaml_examples() if text.startswith("overlays:"))
    with open(home / "policies/one-server.yaml", "a", encoding="utf-8") as file:
        file.write(overlay)
    shutil.copy(SRC / "policies/one-server.cases.yaml", home / "policies/one-server.cases.yaml")
    for name, text in (("key.hex", KEY), ("bench.key", KEY), ("bootstrap.json", LESHAN), ("credentials.json", LESHAN_KEYS),
                       ("answer.txt", '</>;lwm2m=1.1,</0/0>;uri="coaps://bs.example",</1>,</3/0>')):
        write(home / name, text)
    for words in ("meter-1 --auth psk", "bench --psk-file key.hex"):
        equal(shell(home, f"imprint device add {words}", env).returncode, 0, words)
    return home


def test_the_guide(t):
    """Every command in the order of the page, in the home's own folder."""
    env = environment(t.folder, IMPRINT_HOME=str(t.folder / "home"))
    home = guide_home(t, env)
    values = {"folder": t.folder, "server": f"coaps://127.0.0.1:{port(socket.SOCK_DGRAM)}",
              "stream": f"coaps+tcp://127.0.0.1:{port(socket.SOCK_STREAM)}"}
    daemon = t.process("imprintd", [BIN / "imprintd", "--home", home, "--listen", values["server"],
                                    "--listen", values["stream"]])
    wait_for(lambda: "started" in daemon.log(), 10, "the daemon's start")
    lines = "".join(blocks("docs/guide.md", "imprint|source")).splitlines()
    check(len(lines) > 30, "commands in the guide:", lines)
    for line in lines:
        line = re.sub(r"  +#.*", "", line.strip())
        if (line + "\n").startswith(ALONE) or ("| jq" in line and not shutil.which("jq")):
            continue
        for text, instead in SWAPS:
            line = line.replace(text, instead.format(**values))
        stays = line.startswith(STAYS)
        done = shell(home, f"timeout 1 {line}" if stays else line, env)
        good = {124} if stays else {0, 1} if any(text in line for text in MAY_FAIL) else {0}
        check(done.returncode in good, f"{line}: {done.returncode}", done.stdout[-500:], done.stderr)
    equal(daemon.end(), 0, "the daemon's end")


def test_examples_of_policies(t):
    """Each yaml block of docs/policy.md, with what its neighbours name."""
    servers, access, acme, used, overlay, cases = yaml_examples()
    head = "imprint: 1\nlinks: {nb-iot: {block: 256}}\n" + servers
    meters = "policies:\n  - {name: meters, match: {group: meters}, servers: {metering: {psk: {bytes: 16}}}}\n"
    files = {"acme": head + '  update: {id: 102, uri: "coaps://update.example"}\n' + access + acme.replace(
                 "      metering: {psk", "      update: {psk: stored}\n      metering: {psk"),
             "used": head + used + overlay, "meters": head + meters}
    env = environment(t.folder, IMPRINT_HOME="")
    for name, text in files.items():
        write(t.folder / f"{name}.yaml", text)
        done = shell(t.folder, f"imprint policy check {name}.yaml", env)
        equal(done.returncode, 0, text + done.stdout)
    write(t.folder / "meters.cases.yaml", cases)
    done = shell(t.folder, "imprint policy test meters.cases.yaml", env)
    equal(done.returncode, 0, done.stdout + done.stderr)
    check("1 case" in done.stderr + done.stdout, done.stdout, done.stderr)


if __name__ == "__main__":
    run(globals())
