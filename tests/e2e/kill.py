"""Ten kills (-9) of the daemon in the middle of bootstraps; a hundred are in slow_kill.py."""
from lib_fleet import Kills
from lib_imprint import check, run

ROUNDS, DEVICES = 10, 6


def test_kill(t):
    kills = Kills(t, ROUNDS, DEVICES, seed=1)
    in_flight = sum(kills.round(number) for number in range(ROUNDS))
    print(f"  {ROUNDS} kills, {in_flight} with devices under way", flush=True)
    check(in_flight >= ROUNDS // 2, "most kills came too late to mean anything")
    kills.home.imprint("audit", "--limit", 1)


if __name__ == "__main__":
    run(globals())
