"""`python -m wm_core.cli` is `wm`."""

from wm_core.cli.app import main

main()
