"""Which settings `check` masks: those that are declared secret, and texts that are called so."""

from dataclasses import dataclass, field
from datetime import timedelta

from offtake.settings import Settings
from offtake.settings.effective import MASK, in_force, shown
from offtake.settings.plugged import SourceSettings


@dataclass(frozen=True, kw_only=True)
class Options:
    """Of a source; what is secret is called `hidden`."""

    api_token: str = "hidden"
    password: str = "hidden"
    secret_access_key: str = "hidden"
    signing_secrets: tuple[str, ...] = ("hidden",)
    pin: str = field(default="hidden", metadata={"secret": True})
    token_life: timedelta = timedelta(hours=12)
    max_token: int = 7
    access_key_id: str = "AKIA"
    secretary: str = "Ann"
    key_name_token: str = field(default="public", metadata={"secret": False})


def test_names_count_by_their_words_and_only_where_nothing_is_declared() -> None:
    source = SourceSettings(url="x://y", scheme="x", options=Options())
    settings = Settings().model_copy(update={"sources": {"s": source}})
    found = {one.steps[-1]: shown(one) for one in in_force(settings) if one.steps[:2] == ("sources", "s")}
    masked = {name for name, text in found.items() if text == MASK}
    assert masked == {"api_token", "password", "secret_access_key", "signing_secrets", "pin"}
    assert not any("hidden" in text for text in found.values())
    assert (found["token_life"], found["secretary"]) == ("12h", "Ann")
