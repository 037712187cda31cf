"""The whole configuration as one documented frozen tree: `offtake.yaml` and `OFFTAKE_*` of the environment.

    document.py      YAML text -> plain values, with the line and column of each
    environment.py   ${NAME} filled in; OFFTAKE_* laid over the plain values
    tree.py          the tree: every setting with its type, default and description
    entries.py       what stands under names the operator chose: sources, datasets, tenants
    plugged.py       a plug-in's own options, read into its own dataclass
    typed.py         plain values -> the tree
    rules.py         what types cannot say: names that must exist, members that exclude each other
    dialects.py      what only dialects can say of their settings, and the datasets that these name
    select.py        operator-written SQL: one SELECT, its parameters declared
    shape.py         the JSON Schema, and the questions that cures ask of it
    anchored.py      relative paths -> absolute ones
    effective.py     every setting in force, as it may be shown
    problem.py       what is wrong, where, and the cure
    values.py        the tree -> values of the core
    template.py      a configuration to begin with

`load` runs them and reports every mistake of all of them at once.
"""

from offtake.settings.environment import CONFIG_VARIABLE
from offtake.settings.load import Loaded, load, masked
from offtake.settings.plugged import DialectKind, Plugins, SourceKind
from offtake.settings.problem import BadConfiguration, Origin, Problem
from offtake.settings.shape import schema
from offtake.settings.template import template
from offtake.settings.tree import Settings
from offtake.settings.values import datasets, split, tenants

__all__ = [
    "CONFIG_VARIABLE",
    "BadConfiguration",
    "DialectKind",
    "Loaded",
    "Origin",
    "Plugins",
    "Problem",
    "Settings",
    "SourceKind",
    "datasets",
    "load",
    "masked",
    "schema",
    "split",
    "template",
    "tenants",
]
