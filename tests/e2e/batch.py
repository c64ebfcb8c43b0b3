"""A factory's batch beside the daemon: the writer's lock is shared fairly."""
from lib_fleet import batch_beside_daemon
from lib_imprint import check, run

# The daemon's commit under way when the job comes may wait for one group, the job's own for another.
GROUPS_MAX = 2


def test_no_commit_waits_for_more_than_one_group(t):
    groups, passed = batch_beside_daemon(t, seconds=8, devices=200)
    check(len(groups) > 50, "the batch hardly wrote:", len(groups), "groups")
    check(max(passed) <= GROUPS_MAX, "a commit waited for", max(passed), "groups")


if __name__ == "__main__":
    run(globals())
