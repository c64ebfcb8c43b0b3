"""A thousand seeded bootstraps at 10% loss each way: 99% finish at the first attempt, all of them
with the device's retries."""
from lib_fleet import check_all_end, check_outcomes, lossy_fleet
from lib_imprint import check, equal, run

DEVICES, LOSS_PERCENT, FIRST_PERCENT = 1000, 10, 99


def test_a_thousand(t):
    counts, home, daemon = lossy_fleet(t, DEVICES, seed=10, loss=LOSS_PERCENT, retries=9,
                                       spread_ms=10000, limit_s=280, workers=2)
    check_all_end(counts)
    check(counts["first"] * 100 >= DEVICES * FIRST_PERCENT, "first attempts:", counts)
    equal(counts["failed"], 0, "devices that never got through")
    check_outcomes(home, daemon, counts)
    daemon.end()


if __name__ == "__main__":
    run(globals())
