"""A device that answers garbage: at each step an honest end, with the step and the code in the
outcome, no key that counts where the device may not have it, and a daemon that runs on."""
import time

from lib_coap import (ACCEPT, ACK, BLOCK2, CON, CONTENT_FORMAT, DELETE, GET, POST, PUT, Coap,
                      Message, build, code_of, number_of, parse, path_of, text_of, uint)
from lib_imprint import SLOWNESS, check, equal, run

POLICY = """
imprint: 1
servers:
  main: {id: 101, uri: "coaps://lwm2m.example", lifetime: 1d}
links:
  quick: {ack-timeout: 500ms, max-retransmit: 1, budget: 8s}
policies:
  - name: default
    link: quick
    verify: %s    # this device keeps nothing
    servers: {main: {psk: {bytes: 16, identity: "{endpoint}/{id}"}}}
    on-error: {%s}
"""
SHOWN = b"</>;lwm2m=1.1,</0/0>,</0/1>;ssid=101,</1/0>;ssid=101,</2>,</3/0>"
LINK, TLV = 40, 11542


class Script:
    """A device by hand over plain CoAP: the usual answers, but for one step."""

    def __init__(self, daemon, endpoint):
        self.coap = Coap(daemon.address)
        self.coap.request(POST, "/bs", [f"ep={endpoint}"])
        equal(text_of(parse(self.coap.get(5)).code), "2.04", "answer to the request")
        self.seen, self.mids = [], set()

    def usual(self, request):
        if request.code == GET:
            is_read = number_of(request, ACCEPT) != LINK
            return "2.05", [(CONTENT_FORMAT, uint(TLV if is_read else LINK))], (
                b"" if is_read else SHOWN)
        return {POST: "2.04", PUT: "2.04", DELETE: "2.02"}[request.code], [], b""

    def run(self, step, garbage, is_over):
        """GARBAGE(coap, request) answers whatever begins as STEP, as "GET /"; until IS_OVER()."""
        names = {GET: "GET", POST: "POST", PUT: "PUT", DELETE: "DELETE"}
        end = time.monotonic() + 20 * SLOWNESS
        while not is_over() and time.monotonic() < end:
            data = self.coap.get(0.05)
            request = parse(data) if data else None
            if request is None or request.type != CON or not 1 <= request.code <= 4:
                continue
            word = f"{names[request.code]} {path_of(request)}"
            if request.mid not in self.mids:
                self.seen.append(word)
            self.mids.add(request.mid)
            if word.startswith(step):
                garbage(self.coap, request)
            else:
                self.coap.answer(request, *self.usual(request))
        return self


def answers(code, payload=b"", options=()):
    return lambda coap, request: coap.answer(request, code, list(options), payload)


def raw(data):
    """Octets that are no CoAP, on every copy of the request."""
    return lambda coap, request: coap.send(data)


def wrong_token(coap, request):
    coap.send(build(Message(ACK, code_of("2.04"), request.mid, b"\xde\xad", [], b"")))


def a_request(coap, request):
    """An answer with the code of a request."""
    coap.send(build(Message(ACK, PUT, request.mid, request.token, [], b"")))


def served(t, on_error="", verify="never"):
    home = t.home(policy=POLICY % (verify, on_error))
    return home, t.daemon(home, listen=("coap://127.0.0.1:0",), extra=("--allow-plain-secrets",))


def outcome_of(home, daemon, name, step, garbage, count=1):
    """The COUNT-th bootstrap of NAME: (its outcome, Script)."""
    if count == 1:
        home.imprint("device", "add", name, "--auth", "psk")
    script = Script(daemon, name).run(
        step, garbage, lambda: len(daemon.events("outcome", endpoint=name)) >= count)
    outcome = daemon.outcome(count, endpoint=name)
    home.history(name, count)
    active = [row for row in home.keys(name).values() if row == "active"]
    check(outcome["result"] == "finished" or not active or count > 1, "a key counts:", outcome)
    check(daemon.is_running(), "the daemon is gone")
    script.coap.close()
    return outcome, script


DISCOVERS = (
    ("no link", answers("2.05", b"\x00\xff\xfe<<<>>>;;;===", [(CONTENT_FORMAT, uint(LINK))])),
    ("cut", answers("2.05", SHOWN[:-1], [(CONTENT_FORMAT, uint(LINK))])),
    ("another format", answers("2.05", b"\x9f\xff", [(CONTENT_FORMAT, uint(60))])),
    ("a block that leads nowhere", answers("2.05", b"x" * 16, [(BLOCK2, uint(5 << 4 | 8))])),
    ("a reserved size of blocks", answers("2.05", b"x" * 16, [(BLOCK2, uint(15))])),
    ("another success", answers("2.31")),
)


def test_discover(t):
    """Goes on without what cannot be read, and the outcome says so."""
    home, daemon = served(t)
    for number, (what, garbage) in enumerate(DISCOVERS):
        outcome, script = outcome_of(home, daemon, f"d-{number}", "GET /", garbage)
        equal(outcome["result"], "finished", f"{what}: {outcome}")
        equal(script.seen[-1], "POST /bs", what)
        check(outcome.get("reason"), f"{what} is not told:", outcome)
    daemon.end()


def test_discover_that_shows_nothing(t):
    """Links that can be read and name nothing of ours: the device is taken for empty, and what it
    was written is not there at the end."""
    home, daemon = served(t, verify="changed")
    for number, body in enumerate((b"", b"</0/99999999999999999999>,</0/-1>;ssid=x,</1/65536>",
                                   b"</rd>,</.well-known/core>;ct=40")):
        outcome, script = outcome_of(home, daemon, f"e-{number}", "GET /", answers(
            "2.05", body, [(CONTENT_FORMAT, uint(LINK))]))
        equal((outcome["result"], outcome["step"]), ("failed", "verify"), f"{body}: {outcome}")
        check("POST /bs" not in script.seen, script.seen)
    daemon.end()


def test_discover_that_is_needed(t):
    """`on-error: {discover: stop}`: the end, with the step, and the code where there is one."""
    home, daemon = served(t, "discover: stop")
    for number, (what, garbage) in enumerate((*DISCOVERS[:1], ("a refusal", answers("5.01")))):
        outcome, script = outcome_of(home, daemon, f"n-{number}", "GET /", garbage)
        equal((outcome["result"], outcome["step"]), ("failed", "discover"), f"{what}: {outcome}")
        check(outcome.get("reason"), what)
        check(not [word for word in script.seen if word.startswith(("PUT", "DELETE"))], script.seen)
    equal(daemon.events("outcome", endpoint="n-1")[0]["code"], "5.01", "code")
    daemon.end()


def test_read(t):
    """A Read that cannot be decoded is done without; the accounts are written."""
    home, daemon = served(t)
    for number, garbage in enumerate((
            answers("2.05", b"\xff" * 40, [(CONTENT_FORMAT, uint(TLV))]),
            answers("2.05", b"\x08\x00\xff", [(CONTENT_FORMAT, uint(TLV))]),
            answers("2.05", b"\x9f\x9f\x9f", [(CONTENT_FORMAT, uint(112))]),
            answers("2.05", b"[{]", [(CONTENT_FORMAT, uint(110))]),
            answers("2.05", b"x", [(CONTENT_FORMAT, uint(65000))]),
            answers("2.04"), answers("4.04"))):
        outcome_of(home, daemon, f"r-{number}", "GET /1", answers("4.05"))
        outcome, script = outcome_of(home, daemon, f"r-{number}", "GET /1", garbage, 2)
        equal(outcome["result"], "finished", f"Read {number}: {outcome}")
        check("GET /1" in script.seen, script.seen)
    daemon.end()


CHANGES = (("PUT /0", "write /0/1"), ("PUT /1", "write /1/0"), ("DELETE /", "delete"),
           ("POST /bs", "finish"))


def test_codes(t):
    """Codes that no specification gives: the step and the code are in the outcome."""
    home, daemon = served(t)
    for number, (request, step) in enumerate(CHANGES):
        for code in ("4.03", "5.05", "4.29"):
            name = f"c-{number}-{code}"
            outcome, script = outcome_of(home, daemon, name, request, answers(code))
            check(outcome["result"] == "failed" and outcome["step"].startswith(step),
                  f"{request} answered {code}:", outcome)
            equal((outcome["code"], outcome["reason"]), (code, code), f"{request}: {outcome}")
            if request != "POST /bs":
                check("POST /bs" not in script.seen, script.seen)
    daemon.end()


def test_no_answer_at_all(t):
    """Not CoAP, another's token, a request as an answer: as if nothing had come."""
    home, daemon = served(t)
    for number, (request, step) in enumerate(CHANGES):
        for kind, garbage in (("octets", raw(b"\x40\x01\x02")), ("token", wrong_token),
                              ("request", a_request)):
            if kind != "octets" and number != 0:
                continue
            outcome, _ = outcome_of(home, daemon, f"n-{number}-{kind}", request, garbage)
            wanted = "unconfirmed" if request == "POST /bs" else "failed"
            equal(outcome["result"], wanted, f"{kind} to {request}: {outcome}")
            check(outcome["step"].startswith(step) and outcome["reason"], outcome)
    daemon.end()


def test_strange_successes(t):
    """Any 2.xx is one, whatever it carries."""
    home, daemon = served(t)
    for number, (request, _) in enumerate(CHANGES):
        for code in ("2.01", "2.03", "2.05"):
            outcome, _ = outcome_of(home, daemon, f"s-{number}-{code}", request,
                                    answers(code, b"\xff\x00garbage",
                                            [(CONTENT_FORMAT, uint(60000))]))
            equal(outcome["result"], "finished", f"{code} to {request}: {outcome}")
    daemon.end()


if __name__ == "__main__":
    run(globals())
