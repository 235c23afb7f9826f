"""For every test: ROS stays on this machine, in a domain of its own. Nothing here may ever move somebody's real arm."""

import os
import signal

# Domains 60 to 99 keep clear of the default 0; the process number keeps two test runs on one machine apart.
os.environ["ROS_DOMAIN_ID"] = os.environ.get("WM_TEST_DOMAIN_ID") or str(60 + os.getpid() % 40)
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# A shell that runs the tests in the background has them ignore SIGINT, and so would every process that they start:
# but stopping by SIGINT is what many of them are about.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
