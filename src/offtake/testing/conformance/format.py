"""What every format keeps to. Inherit `FormatSuite` and give it a fixture `plugged`."""

import dataclasses
from typing import get_type_hints

import msgspec
import pytest

from offtake.core.dataset import FieldType
from offtake.core.ports import Format
from offtake.core.query import CsvLayout
from offtake.testing.conformance.source_samples import HOSTILE, dataset, field, query


class FormatSuite:
    """The invariants of the port `Format`; `plugged` is the format."""

    def test_its_file_can_be_named_and_typed(self, plugged: Format) -> None:
        assert plugged.extension.isalnum()
        assert plugged.extension == plugged.extension.lower()
        kind, _, rest = plugged.media_type.partition("/")
        assert kind.isalpha()
        assert rest

    def test_its_options_have_defaults_and_descriptions(self, plugged: Format) -> None:
        assert dataclasses.is_dataclass(plugged.options)
        assert plugged.options() == plugged.options()
        assert plugged.options.__doc__
        for one in dataclasses.fields(plugged.options):
            assert one.metadata["description"], one.name

    def test_its_options_are_read_strictly(self, plugged: Format) -> None:
        assert msgspec.convert({}, plugged.options) == plugged.options()
        hints = get_type_hints(plugged.options)
        for one in dataclasses.fields(plugged.options):
            with pytest.raises(msgspec.ValidationError):
                msgspec.convert({one.name: [{}]}, plugged.options)
            default = getattr(plugged.options(), one.name)
            assert msgspec.convert(default, hints[one.name]) == default

    def test_its_options_cannot_change(self, plugged: Format) -> None:
        options = plugged.options()
        for one in dataclasses.fields(plugged.options):
            with pytest.raises(dataclasses.FrozenInstanceError):
                setattr(options, one.name, getattr(options, one.name))

    @pytest.mark.parametrize("name", HOSTILE)
    def test_lines_and_header_end_alike(self, plugged: Format, name: str) -> None:
        asked = query(dataset("sample", (field(name, FieldType.TEXT), field("other", FieldType.INTEGER))))
        form = plugged.form(asked, plugged.options())
        assert form.line_end.endswith(b"\n")
        assert not form.header or form.header.endswith(form.line_end)
        assert form.quoted == isinstance(form.layout, CsvLayout)
        form.header.decode()

    def test_the_same_options_make_the_same_form(self, plugged: Format) -> None:
        asked = query(dataset("sample", (field("a", FieldType.TEXT),)))
        assert plugged.form(asked, plugged.options()) == plugged.form(asked, plugged.options())
