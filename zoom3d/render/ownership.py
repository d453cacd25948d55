"""GL objects that are released when a stack closes."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Protocol, TypeVar

from zoom3d.render import shader

if TYPE_CHECKING:
    import moderngl


class _Releasable(Protocol):
    def release(self) -> None: ...


Owned = TypeVar("Owned", bound=_Releasable)


def owned_by(stack: ExitStack, thing: Owned) -> Owned:
    """``thing``, released when ``stack`` closes."""
    stack.callback(thing.release)
    return thing


def target_texture(
    context: moderngl.Context, size: tuple[int, int], components: int, dtype: str, stack: ExitStack
) -> moderngl.Texture:
    """A texture to be drawn into, and then looked up within its borders."""
    texture = owned_by(stack, context.texture(size, components, dtype=dtype))
    texture.repeat_x = texture.repeat_y = False
    return texture


def screen_pass(context: moderngl.Context, name: str, stack: ExitStack, defines: tuple[str, ...] = ()) -> moderngl.VertexArray:
    """The pass ``name`` over a whole target; render three vertices of it as triangles."""
    return owned_by(stack, context.vertex_array(owned_by(stack, shader.program(context, name, defines=defines)), []))
