"""A configuration to begin with: every setting with its default, explained, and examples of what is yours to give."""

from collections.abc import Iterator
from typing import Final

from offtake.settings.plugged import Plugins
from offtake.settings.shape import Shape, write

HEAD: Final = """\
# Offtake's configuration. What is commented out shows the default; remove the '#' to change it.
# Any setting can come from the environment: OFFTAKE_ and its path joined by '_', such as OFFTAKE_SERVER_PORT.
# In texts ${NAME} is replaced by that environment variable. `offtake check` tells what is wrong, and what is in force.
"""

YOURS: Final = """\
# The databases that datasets are read from. The URL tells the kind; a relative path begins where this file lies.
sources:
  # hotel:
  #   url: postgresql://reader:${DB_PASSWORD}@db.example:5432/hotel

# What can be exported. A dataset is a table or view (or a SELECT of your own, under sql:). It says whose rows they are
# by the column that holds the tenant's id (tenant:), by several columns (scope:), or as everybody's (shared: true).
datasets:
  # bookings:
  #   source: hotel
  #   table: bookings
  #   tenant: tenant_id
  #   key: [id]
  #   change: updated_at
  #   description: Every booking, one row each.
  #   fields:
  #     id: {type: integer, nullable: false, filter: true}
  #     guest: {type: text, column: guest_name, access: [personal]}
  #     status: {type: text, filter: [eq, in]}
  #     total: {type: decimal, description: The price in the booking's currency.}
  #     updated_at: {type: timestamp, nullable: false, filter: true}

# Who may export. A tenant sees the rows that bear its id, unless its scope names others.
tenants:
  # acme:
  #   name: Acme Hotels
  #   datasets: [bookings]
  #   grants: [personal]
"""

OPERATORS: Final = frozenset({"sources", "datasets", "tenants"})


def template(known: Plugins | None = None) -> str:
    """The text of a new `offtake.yaml`; with the plug-ins known, it shows the options of the default storage too."""
    shape = Shape.of(known or Plugins())
    sections = [_section(name, one) for name, one in shape.members().items() if name not in OPERATORS]
    return "\n".join([HEAD, *sections, YOURS])


def _section(name: str, shape: Shape) -> str:
    lines = [f"# {shape.description()}", f"{name}:"]
    for member, one in shape.members().items():
        lines += _setting(member, one)
    return "\n".join(lines) + "\n"


def _setting(name: str, shape: Shape) -> Iterator[str]:
    if below := shape.members():
        yield f"  # {shape.description()}"
        yield f"  {name}:"
        for member, one in below.items():
            yield from (f"  {line}" for line in _setting(member, one))
        return
    value = shape.default()
    if value is None:
        value = shape.example()
    yield f"  # {shape.description()}"
    yield f"  # {name}: {write(value)}"
