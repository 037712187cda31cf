"""Relative paths are meant from where the configuration file lies, wherever a process is started."""

from dataclasses import fields, is_dataclass, replace
from pathlib import Path

from offtake.settings.plugged import DIRECTORY, Plugins, SourceSettings, scheme
from offtake.settings.tree import Settings

STORE_FILES = "sqlite"
"""The scheme of a store that is a file."""


def anchored(settings: Settings, known: Plugins, folder: Path) -> Settings:
    """The tree with every relative path made absolute from `folder`."""
    store, secrets, storage = settings.store, settings.secrets, settings.storage
    url = _url(store.url, folder) if scheme(store.url) == STORE_FILES else store.url
    return settings.model_copy(
        update={
            "store": store.model_copy(update={"url": url}),
            "secrets": secrets.model_copy(update={"key_file": str(folder / secrets.key_file)}),
            "storage": replace(storage, options=_options(storage.options, folder)),
            "sources": {name: _source(one, known, folder) for name, one in settings.sources.items()},
        }
    )


def _source(source: SourceSettings, known: Plugins, folder: Path) -> SourceSettings:
    kind = known.sources[source.scheme]
    url = _url(source.url, folder) if kind.file else source.url
    return replace(source, url=url, options=_options(source.options, folder))


def _options(options: object, folder: Path) -> object:
    if not is_dataclass(options) or isinstance(options, type):
        return options
    folders = [one.name for one in fields(options) if one.name == DIRECTORY]
    return replace(options, **{name: str(folder / getattr(options, name)) for name in folders})


def _url(url: str, folder: Path) -> str:
    """`scheme:///path` is relative, `scheme:////path` absolute."""
    head, mark, path = url.partition(":///")
    return url if not mark or path.startswith("/") else f"{head}:///{folder / path}"
