"""Thirty percent loss each way with doubles and reordering: every attempt ends, finished or honestly
failed, and every device gets through in the end."""
from lib_fleet import check_all_end, check_outcomes, lossy_fleet
from lib_imprint import equal, run


def test_three_hundred(t):
    counts, home, daemon = lossy_fleet(t, 300, seed=30, loss=30, dup=20, late=30, retries=30,
                                       spread_ms=10000, limit_s=700, workers=2)
    check_all_end(counts)
    equal(counts["failed"], 0, "devices that never got through")
    check_outcomes(home, daemon, counts)
    daemon.end()


if __name__ == "__main__":
    run(globals())
