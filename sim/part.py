"""The part on the table: what it is like, and how it gets into the simulator."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sim.quiet import quiet_output

with quiet_output():
    import pybullet
    from pybullet_utils.bullet_client import BulletClient


@dataclass(frozen=True)
class Part:
    """A cube; the default is PyBullet's own `cube_small.urdf`, which the shipped reach model has seen.

    size: m, its edge; mass: kg; friction: lateral, against anything; spin_friction: m, against turning on the spot;
    damping: of its motion, per s; inertia: as a multiple of what a solid cube has.
    stretch: edges along its own axes as multiples of `size` (a damaged package is not a cube).
    """

    size: float = 0.05
    mass: float = 0.1
    friction: float = 1.0
    spin_friction: float = 0.0
    damping: float = 0.04
    inertia: float = 3.0
    colour: tuple[float, float, float] = (0.85, 0.15, 0.1)
    stretch: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def load(self, client: BulletClient) -> int:
        """Puts it into the simulator; returns its body number."""
        edges = 0.5 * self.size * np.array(self.stretch)
        shape = client.createCollisionShape(pybullet.GEOM_BOX, halfExtents=edges)
        visual = client.createVisualShape(pybullet.GEOM_BOX, halfExtents=edges, rgbaColor=[*self.colour, 1.0])
        body = client.createMultiBody(self.mass, shape, visual, [0.5, 0.0, edges[2]])
        solid = np.array(client.getDynamicsInfo(body, -1)[2])
        client.changeDynamics(
            body,
            -1,
            localInertiaDiagonal=self.inertia * solid,
            lateralFriction=self.friction,
            spinningFriction=self.spin_friction,
            linearDamping=self.damping,
            angularDamping=self.damping,
        )
        return body


# Heavy, rough and damped: it moves only while it is pushed, so that one action explains one displacement.
WORK_PIECE = Part(size=0.046, mass=0.3, friction=0.9, spin_friction=0.002, damping=0.9, inertia=1.0)


def random_part(random: np.random.Generator, strength: float, plain: Part) -> Part:
    """One of another size, mass, friction and colour; strength 0 is `plain` itself, 1 the widest spread."""
    colour = np.array(plain.colour) + strength * random.uniform(-0.25, 0.25, 3)
    return replace(
        plain,
        size=plain.size * (1.0 + strength * random.uniform(-0.12, 0.12)),
        mass=plain.mass * (1.0 + strength * random.uniform(-0.4, 0.4)),
        friction=plain.friction * (1.0 + strength * random.uniform(-0.2, 0.2)),
        colour=tuple(float(value) for value in np.clip(colour, 0.0, 1.0)),
    )
