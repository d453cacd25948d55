"""From a plan to clips: somebody makes them, the manifest remembers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from zoom3d import depth, inpaint
from zoom3d.batch import local
from zoom3d.depth import AUTO, BUILTIN

if TYPE_CHECKING:
    from zoom3d.batch.manifest import Manifest, Record
    from zoom3d.batch.plan import Plan
    from zoom3d.batch.store import Store
    from zoom3d.types import Progress


def here(plan: Plan, store: Store, manifest: Manifest, jobs: int, progress: Progress | None = None) -> Iterator[Record]:
    """Make what ``plan`` says on this machine, ``jobs`` photographs at a time. Closing the iterator stops the work."""
    for name in {clip.settings.inpaint for _, clip in plan.clips}:
        inpaint.load(name)  # fails early
    sources = {clip.settings.depth_source for _, clip in plan.clips if clip.settings.depth is None}
    without = {source.model for source in sources if depth.make_ready(source, progress) == BUILTIN}
    yield from _remembered(local.make(plan.photographs, store, jobs, offline=AUTO in without), manifest)


def on_cluster(plan: Plan, store: Store, manifest: Manifest, address: str) -> Iterator[Record]:
    """Make what ``plan`` says on the Ray cluster at ``address``."""
    from zoom3d.batch import cluster

    yield from _remembered(cluster.make(plan.photographs, store, address), manifest)


def _remembered(made: Iterator[Record], manifest: Manifest) -> Iterator[Record]:
    with closing(made):  # type: ignore[type-var]
        for record in made:
            manifest.append(record)
            yield record
