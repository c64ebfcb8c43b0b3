"""Fleets through a lossy relay, kills and batches: what the quick and the slow scripts share."""
import random
import time

from lib_imprint import SLOWNESS, TESTBIN, Process, check, equal, wait_for



def last(process):
    rows = process.json_lines()
    check(rows, f"{process.name} printed nothing: {process.log()}")
    return rows[-1]


def lossy_fleet(t, devices, seed, loss, dup=0, late=0, retries=0, spread_ms=5000, limit_s=100,
                workers=1, renew="never"):
    """DEVICES through a relay that loses LOSS percent each way: (the fleet's counts, home, daemon)."""
    home = t.home(f"home-{seed}", renew=renew)
    home.mint("fleet", devices)
    daemon = t.daemon(home, workers=workers)
    relay = t.relay(daemon.address, "--seed", seed, "--up-loss", loss, "--down-loss", loss, "--dup",
                    dup, "--late", late, "--late-ms", 500)
    fleet = t.fleet(relay.bound, "fleet", devices, "--seed", seed, "--spread", spread_ms,
                    "--patience", 60000, "--retries", retries, "--limit", limit_s * 1000)
    fleet.wait(limit_s + 30)
    counts = last(fleet)
    relay.end()
    counts["relay"] = last(relay)
    print(f"  {devices} devices, {loss}% each way, {dup}% twice, {late}% late: {counts}", flush=True)
    return counts, home, daemon


def check_all_end(counts):
    equal(counts["hung"], 0, f"hung devices: {counts}")
    equal(counts["first"] + counts["later"] + counts["failed"], counts["devices"], "devices")


def check_outcomes(home, daemon, counts):
    """No run is left, and the daemon's count of finished ones is at least the devices'."""
    wait_for(lambda: home.status()["sessions"]["bootstrapping"] == 0, 100, "the end of all runs")
    outcomes = home.status()["outcomes"]
    done = outcomes["finished"] + outcomes["unconfirmed"]
    check(done >= counts["first"] + counts["later"], "outcomes", outcomes, "of", counts)
    wait_for(lambda: home.status()["queue"]["depth"] == 0, 10, "an empty queue")
    equal(home.status()["queue"]["errors"], 0, "errors of the writer")


class Kills:
    """Rounds of a kill in the middle of bootstraps; a slow link between, so that it is the middle."""

    def __init__(self, t, rounds, devices, seed):
        self.t, self.devices, self.draw = t, devices, random.Random(seed)
        self.home = t.home(renew="always")
        self.home.mint("kill", rounds * devices)
        first = t.daemon(self.home)
        self.uri = f"coaps://{first.address}"
        self.relay = t.relay(first.address, "--late", 100, "--late-ms", 8, "--seed", seed)
        first.end()

    def round(self, number):
        """True when the kill fell into a bootstrap."""
        daemon = self.t.daemon(self.home, listen=(self.uri,))
        held_path = self.t.folder / f"held-{number}"
        fleet = self.t.fleet(self.relay.bound, "kill", self.devices, "--first",
                             number * self.devices, "--seed", number, "--spread", 40, "--patience",
                             700 * SLOWNESS, "--retries", 20, "--limit", 60000 * SLOWNESS,
                             "--linger", 100, "--ack-timeout",
                             50 * SLOWNESS, "--held", held_path)
        written = self.draw.randrange(self.devices)
        wait_for(lambda: count_lines(held_path) >= written, 20, f"{written} keys written")
        time.sleep(self.draw.uniform(0, 0.03))
        daemon.kill()
        done = len(daemon.events("outcome", result="finished"))
        check_held(self.home, held_path, "at the kill")
        again = self.t.daemon(self.home, listen=(self.uri,))
        fleet.wait(60)
        counts = last(fleet)
        equal((counts["hung"], counts["failed"]), (0, 0), f"round {number}: {counts}")
        equal(check_held(self.home, held_path, "at the end"), self.devices, "devices with a key")
        again.end()
        self.t.processes = [self.relay]
        return done < self.devices


def count_lines(path):
    return path.read_text().count("\n") if path.exists() else 0


def check_held(home, path, when):
    """The newest key that each device was written is one that the store knows."""
    newest = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        parts = line.split()
        if len(parts) == 3 and len(parts[2]) == 32:
            newest[parts[0], int(parts[1])] = parts[2]
    for (endpoint, server), key in newest.items():
        known = home.keys(endpoint)
        check((server, key) in known, f"{endpoint} holds a key that nobody knows {when}:",
              sorted(known.values()))
    return len(newest)


def batch_beside_daemon(t, seconds, devices):
    """A bulk writer loops; how many of its groups passed while a bootstrap waited for its commit."""
    home = t.home(renew="always")
    home.mint("beside", devices)
    daemon = t.daemon(home)
    trace = t.process("trace", [TESTBIN.parent / "bin" / "imprint", "--home", home.path, "trace",
                                "--json"])
    time.sleep(0.3)
    batch = Process(t, "mint", [TESTBIN / "mint", "--home", home.path, "--prefix", "batch",
                                "--count", 5000, "--loop", seconds * 1000])
    wait_for(lambda: len(batch.json_lines()) > 3 or not batch.is_running(), 20, "the first groups")
    check(batch.is_running(), "the batch ended:", batch.log())
    fleet = t.fleet(daemon.address, "beside", devices, "--spread", seconds * 800, "--limit",
                    (seconds + 30) * 1000)
    fleet.wait(seconds + 40)
    equal(last(fleet)["first"], devices, f"devices that finished: {last(fleet)}")
    equal(batch.wait(seconds + 40), 0, "the batch's exit code")
    trace.end()
    groups = [row["group"] for row in batch.json_lines() if "group" in row]
    waits = commit_waits(trace)
    check(len(waits) > devices * 0.9, f"{len(waits)} commits seen of {devices}")
    passed = [sum(start <= a and b <= end for a, b in groups) for start, end in waits]
    print(f"  {len(groups)} groups, {last(batch)['added']} devices added; {len(waits)} waits, longest "
          f"{max(end - start for start, end in waits)} ms; groups passed while waiting: "
          f"{max(passed)} at most", flush=True)
    daemon.end()
    return groups, passed


def commit_waits(trace):
    """[(from, to)] of each session: the last of what the device showed, and the first change after
    it. In between stands only the commit of what was minted."""
    shown, waits = {}, {}
    for row in trace.json_lines():
        if row["event"] != "message" or row["session"] in waits:
            continue
        if row["direction"] == "in" and row["code"] == "2.05":
            shown[row["session"]] = row["at_ms"]
        elif row["direction"] == "out" and row["code"] in ("PUT", "DELETE"):
            waits[row["session"]] = (shown.get(row["session"], row["at_ms"]), row["at_ms"])
    return list(waits.values())
