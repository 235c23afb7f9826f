"""For every test: ROS stays on this machine, in a domain of its own. Nothing here may ever move somebody's real arm."""

import os

# Domains 60 to 99 keep clear of the default 0; the process number keeps two test runs on one machine apart.
os.environ["ROS_DOMAIN_ID"] = os.environ.get("WM_TEST_DOMAIN_ID") or str(60 + os.getpid() % 40)
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
