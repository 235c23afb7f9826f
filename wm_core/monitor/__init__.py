"""The uncertainty gate: notices when what is seen is not what the model knows, and has the arm hold."""

from wm_core.monitor.calibrate import calibrate
from wm_core.monitor.config import GateConfig
from wm_core.monitor.files import gate_files
from wm_core.monitor.gate import GateVerdict, SurpriseGate
from wm_core.monitor.store import GateError, load_gate, read_gate, save_gate

__all__ = ["GateConfig", "GateError", "GateVerdict", "SurpriseGate", "calibrate", "gate_files", "load_gate", "read_gate", "save_gate"]
