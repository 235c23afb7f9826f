"""For every test: ROS stays on this machine, in a domain of its own. Nothing here may ever move somebody's real arm."""

import itertools
import os
import signal
from collections.abc import Iterator

import pytest

# Domains 1 to 100 keep clear of the default 0; the process number keeps two test runs on one machine apart.
_DOMAINS = itertools.cycle(range(1, 101))
for _ in range(os.getpid() % 100):
    next(_DOMAINS)

os.environ["ROS_DOMAIN_ID"] = str(next(_DOMAINS))
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# A shell that runs the tests in the background has them ignore SIGINT, and so would every process that they start:
# but stopping by SIGINT is what many of them are about.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="module", autouse=True)
def own_domain() -> Iterator[None]:
    """A domain that no earlier file of tests has used.

    On localhost Fast DDS finds the first few dozen participants of a domain only, and a participant of a closed node may
    linger: after some hundred nodes in one process, newcomers are found late or not at all.
    """
    os.environ["ROS_DOMAIN_ID"] = str(next(_DOMAINS))
    yield
