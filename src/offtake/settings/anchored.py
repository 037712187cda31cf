"""Relative paths are meant from where the configuration file lies, wherever a process is started."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from urllib.parse import unquote

from offtake.settings.plugged import DIRECTORY, Plugins, SourceSettings, scheme
from offtake.settings.problem import Finding
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


def no_store(settings: Settings, known: Plugins) -> Iterator[Finding]:
    """Yield every source that is the control store's own file, of a tree with absolute paths.

    Two libraries read them, and a process that closes a file lets go of every lock that it has on it.
    """
    if scheme(settings.store.url) != STORE_FILES:
        return
    store = _file(settings.store.url)
    for name, source in settings.sources.items():
        if known.sources[source.scheme].file and _file(source.url) == store:
            yield Finding(
                steps=("sources", name, "url"),
                message="This is the control store's file.",
                cure="Name the file that holds your data, or give 'store.url' another path.",
            )


def _file(url: str) -> Path:
    return Path(unquote(url.partition(":///")[2])).resolve()


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
