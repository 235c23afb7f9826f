"""What only an NVIDIA GPU can show. Without one every test here is skipped, and says so: `scripts/test tests/cuda` where there is one."""

import pytest
import torch


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if torch.cuda.is_available():
        return
    for item in items:
        if item.path.parent.name == "cuda":
            item.add_marker(pytest.mark.skip(reason="torch finds no NVIDIA GPU"))
