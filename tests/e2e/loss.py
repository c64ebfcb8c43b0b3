"""Sixty devices at once through a relay that loses, doubles and reorders: every one ends. The
measured shares are in slow_loss.py."""
from lib_fleet import check_all_end, check_outcomes, lossy_fleet
from lib_imprint import check, equal, run


def test_no_loss(t):
    counts, home, daemon = lossy_fleet(t, 60, seed=1, loss=0, spread_ms=500, limit_s=20)
    equal(counts["first"], 60, "devices that finish at once")
    check_outcomes(home, daemon, counts)
    daemon.end()


def test_ten_percent(t):
    counts, home, daemon = lossy_fleet(t, 60, seed=2, loss=10, retries=9, spread_ms=1000,
                                       limit_s=100)
    check_all_end(counts)
    equal(counts["failed"], 0, "devices that never got through")
    check(counts["first"] >= 56, "first attempts", counts)
    check_outcomes(home, daemon, counts)
    daemon.end()


def test_reordered_and_doubled(t):
    counts, home, daemon = lossy_fleet(t, 60, seed=3, loss=0, dup=30, late=30, spread_ms=1000,
                                       limit_s=60)
    equal(counts["first"], 60, "devices that finish at the first attempt")
    check_outcomes(home, daemon, counts)
    daemon.end()


if __name__ == "__main__":
    run(globals())
