"""Every dialect found, by the suite that is shipped."""

import re
from pathlib import Path

import pytest

from offtake.testing.asgi import Answer, Client
from offtake.testing.conformance.dialect import NAMES, DialectSuite, load
from offtake.testing.house import build
from offtake.web.server import Server

OWN = re.compile(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""What no two replies share: the id of the request."""


class TestDialects(DialectSuite):
    pass


@pytest.mark.parametrize("name", NAMES)
def test_beside_all_others_a_dialect_answers_for_what_lies_under_its_roots(tmp_path: Path, name: str) -> None:
    stage = build(tmp_path)
    alone = load(name)
    together, single = Server(stage.house, [load(one) for one in NAMES]), Server(stage.house, [alone])
    for root in alone.roots:
        for path in (f"{root}/no/such/path", f"{root.upper()}/No", f"{root.lower()}/no", root.rstrip("/") or "/"):
            one, other = (Client(server)("GET", path) for server in (together, single))
            assert _bare(one) == _bare(other), path
    for server in (together, single):
        server.close()
    stage.close()


def _bare(answer: Answer) -> tuple[object, ...]:
    return answer.status, OWN.sub(b"", answer.body), answer.headers["content-type"]
