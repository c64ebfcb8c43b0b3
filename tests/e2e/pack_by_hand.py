"""Bootstrap-Pack-Request (LwM2M 1.2), by hand on a plain listener: it is always answered, what is in
it is what the store keeps, and the Bootstrap-Request that may follow goes on as ever."""
from lib_coap import (ACCEPT, BLOCK2, CONTENT_FORMAT, GET, POST, Coap, number_of, parse, shows,
                      text_of, uint)
from lib_formats import LWM2M_CBOR, SENML_CBOR, SENML_JSON, TLV, decode, plain
from lib_imprint import check, equal, run, wait_for

ETAG = 4

POLICY = """
imprint: 1
servers:
  main: {id: 101, uri: "coaps://lwm2m.example:5684", lifetime: 1d}
policies:
  - name: held
    match: {endpoint: "held*"}
    hold: not yet
  - name: denied
    match: {endpoint: "denied*"}
    deny: sold
  - name: classic
    match: {endpoint: "classic*"}
    verify: never
    servers: {main: {psk: {bytes: 16, identity: "{endpoint}", renew: always}}}
  - name: packed
    client: {bootstrap-instance: 0}   # where `acc` does not say it
    pack: true
    verify: never
    servers: {main: {psk: {bytes: 16, identity: "{endpoint}", renew: always}}}
"""


def served(t, *endpoints):
    home = t.home(policy=POLICY, settings="imprintd: 1\nallow-plain-secrets: true\n")
    for endpoint in endpoints:
        home.add(endpoint)
    return home, t.daemon(home, listen=("coap://127.0.0.1:0",))


def ask(coap, endpoint, form=SENML_CBOR, mid=1, others=(), queries=()):
    """The answer, its later blocks put behind the first; its ETags."""
    accept = [] if form is None else [(ACCEPT, uint(form))]
    body, tags, number = b"", set(), 0
    while True:
        blocks = [(BLOCK2, uint(number << 4 | 2))] if others == "blocks" else []
        coap.request(GET, "/bspack", [f"ep={endpoint}", *queries], mid=mid + number,
                     others=accept + blocks)
        message = parse(coap.get(5))
        if message.code == 0:  # the answer comes by itself
            message = parse(coap.get(5))
            coap.answer(message, "0.00")
        body += message.payload
        tags |= {value for option, value in message.options if option == ETAG}
        block = number_of(message, BLOCK2)
        if block is None or not block & 8:
            return message, body, tags
        number += 1


def test_every_format(t):
    home, daemon = served(t, "one")
    for number, form in enumerate((SENML_CBOR, SENML_JSON, LWM2M_CBOR, None)):
        coap = Coap(daemon.address)
        message, body, _ = ask(coap, "one", form, queries=["acc=</0/0>"])
        used = number_of(message, CONTENT_FORMAT)
        equal((text_of(message.code), used), ("2.05", form or used), "answer")
        check(used in (SENML_CBOR, SENML_JSON, LWM2M_CBOR), "no format of a pack")
        values = decode(used, body, "/")
        uris = [path for path in values if path.startswith("/0/") and path.endswith("/0")]
        equal(len(uris), 1, "Security instances")
        check(uris[0] != "/0/0", "the bootstrap account is in the pack")
        key = plain(used, values[uris[0][:-1] + "5"], b"").hex()
        outcome = daemon.outcome(number + 1, result="unconfirmed")
        equal((outcome["step"], outcome.get("reason", "")), ("pack", ""), "outcome")
        wait_for(lambda: home.keys("one").get((101, key)) == "unconfirmed", 5,
                 "the key of the pack in the store, unconfirmed")
    daemon.end()


def test_block_by_block(t):
    _, daemon = served(t, "blocks")
    _, body, tags = ask(Coap(daemon.address), "blocks", others="blocks")
    check(len(body) > 64, "too small for blocks")
    equal(len(tags), 1, "ETags of one pack")
    check([path for path in decode(SENML_CBOR, body, "/") if path.startswith("/1/")], "no /1")
    daemon.outcome(result="unconfirmed")
    daemon.end()


def test_refusals(t):
    home, daemon = served(t, "one", "held", "denied", "classic")
    home.imprint("device", "disable", "one")
    for endpoint, form, queries, code in (
            ("held", SENML_CBOR, (), "4.05"),
            ("denied", SENML_CBOR, (), "4.01"),
            ("one", SENML_CBOR, (), "4.01"),                      # disabled
            ("classic", SENML_CBOR, (), "4.05"),                  # `pack: false`
            ("two", TLV, (), "4.06"),
            ("two", 40, (), "4.06"),
            ("two", 65535, (), "4.06"),
            ("two", SENML_CBOR, ("acc=nonsense",), "4.00"),
            ("two", SENML_CBOR, ("ep=other",), "4.00"),
            ("", SENML_CBOR, (), "4.00")):
        message, body, _ = ask(Coap(daemon.address), endpoint, form, queries=queries)
        equal((text_of(message.code), body), (code, b""), f"{endpoint} {form} {queries}")
    seen = wait_for(lambda: [rows for rows in [daemon.events("outcome")] if len(rows) == 5], 5,
                    "the outcomes of those that are denied, of nobody else")[0]
    equal({(row["step"], row["result"]) for row in seen}, {("pack", "denied")}, "outcomes")
    daemon.end()


def test_bootstrap_request_after_a_pack(t):
    """A client to which the pack did not agree asks as ever, on the same session."""
    home, daemon = served(t, "next", "classic")
    coap = Coap(daemon.address)
    for endpoint, code in (("next", "2.05"), ("classic", "4.05")):
        message, _, _ = ask(coap, endpoint)
        equal(text_of(message.code), code, "the pack")
        coap.request(POST, "/bs", [f"ep={endpoint}"], mid=9)
        seen = coap.serve(shows("</>;lwm2m=1.2,</0/0>,</1>,</3/0>"))
        check(seen and seen[-1].code == POST, "no Finish")
        daemon.outcome(result="finished", endpoint=endpoint)
        coap = Coap(daemon.address)
    wait_for(lambda: "active" in home.keys("next").values(), 5, "an active key")
    daemon.end()


if __name__ == "__main__":
    run(globals())
