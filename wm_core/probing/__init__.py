"""Detectors of a model that looks trained and is not: what `wm probe` prints."""

from wm_core.probing.result import Detector, ProbeReport
from wm_core.probing.suite import probe_episodes, probe_pairs

__all__ = ["Detector", "ProbeReport", "probe_episodes", "probe_pairs"]
