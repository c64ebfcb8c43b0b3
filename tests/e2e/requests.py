"""What a client may ask of the server, and when: CoAP by hand on a plain listener."""
import time

from lib_coap import (ACCEPT, CON, CONTENT_FORMAT, DELETE, GET, NON, POST, PUT, URI_PATH, Coap,
                      number_of, parse, path_of, shows, shows_blocks, text_of, uint)
from lib_imprint import check, equal, run, wait_for

POLICY = """
imprint: 1
servers:
  main: {id: 101, uri: "coap://lwm2m.example", lifetime: 1d}
links:
  quick: {ack-timeout: 1s, budget: 5s}
policies:
  - name: quick
    match: {endpoint: "quick*"}
    link: quick
    verify: never          # the peer shows the same whatever it was told
    servers: {main: {nosec: true}}
  - name: default
    verify: never
    servers: {main: {nosec: true}}
"""

HOLD = "imprint: 1\npolicies: [{name: all, hold: not yet}]\n"  # accepted; nothing follows

DISCOVER = shows("</>;lwm2m=1.1,</0/0>,</0/1>;ssid=9,</1/0>;ssid=9,</3/0>")
ALL = ["GET /", "DELETE /0", "DELETE /1", "PUT /0/1", "PUT /1/0", "POST /bs"]


def served(t, policy=POLICY):
    return t.daemon(t.home(policy=policy), listen=("coap://127.0.0.1:0",))


def asked(messages):
    names = {GET: "GET", POST: "POST", PUT: "PUT", DELETE: "DELETE"}
    return [f"{names[message.code]} {path_of(message)}" for message in messages]


def answer_to(daemon, method, path, queries=(), kind=CON, others=()):
    """(code, payload) of the first answer, on a socket of its own."""
    coap = Coap(daemon.address)
    coap.request(method, path, queries, kind=kind, others=others)
    data = coap.get(5)
    coap.close()
    check(data, f"no answer to {path} {queries}")
    message = parse(data)
    equal((message.mid == 1, message.token), (kind == CON, b"\x01"), f"answer to {queries}")
    return text_of(message.code), message.payload


def test_parameters_of_the_bootstrap_request(t):
    daemon = served(t, HOLD)
    for queries, code in (
            (["ep=a"], "2.04"),
            (["ep=a1", "pct=112"], "2.04"),
            (["pct=11542", "ep=a2"], "2.04"),          # any order
            (["ep=a3", "pct=110"], "2.04"),
            (["ep=a4", "pct=11543"], "2.04"),          # JSON of LwM2M 1.0
            (["ep=a5", "pct=11544"], "2.04"),
            (["ep=a6", "b=U", "x"], "2.04"),           # other parameters are ignored
            (["ep=a7", "pct=60"], "4.15"),             # carries no instance
            (["ep=a7", "pct=40"], "4.15"),
            (["ep=a7", "pct=99"], "4.15"),
            (["ep=a7", "pct=65535"], "4.15"),
            (["ep=a7", "pct=99999"], "4.15"),
            (["ep=a7", "pct=abc"], "4.00"),
            (["ep=a7", "pct=-1"], "4.00"),
            (["ep=a7", "pct="], "4.00"),
            (["ep=a7", "pct=112", "pct=112"], "4.00"),
            ([], "4.00"),                              # nothing else tells who asks
            (["ep="], "4.00"),
            (["ep=a", "ep=a"], "4.00"),
            (["ep=a", "ep=b"], "4.00"),
            ([b"ep=\xff\xfe"], "4.00"),                # no UTF-8
            ([b"ep=a\x00b"], "4.00"),
            ([b"ep=a\nb"], "4.00"),
            ([b"ep=\xc3\xbcber"], "2.04"),
            (["ep=" + "e" * 252], "2.04"),             # the largest Uri-Query
            (["ep=" + "e" * 253], "4.02")):            # RFC 7252 5.4.3: critical, too long
        equal(answer_to(daemon, POST, "/bs", queries)[0], code, f"answer to {queries}")
    equal(answer_to(daemon, POST, "/bs", ["ep=non"], kind=NON)[0], "2.04", "Non-confirmable")
    for others, code in (([(3, b"bs.example"), (7, b"\x16\x34")], "2.04"),     # Uri-Host, Uri-Port
                         ([(ACCEPT, b"\x3c"), (CONTENT_FORMAT, b"\x2a")], "2.04"),
                         ([(60, b"\x10"), (252, b"echo"), (292, b"tag")], "2.04"),  # elective
                         ([(9, b"")], "4.02"), ([(35, b"coap://x")], "4.02")):   # OSCORE, Proxy-Uri
        equal(answer_to(daemon, POST, "/bs", ["ep=options"], others=others)[0], code, f"{others}")
    daemon.end()


def test_resources(t):
    """lwm2m-bootstrap.md section 11, 1: /bs, /bspack answered at once, nothing else."""
    daemon = served(t, HOLD)
    for method, path, code in ((GET, "/bs", "4.05"), (PUT, "/bs", "4.05"),
                               (GET, "/bspack", "4.05"), (POST, "/bspack", "4.05"),
                               (GET, "/.well-known/core", "2.05"), (POST, "/rd", "4.04"),
                               (GET, "/", "4.04"), (GET, "/bs/x", "4.04"), (GET, "/0/0", "4.04")):
        equal(answer_to(daemon, method, path, ["ep=a"])[0], code, f"{method} {path}")
    daemon.end()


def test_the_same_request_twice(t):
    """One Message ID: the same octets again, and one bootstrap (RFC 7252 4.5)."""
    daemon = served(t)
    coap = Coap(daemon.address)
    data = coap.request(POST, "/bs", ["ep=twice"])
    first, discover = coap.get(5), parse(coap.get(5))
    coap.send(data)
    equal(coap.get(5), first, "answer to the duplicate")
    DISCOVER(coap, discover)
    equal(asked([discover] + coap.serve(DISCOVER)), ALL, "requests")
    coap.send(data)
    equal(coap.get(5), first, "answer to a duplicate after Finish")
    equal(coap.get(0.3), None, "what follows a duplicate")
    equal(len(daemon.events("outcome")), 1, "outcomes")
    daemon.end()


def test_a_new_request_starts_over(t):
    """Another Message ID, the same token, while a request of the old run is unanswered."""
    daemon = served(t)
    coap = Coap(daemon.address)
    coap.request(POST, "/bs", ["ep=over"], mid=1)
    accepted, old = parse(coap.get(5)), parse(coap.get(5))
    equal((text_of(accepted.code), asked([old])), ("2.04", ["GET /"]), "first run")
    coap.request(POST, "/bs", ["ep=over"], mid=2)
    accepted, new = parse(coap.get(5)), parse(coap.get(1))
    equal((text_of(accepted.code), asked([new])), ("2.04", ["GET /"]), "second run")
    check(new.mid != old.mid and new.token != old.token, "the old request again")
    DISCOVER(coap, old)
    DISCOVER(coap, new)
    equal(asked([new] + coap.serve(DISCOVER)), ALL, "requests of the second run")
    equal(coap.get(3.5), None, "a retransmission of the old run")
    results = [row["result"] for row in daemon.events("outcome")]
    equal(results, ["superseded", "finished"], "outcomes")
    daemon.end()


def test_a_new_request_counts_though_it_is_held(t):
    """Policies changed since: what the old ones began is not carried on."""
    home = t.home(policy=POLICY)
    daemon = t.daemon(home, listen=("coap://127.0.0.1:0",))
    coap = Coap(daemon.address)
    coap.request(POST, "/bs", ["ep=over"], mid=1)
    coap.get(5)
    old = parse(coap.get(5))
    home.policy(HOLD)
    home.imprint("reload")
    coap.request(POST, "/bs", ["ep=over"], mid=2)
    equal(text_of(parse(coap.get(5)).code), "2.04", "answer to a held device")
    DISCOVER(coap, old)
    equal(coap.get(3.5), None, "a request of the old run")
    equal([row["result"] for row in daemon.events("outcome")], ["superseded", "held"], "outcomes")
    daemon.end()


def test_what_our_requests_carry(t):
    """lwm2m-bootstrap.md section 3: Confirmable, Accept and Content-Format where they belong."""
    daemon = served(t)
    coap = Coap(daemon.address)
    coap.request(POST, "/bs", ["ep=options"])
    coap.get(5)
    seen = coap.serve(DISCOVER)
    equal(asked(seen), ALL, "requests")
    for message in seen:
        method = message.code
        equal(message.type, CON, "type")
        accept = 40 if path_of(message) == "/" else 11542
        equal(number_of(message, ACCEPT), accept if method == GET else None, "Accept")
        equal(number_of(message, CONTENT_FORMAT), 11542 if method == PUT else None, "format")
        equal({number for number, _ in message.options} - {URI_PATH, CONTENT_FORMAT, ACCEPT},
              set(), "other options")
        equal(bool(message.payload), method == PUT, "a payload")
    daemon.end()


class Kept:
    """A device that keeps what it is written: what GET gives, before and after."""

    def __init__(self):
        self.held = {}

    def tlv(self, path):
        """Its one instance, as the answer to a Read of the object."""
        body = self.held.get(path, b"")
        return bytes([0x08, 0, len(body)]) + body if body else b""

    def answer(self, coap, request):
        if path_of(request) == "/1":
            coap.answer(request, "2.05", [(CONTENT_FORMAT, uint(11542))], self.tlv("/1/0"))
            return
        links = [f"<{path}>;ssid=101" for path in self.held]
        shows(",".join(["</>;lwm2m=1.1", "</0/0>", *(links or ["</1>"])]))(coap, request)

    def take(self, request):
        if request.code == PUT:
            self.held[path_of(request)] = request.payload


def test_the_whole_flow(t):
    """Discover, Writes, the verifying Discover and Read, Finish: and what each of them carries. The
    second bootstrap reads first, and changes nothing."""
    home = t.home(policy=POLICY.replace("    verify: never\n    servers", "    servers"))
    home.imprint("device", "add", "flow", "--auth", "psk")
    daemon = t.daemon(home, listen=("coap://127.0.0.1:0",), extra=("--allow-plain-secrets",))
    device = Kept()
    flows = (["GET /", "PUT /0/1", "PUT /1/0", "GET /", "GET /1", "POST /bs"],
             ["GET /", "GET /1", "POST /bs"])
    for count, flow in enumerate(flows, 1):
        coap = Coap(daemon.address)
        coap.request(POST, "/bs", ["ep=flow"])
        equal(text_of(parse(coap.get(5)).code), "2.04", "answer")
        seen = coap.serve(device.answer, taken=device.take)
        equal(asked(seen), flow, "requests")
        for message in seen:
            word = f"{message.code} {path_of(message)}"
            wanted = {f"{GET} /": (40, None), f"{GET} /1": (11542, None),
                      f"{POST} /bs": (None, None)}.get(word, (None, 11542))
            equal((number_of(message, ACCEPT), number_of(message, CONTENT_FORMAT)), wanted, word)
            equal((message.type, bool(message.payload)), (CON, message.code == PUT), word)
        home.history("flow", count)
        coap.close()
    equal([(row["result"], row.get("reason", "")) for row in daemon.events("outcome")],
          [("finished", "")] * 2, "outcomes")
    daemon.end()


def test_nothing_is_sent_after_the_outcome(t):
    """A run whose budget is over leaves no request behind that a late device could still take."""
    daemon = served(t)
    coap = Coap(daemon.address)
    begun = time.monotonic()
    coap.request(POST, "/bs", ["ep=quick"])
    coap.get(5)
    DISCOVER(coap, parse(coap.get(5)))
    equal(asked([parse(coap.get(5))]), ["DELETE /0"], "what stays unanswered")
    outcome = daemon.outcome(result="failed", endpoint="quick")
    equal((outcome["step"], outcome["reason"]), ("delete /0", "budget"), "outcome")
    check(time.monotonic() - begun < 8, "the budget was exceeded")
    while coap.get(0):
        pass
    equal(coap.get(8), None, "a datagram after the outcome")
    daemon.end()


def test_a_discover_answer_that_never_ends(t):
    """More than the server collects: it goes on without."""
    daemon = served(t)
    coap = Coap(daemon.address)
    coap.request(POST, "/bs", ["ep=long"])
    text = ",".join(f"</3303/{number}>" for number in range(6000))
    seen = [message for message in coap.serve(shows_blocks(text)) if message.code != GET]
    equal(asked(seen), ALL[1:], "requests after Discover")
    outcome = wait_for(lambda: daemon.events("outcome"), 5, "an outcome")[0]
    equal((outcome["result"], outcome["reason"]), ("finished", "without discover"), "outcome")
    daemon.end()


if __name__ == "__main__":
    run(globals())
