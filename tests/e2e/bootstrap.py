"""The main road: a home, a policy, a daemon, devices that bootstrap and get what the policy says."""
import itertools
import signal
import socket
import subprocess
import time

from lib_imprint import BIN, check, equal, run, wait_for

TWO_SERVERS = """
imprint: 1
servers:
  metering: {id: 101, uri: "coaps://{attr.region}.metering.example", lifetime: 7d}
  update:   {id: 102, uri: "coaps://update.example:5685", lifetime: 30d, binding: U}
access:
  shared:
    /1/metering: {owner: metering}
    /1/update: {owner: update}
    /3/0: {owner: metering, update: r}
policies:
  - name: acme
    match: {group: meters, auth: psk}
    servers:
      metering: {psk: {bytes: 16, identity: "m{endpoint}", renew: 365d}}
      update:   {psk: {bytes: 32, identity: "u{endpoint}", renew: always}}
    access: shared
    others: remove
    write: {/3/0: {Timezone: Europe/Berlin}}
  - name: rest
    match: {endpoint: "held*"}
    hold: not commissioned yet
  - name: never
    match: {endpoint: "denied*"}
    deny: stolen
unmatched: hold
"""


def expected_of(device, keys, urls):
    """What TWO_SERVERS gives, by path; Security and Server instances by their server."""
    return {101: (urls[0], f"m{device.endpoint}", keys[101], 604800),
            102: (urls[1], f"u{device.endpoint}", keys[102], 2592000)}


def accounts(objects):
    """{short server ID: (uri, identity, key, lifetime)} of the server accounts a device holds."""
    found = {}
    for path, value in objects.items():
        if path.startswith("/0/") and path.endswith("/10"):
            base = path[:-3]
            lifetime = [objects[other[:-2] + "/1"] for other, ssid in objects.items()
                        if other.startswith("/1/") and other.endswith("/0") and ssid == value]
            equal(len(lifetime), 1, f"Server instances of {value}")
            found[value] = (objects[base + "/0"], bytes.fromhex(objects[base + "/3"]).decode(),
                            objects[base + "/5"], lifetime[0])
    return found


def store_keys(home, endpoint):
    exported = home.json("device", "export", endpoint)["servers"]
    return {row["server_id"]: row["psk_hex"] for row in exported if row["state"] == "active"}


def test_formats_versions_families_workers(t):
    """TLV and SenML CBOR, LwM2M 1.0 and 1.1, IPv4 and IPv6, one worker and two."""
    home = t.home(policy=TWO_SERVERS)
    for workers in (1, 2):
        daemon = t.daemon(home, workers=workers,
                          listen=("coaps://127.0.0.1:0", "coaps://[::1]:0"))
        rows = itertools.product(("tlv", "senml-cbor"), ("1.0", "1.1"), daemon.bound)
        for number, (form, version, address) in enumerate(rows):
            device = home.add(f"meter-{workers}-{number}", "--group", "meters", "--attr",
                              "region=eu")
            result = device.bootstrap(address, "--format", form, "--version", version,
                                      "--bootstrap-instance", number).finished()
            keys = store_keys(home, device.endpoint)
            urls = ("coaps://eu.metering.example", "coaps://update.example:5685")
            got = accounts(result.objects)
            expected = expected_of(device, keys, urls)
            equal({i: row[0].removesuffix(":5684") for i, row in got.items()},
                  {i: row[0] for i, row in expected.items()}, "URIs")
            equal({i: row[1:] for i, row in got.items()},
                  {i: row[1:] for i, row in expected.items()}, "identities, keys, lifetimes")
            equal(len(keys[102]), 64, "octets of the second key, in hex")
            equal(result.objects[f"/0/{number}/1"], True, "the bootstrap account")
            equal(result.objects["/3/0/15"], "Europe/Berlin", "the time zone")
            written = [row for row in result.rows if row["event"] == "message"
                       and row["code"] == "PUT"]
            used = {row["format"] for row in written}
            equal(used, {"tlv" if version == "1.0" or form == "tlv" else "senml-cbor"}, "format")
            shown = home.show(device.endpoint)
            equal((shown["state"], shown["history"][0]["result"], shown["history"][0]["policy"]),
                  ("bootstrapped", "finished", "acme"), "device show")
        status = home.status()
        equal(status["outcomes"]["finished"], 8, "status counts")
        equal(status["workers"], workers, "workers")
        daemon.end()


def test_second_bootstrap_keeps_what_need_not_be_renewed(t):
    home = t.home(policy=TWO_SERVERS)
    device = home.add("meter", "--group", "meters", "--attr", "region=eu")
    daemon = t.daemon(home)
    device.bootstrap(daemon.address).finished()
    first = store_keys(home, "meter")
    result = device.bootstrap(daemon.address).finished()
    second = store_keys(home, "meter")
    equal(second[101], first[101], "key to be renewed after a year")
    check(second[102] != first[102], "a key to be renewed always was kept")
    equal({i: row[2] for i, row in accounts(result.objects).items()}, second, "keys on the device")
    states = [row["state"] for row in home.show("meter")["credentials"]]
    equal(sorted(states), ["active", "active", "retired"], "states of the credentials")
    daemon.end()


def test_hold_and_deny(t):
    home = t.home(policy=TWO_SERVERS)
    held, denied = home.add("held-1"), home.add("denied-1")
    stray = home.add("stray")
    daemon = t.daemon(home)
    for device, reason in ((held, "not commissioned yet"), (stray, "no policy matches")):
        result = device.bootstrap(daemon.address, "--timeout", 1)
        equal(result.outcome["code"], "2.04", "answer to a held device")
        check(result.result != "finished", "a held device finished")
        equal(result.requests(), [], "requests to a held device")
        equal(daemon.outcome(result="held", endpoint=device.endpoint)["reason"], reason)
    result = denied.bootstrap(daemon.address)
    equal((result.result, result.outcome["code"]), ("refused", "4.03"), "a denied device")
    equal(daemon.outcome(result="denied", endpoint="denied-1")["reason"], "stolen")
    equal(home.status()["outcomes"]["held"], 2, "status counts")
    daemon.end()


def secrets_of(home, devices):
    found = {device.key for device in devices}
    for device in devices:
        found |= {key for _, key in home.keys(device.endpoint)}
    return found


def contains_secret(text, keys):
    """Hex in either case, and the octets as they are."""
    lower = text.lower()
    return [key for key in keys
            if key.encode() in lower or bytes.fromhex(key) in text]


def test_trace_shows_the_exchange_without_secrets(t):
    home = t.home(policy=TWO_SERVERS, settings="")
    device = home.add("meter", "--group", "meters", "--attr", "region=eu")
    other = home.add("other", "--group", "meters", "--attr", "region=us")
    daemon = t.daemon(home)
    traces = [t.process("trace", [BIN / "imprint", "--home", home.path, "trace", *words])
              for words in (("meter", "--json"), ("--json",), ())]
    time.sleep(0.3)
    result = device.bootstrap(daemon.address, "--format", "tlv").finished()
    other.bootstrap(daemon.address).finished()
    wait_for(lambda: "closed" in traces[0].out() and traces[1].out().count("closed") >= 2, 10,
             "the traces")
    rows = [row for row in traces[0].json_lines() if row["event"] == "message"]
    sent = [f"{row['code']} {row['path']}" for row in rows
            if row["direction"] == "out" and row["type"] == "CON"]
    equal(sent, result.requests(), "requests in the trace")
    equal({row["endpoint"] for row in traces[0].json_lines()}, {"meter"}, "endpoints")
    equal({row["endpoint"] for row in traces[1].json_lines()}, {"meter", "other"}, "endpoints")
    check("(16 octets)" in traces[0].out() and "(32 octets)" in traces[0].out(), "no lengths")
    daemon.end()
    keys = secrets_of(home, (device, other))
    equal(len(keys), 6, "secrets")
    for process in (*traces, daemon):
        for text in (process.out_path.read_bytes(), process.log_path.read_bytes()):
            equal(contains_secret(text, keys), [], f"secrets in the output of {process.name}")
    for words in (("device", "show", "meter"), ("device", "list"), ("policy", "plan", "meter"),
                  ("audit",)):
        done = home.imprint(*words)
        equal(contains_secret(done.encode(), keys), [], f"secrets in imprint {words}")
    for file in (home.path / "store").iterdir():
        equal(contains_secret(file.read_bytes(), keys), [], f"secrets in {file.name}")


def test_the_link_of_the_settings_counts_where_the_policy_names_none(t):
    home = t.home()
    device = home.add("dev")
    daemon = t.daemon(home)

    def messages():
        """How many messages the Write of the Security instance took."""
        result = device.bootstrap(daemon.address).finished()
        return len([row for row in result.rows if row["event"] == "message" and row["code"] == "PUT"
                    and row["direction"] == "in" and row["path"] == "/0/1" and not row["repeat"]])

    equal(messages(), 1, "messages of a Write by default")
    home.settings("link: {block: 32}")
    home.imprint("reload")
    check(messages() >= 3, "a Write in blocks of 32 octets")
    daemon.end()


def test_reload_is_whole_or_not_at_all(t):
    home = t.home()
    device = home.add("dev")
    daemon = t.daemon(home)
    good = (home.path / "policies" / "policy.yaml").read_text()
    home.policy(good.replace("lifetime: 1d", "lifetime: 3d\n  colour: blue"))
    daemon.signal(signal.SIGHUP)
    wait_for(lambda: daemon.events("reload", result="nothing changed"), 5, "the reload's end")
    problems = [row["problem"] for row in daemon.events("reload") if "problem" in row]
    check(any("policy.yaml:" in text and text.count(":") >= 3 and "error" in text
              for text in problems), "problems:", problems)
    result = device.bootstrap(daemon.address).finished()
    equal(result.objects["/1/0/1"], 86400, "lifetime by the old policy")
    equal(home.imprint("reload", code=None).returncode, 1, "imprint reload of a bad policy")
    home.policy(good.replace("lifetime: 1d", "lifetime: 3d"))
    (home.path / "imprintd.yaml").write_text("nonsense: 1\n")
    equal(home.imprint("reload", code=None).returncode, 1, "imprint reload of bad settings")
    result = device.bootstrap(daemon.address).finished()
    equal(result.objects["/1/0/1"], 86400, "lifetime by the old policy, settings being bad")
    home.settings("")
    daemon.signal(signal.SIGHUP)
    wait_for(lambda: daemon.events("reload", result="done"), 5, "the reload")
    result = device.bootstrap(daemon.address).finished()
    equal(result.objects["/1/0/1"], 3 * 86400, "lifetime by the new policy")
    daemon.end()


def test_term_lets_a_running_bootstrap_finish(t):
    home = t.home()
    first, second = home.add("first"), home.add("second")
    daemon = t.daemon(home)
    relay = t.relay(daemon.address, "--late", "100", "--late-ms", "400")
    process = first.start(relay.bound, "--linger", 2)
    wait_for(lambda: home.status()["sessions"]["bootstrapping"] == 1, 20, "a bootstrap under way")
    daemon.signal(signal.SIGTERM)
    wait_for(lambda: daemon.events("draining"), 5, "draining")
    late = second.start(daemon.address, "--timeout", 1)
    equal(process.wait(60), 0, "exit code of the device that was being served")
    equal(daemon.wait(20), 0, "imprintd's exit code")
    equal(daemon.events("outcome", endpoint="first")[0]["result"], "finished", "outcome")
    equal(daemon.events("outcome", endpoint="second"), [], "outcomes of the late one")
    late.kill()
    equal(home.show("first")["last_result"], "finished", "what the store keeps")


def test_check_only(t):
    home = t.home()
    command = [BIN / "imprintd", "--home", home.path, "-n"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    equal(done.returncode, 0, done.stderr)
    home.policy("imprint: 1\npolicies: [{name: a, servers: {b: {nosec: true}}}]\n")
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    equal(done.returncode, 1, "exit code with a bad policy")
    check("policy.yaml:2:" in done.stderr, done.stderr)


def test_two_daemons_on_one_home(t):
    home = t.home()
    device = home.add("dev")
    daemon = t.daemon(home)
    done = subprocess.run([BIN / "imprintd", "--home", home.path, "--listen",
                           "coaps://127.0.0.1:0"], capture_output=True, text=True, timeout=20,
                          check=False)
    equal(done.returncode, 1, "exit code of the second daemon")
    check("another imprintd serves this home" in done.stderr, done.stderr)
    device.bootstrap(daemon.address).finished()
    equal(home.status()["outcomes"]["finished"], 1, "the first daemon serves on")
    daemon.end()


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def test_a_device_that_rebooted_onto_its_port(t):
    """The same source port, no close_notify: the new handshake gets through and replaces the old."""
    home = t.home()
    device = home.add("dev")
    daemon = t.daemon(home)
    relay = t.relay(daemon.address, "--late", "100", "--late-ms", "300")
    own = f"127.0.0.1:{free_port()}"
    first = device.start(relay.bound, "--bind", own)
    wait_for(lambda: home.status()["sessions"]["bootstrapping"] == 1, 20, "a bootstrap under way")
    first.kill()
    device.bootstrap(relay.bound, "--bind", own).finished()
    wait_for(lambda: home.status()["sessions"]["bootstrapping"] == 0, 10, "no run left behind")
    equal(daemon.outcome(2, endpoint="dev")["result"], "finished", "the second outcome")
    daemon.has(2, endpoint="dev")
    daemon.end()


def test_plain_listener_only_by_name(t):
    home = t.home()
    device = home.add("dev")
    daemon = t.daemon(home, listen=("coap://127.0.0.1:0",))
    result = device.bootstrap(daemon.address, "--timeout", 2, scheme="coap")
    check(result.result != "finished", "secrets were sent over plain CoAP unasked")
    equal(accounts(result.objects), {}, "accounts that arrived over plain CoAP")
    daemon.end()
    daemon = t.daemon(home, listen=("coap://127.0.0.1:0",), extra=("--allow-plain-secrets",))
    device.bootstrap(daemon.address, scheme="coap").finished()
    daemon.end()


if __name__ == "__main__":
    run(globals())
