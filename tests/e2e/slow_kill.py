"""A hundred kills (-9) of the daemon at seeded points of running bootstraps."""
from lib_fleet import Kills
from lib_imprint import check, run

ROUNDS, DEVICES = 100, 6


def test_kill(t):
    kills = Kills(t, ROUNDS, DEVICES, seed=2)
    in_flight = sum(kills.round(number) for number in range(ROUNDS))
    print(f"  {ROUNDS} kills, {in_flight} with devices under way", flush=True)
    check(in_flight >= ROUNDS * 3 // 4, "most kills came too late to mean anything")
    kills.home.imprint("audit", "--limit", 1)


if __name__ == "__main__":
    run(globals())
