"""Named things to do, rehearsed in the world model before one of them is done."""

from wm_core.skills.named import named_skills
from wm_core.skills.rated import RatedSkill
from wm_core.skills.skill import Skill

__all__ = ["RatedSkill", "Skill", "named_skills"]
