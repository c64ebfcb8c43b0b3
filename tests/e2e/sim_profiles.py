"""Every profile of the simulated device, in every version and format that it has, against the daemon."""
import concurrent.futures
import json
import subprocess
import threading

from lib_imprint import BIN, SLOWNESS, Result, check, equal, run

FORMATS = {"1.0": ["tlv"], "1.1": ["tlv", "senml-json", "senml-cbor"],
           "1.2": ["tlv", "senml-json", "senml-cbor", "lwm2m-cbor"]}
# Profiles that play a client: in all versions and formats. The others play a fault, once each.
CLIENTS = ["lwm2m-1.0", "lwm2m-1.1", "lwm2m-1.2", "anjay-3", "anjay-2", "wakaama", "leshan", "zephyr", "strict"]
UNFINISHED = {"forgetful": "no Finish in time", "silent": "no Finish in time", "closes": "closed its session"}
WORKERS = 4
STARTING = threading.Lock()


def profiles():
    done = subprocess.run([str(BIN / "imprint-sim"), "profiles", "--json"], capture_output=True, check=True,
                          timeout=20 * SLOWNESS)
    return {row["name"]: row for row in json.loads(done.stdout)["profiles"]}


def combinations(profile):
    """(version, format) pairs; a version of None is the profile's own."""
    if profile["name"] not in CLIENTS:
        return [(None, None)]
    own = profile["version"]
    found = [(None, None)]
    for version, formats in FORMATS.items():
        if version <= own or own == "1.1":
            found += [(version, name) for name in formats
                      if name in profile["formats"] or (name == "lwm2m-cbor" and version > own)]
    return found


def accounts(objects):
    """{short server ID: (security, server)} of the Server Accounts; the bootstrap account's instance."""
    security = {path.split("/")[2] for path in objects if path.startswith("/0/")}
    servers = {objects[path]: path.split("/")[2] for path in objects
               if path.startswith("/1/") and path.endswith("/0") and path.count("/") == 3}
    own = [i for i in security if objects.get(f"/0/{i}/1") is True]
    found = {objects[f"/0/{i}/10"]: (i, servers.get(objects[f"/0/{i}/10"])) for i in security - set(own)}
    return found, own


def assert_account(result, what):
    """One Server Account as the policy has it, and the bootstrap account as it was."""
    objects = result.objects
    found, own = accounts(objects)
    equal(own, ["0"], f"{what}: bootstrap accounts")
    equal(list(found), [101], f"{what}: short server IDs")
    i, server = found[101]
    check(server is not None, what, "no Server instance")
    equal(objects[f"/0/{i}/0"], "coaps://lwm2m.example:5684", f"{what}: URI")
    equal(objects[f"/0/{i}/2"], 0, f"{what}: security mode")
    equal(len(objects[f"/0/{i}/5"]), 32, f"{what}: digits of the key")
    equal(objects[f"/1/{server}/1"], 86400, f"{what}: lifetime")


def play(daemon, device, profile, version, name):
    what = " ".join(filter(None, [profile["name"], version, name]))
    options = ["--profile", profile["name"], "--linger", "0.05", "--timeout",
               "3" if profile["name"] in UNFINISHED else "60"]
    options += ["--version", version] if version else []
    options += ["--format", name] if name else []
    before = set(device.home.keys(device.endpoint))
    with STARTING:  # the names of the process's files are counted
        process = device.start(daemon.address, *options)
    result = Result(process.wait(60), process)
    if profile["name"] in UNFINISHED:
        equal(result.result, "unfinished", what)
        equal(result.outcome["reason"], UNFINISHED[profile["name"]], what)
        equal(accounts(result.objects)[0], {}, f"{what}: rolled back")
        return what
    result.finished()
    assert_account(result, f"{what}: {result.outcome['served']}")
    check(not before, what, "came with keys")
    return what


def play_all(t, names):
    home = t.home()
    daemon = t.daemon(home, workers=2)
    known = profiles()
    jobs = [(known[name], version, form) for name in names for version, form in combinations(known[name])]
    devices = [home.add(f"device-{i}") for i in range(len(jobs))]
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for what in pool.map(lambda job: play(daemon, job[0], *job[1]), zip(devices, jobs)):
            print(f"  {what}")
    daemon.end()


def test_clients(t):
    play_all(t, CLIENTS)


def test_faults(t):
    play_all(t, [name for name in profiles() if name not in CLIENTS])


def test_again(t):
    """A device that kept what it has comes again: the same account, no second one, its own as it was."""
    home = t.home()
    daemon = t.daemon(home)
    for i, name in enumerate(["anjay-3", "wakaama", "leshan", "zephyr", "replaces", "renumbers"]):
        device = home.add(f"again-{i}")
        state = t.folder / f"state-{i}"
        for _ in range(3):
            result = device.bootstrap(daemon.address, "--profile", name, "--state", state).finished()
            assert_account(result, f"{name}: {result.outcome['served']}")
        equal(state.stat().st_mode & 0o777, 0o600, "mode of the state file")
    daemon.end()


def test_pack(t):
    """A client of LwM2M 1.2 gets through, by a Pack or, where there is none, by a bootstrap."""
    home = t.home()
    daemon = t.daemon(home)
    for form in ["senml-json", "senml-cbor", "lwm2m-cbor"]:
        device = home.add(f"pack-{form}")
        result = device.bootstrap(daemon.address, "--version", "1.2", "--format", form, "--behave", "acc",
                                  is_stored=False).finished()
        assert_account(result, form)
        if not result.outcome["pack"]:
            check(result.outcome["requests"] > 0, form, "finished without a request")
    daemon.end()


run(globals())
