"""PyBullet arms, cameras and scenes behind the same protocols as a real arm."""
