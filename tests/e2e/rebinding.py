"""A NAT that gives the device another port in the middle of a bootstrap. There is no Connection ID:
the run stalls, and the device's next attempt, a new handshake, gets through."""
import select
import socket
import threading

from lib_imprint import check, equal, run, wait_for


class Nat:
    """Passes datagrams on; after COUNT of the server's it takes a new port towards the server, once."""

    def __init__(self, address, count):
        host, port = address.rsplit(":", 1)
        self.server = (host, int(port))
        self.count = count
        self.inside = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.inside.bind(("127.0.0.1", 0))
        self.bound = "127.0.0.1:%d" % self.inside.getsockname()[1]
        self.outside = self.open()
        self.ports = [self.outside.getsockname()[1]]
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self.pass_on, daemon=True)
        self.thread.start()

    def open(self):
        outside = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        outside.bind(("127.0.0.1", 0))
        return outside

    def pass_on(self):
        device = None
        while not self.ending.is_set():
            ready, _, _ = select.select([self.inside, self.outside], [], [], 0.05)
            if self.inside in ready:
                data, device = self.inside.recvfrom(65536)
                self.outside.sendto(data, self.server)
            if self.outside in ready:
                self.inside.sendto(self.outside.recv(65536), device)
                self.count -= 1
                if self.count == 0:
                    self.outside.close()
                    self.outside = self.open()
                    self.ports.append(self.outside.getsockname()[1])

    def end(self):
        self.ending.set()
        self.thread.join()
        self.inside.close()
        self.outside.close()


def test_another_port_in_a_bootstrap(t):
    home = t.home()
    device = home.add("moved")
    daemon = t.daemon(home)
    nat = Nat(daemon.address, 5)  # cookie, ServerHello, Finished, answer to /bs, Discover
    result = device.bootstrap(nat.bound, "--timeout", 3, "--retries", 2).finished()
    nat.end()
    equal(len(nat.ports), 2, "ports")
    equal(result.outcome["attempts"], 2, "attempts")
    wait_for(lambda: len(daemon.events("outcome")) >= 2, 10, "two outcomes")
    outcomes = [(row["result"], row["peer"].rsplit(":", 1)[1]) for row in daemon.events("outcome")]
    equal(outcomes[-1], ("finished", str(nat.ports[1])), f"outcomes {outcomes}")
    equal(outcomes[0], ("superseded", str(nat.ports[0])), f"outcomes {outcomes}")
    check(home.keys("moved"), "no key is known")
    daemon.end()


if __name__ == "__main__":
    run(globals())
