"""Two workers and a whole fleet at once, beside reloads, status and traces: two thousand devices under
the thread sanitizer (IMPRINT_SANITIZE=thread), two hundred otherwise."""
import signal

from lib_fleet import last
from lib_imprint import BIN, SANITIZE, check, equal, run, wait_for

DEVICES = 2000 if "thread" in SANITIZE else 200


def test_two_workers(t):
    home = t.home(renew="always")
    home.mint("thread", DEVICES)
    daemon = t.daemon(home, workers=2)
    trace = t.process("trace", [BIN / "imprint", "--home", home.path, "trace"])
    fleet = t.fleet(daemon.address, "thread", DEVICES, "--spread", DEVICES * 10, "--retries", 5,
                    "--limit", 400000)
    reloads = 0
    while fleet.is_running():
        daemon.signal(signal.SIGHUP)
        reloads += 1
        wait_for(lambda: len(daemon.events("reload", result="done")) >= reloads, 20, "a reload")
        home.status()
    counts = last(fleet)
    equal((counts["hung"], counts["failed"]), (0, 0), f"fleet: {counts}")
    trace.end()
    seen = home.status()["outcomes"]
    check(seen["finished"] + seen["unconfirmed"] >= DEVICES, seen)
    print(f"  {DEVICES} devices, {reloads} reloads: {counts}", flush=True)
    daemon.end(60)
    check("ThreadSanitizer" not in daemon.log(), daemon.log()[-4000:])


if __name__ == "__main__":
    run(globals())
