"""Over plain CoAP no secret of any object is sent, whatever its type, unless it was said by name."""
import time

from lib_coap import POST, PUT, Coap
from lib_imprint import BIN, check, equal, run, wait_for

DEFINITION = """<?xml version="1.0" encoding="UTF-8"?>
<LWM2M><Object ObjectType="MODefinition"><Name>Door</Name><ObjectID>26241</ObjectID>
<MultipleInstances>Single</MultipleInstances><Mandatory>Optional</Mandatory><Resources>
<Item ID="0"><Name>Password</Name><Operations>RW</Operations><MultipleInstances>Single</MultipleInstances>
<Mandatory>Optional</Mandatory><Type>String</Type></Item>
<Item ID="1"><Name>PIN</Name><Operations>RW</Operations><MultipleInstances>Single</MultipleInstances>
<Mandatory>Optional</Mandatory><Type>Integer</Type></Item>
<Item ID="2"><Name>Colour</Name><Operations>RW</Operations><MultipleInstances>Single</MultipleInstances>
<Mandatory>Optional</Mandatory><Type>String</Type></Item>
</Resources></Object></LWM2M>
"""

POLICY = """
imprint: 1
servers:
  main: {id: 101, uri: "coap://lwm2m.example", lifetime: 1d}
policies:
  - name: door
    client: {discover: false, format: senml-json, objects: [/26241]}
    verify: never
    servers: {main: {nosec: true}}
    write: {/26241/0: {%s}}
"""


def served(t, name, write, *options):
    home = t.home(name, policy=POLICY % write)
    (home.path / "objects").mkdir()
    (home.path / "objects" / "26241.xml").write_text(DEFINITION)
    return home, t.daemon(home, listen=("coap://127.0.0.1:0",), extra=options)


def ask(daemon):
    """The outcome, and what the Writes carried."""
    coap = Coap(daemon.address)
    coap.request(POST, "/bs", ["ep=door"])
    seen = coap.serve(None, seconds=2)
    coap.close()
    outcome = daemon.outcome(1, endpoint="door")
    return outcome, b"".join(message.payload for message in seen if message.code == PUT)


def bootstrap(t, name, write, *options):
    _, daemon = served(t, name, write, *options)
    result = ask(daemon)
    daemon.end()
    return result


def test_a_text_and_a_number_are_secrets_too(t):
    for name, write in (("text", "0: hunter2"), ("number", "1: 4711081547110815")):
        outcome, written = bootstrap(t, name, write)
        equal(outcome["result"], "failed", name)
        check("secrets over plain coap" in outcome["reason"], outcome)
        equal(written, b"", name)


def test_what_is_no_secret_is_sent(t):
    outcome, written = bootstrap(t, "plain", "2: hunter2")
    equal(outcome["result"], "finished", outcome)
    check(b"hunter2" in written, written)


def test_said_by_name(t):
    outcome, written = bootstrap(t, "named", "0: hunter2", "--allow-plain-secrets")
    equal(outcome["result"], "finished", outcome)
    check(b"hunter2" in written, written)


def test_a_trace_shows_no_pin(t):
    home, daemon = served(t, "traced", "1: 4711081547110815", "--allow-plain-secrets")
    trace = t.process("trace", [BIN / "imprint", "--home", home.path, "trace", "--json"])
    time.sleep(0.3)
    equal(ask(daemon)[0]["result"], "finished", "result")
    wait_for(lambda: "/26241/0/1" in trace.out(), 10, "the Write in the trace")
    daemon.end()
    check("(number)" in trace.out() and "4711081547110815" not in trace.out(), trace.out())


if __name__ == "__main__":
    run(globals())
