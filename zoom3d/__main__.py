"""``python -m zoom3d`` is the command ``zoom3d``."""

from zoom3d.cli import main

main()
