"""What whoever knows one key, or none but a name, can do to the others: not much."""
import subprocess
import time

from lib_coap import CON, POST, URI_PATH, URI_QUERY, Coap, Message, build, parse, text_of
from lib_imprint import BIN, Process, check, equal, need, run, wait_for

HOLD = "imprint: 1\npolicies: [{name: all, hold: not yet}]\n"
KEY = "secretPSKsecret1".encode().hex()
EACH = 4     # sessions that a device may have open at a worker
BURST = 32   # bootstraps that it may begin at once


def prepared(t, **options):
    need("openssl")
    home = t.home(policy=HOLD)
    home.imprint("device", "add", "dev", "--identity", "id", "--psk-file", "-", text=KEY)
    return home, t.daemon(home, **options)


def session(t, daemon):
    """A DTLS session that stays open; what is written to its stdin goes out as one record."""
    return Process(t, "s_client", ["openssl", "s_client", "-dtls1_2", "-connect", daemon.address,
                                   "-psk", KEY, "-psk_identity", "id", "-cipher",
                                   "PSK-AES128-CCM8:@SECLEVEL=0"], stdin=subprocess.PIPE)


def bootstrap_request(mid, endpoint="dev"):
    return build(Message(CON, POST, mid, b"\x01", [(URI_PATH, b"bs"),
                                                   (URI_QUERY, b"ep=" + endpoint.encode())], b""))


def write(process, data):
    process.child.stdin.write(data)
    process.child.stdin.flush()


def count_open(home):
    return home.status()["sessions"]["open"]


def test_a_fifth_session_closes_the_oldest(t):
    home, daemon = prepared(t)
    sessions = []
    for number in range(EACH + 2):
        sessions.append(session(t, daemon))
        wait_for(lambda: home.status()["handshakes"]["established"] == number + 1, 10, "a session")
    wait_for(lambda: count_open(home) == EACH, 10, "the oldest to be closed")
    for one in sessions[:2]:
        wait_for(lambda: not one.is_running(), 10, "the end of an old session")
    write(sessions[2], bootstrap_request(1))
    write(sessions[5], bootstrap_request(2))
    daemon.has(2, result="held", endpoint="dev")
    equal(count_open(home), EACH, "open sessions")
    daemon.end()


def test_a_session_of_an_old_key_is_refused(t):
    """The key was changed because the old one is in wrong hands: sessions of it end too."""
    home, daemon = prepared(t)
    one = session(t, daemon)
    wait_for(lambda: count_open(home) == 1, 10, "a session")
    home.imprint("device", "set", "dev", "--group", "hall")
    write(one, bootstrap_request(1))
    daemon.has(1, result="held", endpoint="dev")
    home.imprint("device", "set", "dev", "--psk-file", "-", text="ff" * 16)
    write(one, bootstrap_request(2))
    equal(daemon.outcome(result="denied")["reason"], "credential_changed", "reason")
    wait_for(lambda: count_open(home) == 0, 10, "the session's end")
    daemon.end()


def test_trace_numbers_sessions(t):
    home, daemon = prepared(t)
    trace = Process(t, "imprint", [BIN / "imprint", "--home", home.path, "trace", "--json"])
    seen = []

    def opened():
        seen[:] = [row["session"] for row in trace.json_lines() if row.get("event") == "opened"]
        return len(seen)
    session(t, daemon)
    wait_for(lambda: count_open(home) == 1, 10, "the first session")
    time.sleep(0.2)
    before = opened()
    session(t, daemon)
    wait_for(lambda: opened() == before + 1, 10, "the second session in the trace")
    check(seen in ([1, 2], [2]), "sessions are not numbered from 1:", seen)
    daemon.end()


def plain_requests(daemon, count):
    """How many of COUNT Bootstrap-Requests for the device were accepted; none may be refused."""
    coap = Coap(daemon.address)
    answers = 0
    for mid in range(1, count + 1):
        coap.send(bootstrap_request(mid))
        data = coap.get(0.3)
        code = text_of(parse(data).code) if data else "0.00"  # silence, or an empty Acknowledgement
        check(code in ("2.04", "0.00"), "refused with", code)
        answers += code == "2.04"
    coap.close()
    return answers


def test_a_name_over_plain_coap_writes_no_history(t):
    home, daemon = prepared(t, listen=("coap://127.0.0.1:0",))
    equal(plain_requests(daemon, 1), 1, "answers")
    daemon.has(1, result="held", endpoint="dev")
    daemon.end()
    equal(home.history("dev"), [], "history")
    daemon = t.daemon(home, listen=("coap://127.0.0.1:0",), extra=("--allow-plain-secrets",))
    equal(plain_requests(daemon, 1), 1, "answers")
    daemon.end()
    equal(len(home.history("dev")), 1, "history where plain CoAP is trusted")


def test_a_name_over_plain_coap_is_paced(t):
    _, daemon = prepared(t, listen=("coap://127.0.0.1:0",))
    begun = time.monotonic()
    answers = plain_requests(daemon, BURST + 8)
    check(BURST <= answers <= BURST + 1 + time.monotonic() - begun, answers, "answers")
    check(answers < BURST + 8, "nothing was held back")
    wait_for(lambda: daemon.events("refused", reason="too_often"), 10, "the log")
    check(len(daemon.events("outcome")) == answers, "outcomes of what was not answered")
    daemon.end()


if __name__ == "__main__":
    run(globals())
