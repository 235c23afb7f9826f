"""What the planner is compared with, on the same data and the same budget; all behind `evaluation.policy.Policy`."""
