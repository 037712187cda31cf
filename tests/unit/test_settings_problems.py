"""Bad configuration: every mistake at once, each with its place and its cure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import jsonschema_rs
import pytest
import yaml
from hypothesis import given
from hypothesis import settings as trying
from hypothesis import strategies as st

from offtake import settings
from offtake.settings import BadConfiguration, Plugins, Problem, SourceKind
from offtake.settings.document import parse


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Options of a source for the tests."""

    pool_size: int = 5


KNOWN = Plugins(
    sources={
        "postgresql": SourceKind(options=Options, dialect="postgres"),
        "sqlite": SourceKind(options=Options, dialect="sqlite", file=True),
    },
    storages={"local": Options},
)

GOOD = """\
sources: {hotel: {url: "sqlite:///h.db"}, main: {url: "postgresql://h/d"}}
datasets:
  bookings:
    source: hotel
    table: bookings
    tenant: tenant_id
    fields: {id: {type: integer}, at: {type: timestamp}, body: {type: json}, name: {type: text}}
"""


def problems(tmp_path: Path, text: str, environ: Mapping[str, str] | None = None) -> Sequence[Problem]:
    path = tmp_path / "offtake.yaml"
    path.write_text(text)
    with pytest.raises(BadConfiguration) as bad:
        settings.load(path, environ or {}, KNOWN)
    return bad.value.problems


def dataset(more: str, table: str = "table: t", whose: str = "tenant: t", fields: str = "id: {type: integer}") -> str:
    return (
        "sources: {hotel: {url: 'sqlite:///h.db'}, main: {url: 'postgresql://h/d'}}\n"
        f"datasets:\n  d:\n    source: main\n    {table}\n    {whose}\n    fields: {{{fields}}}\n    {more}\n"
    )


def test_the_good_one_is_good(tmp_path: Path) -> None:
    path = tmp_path / "offtake.yaml"
    path.write_text(GOOD)
    assert settings.load(path, {}, KNOWN)


# --- one mistake each: text, path, line, column, words of the message, words of the cure ---

CASES: list[tuple[str, str, int, int, str, str]] = [
    ("server:\n  prot: 1\n", "server.prot", 2, 3, "no setting 'prot'", "'port'"),
    ("servers: {}\n", "servers", 1, 1, "no setting", "'server'"),
    ("server:\n  port: '1'\n", "server.port", 2, 9, "a whole number from 0 to 65535", "port: 8600"),
    ("server:\n  port: 8600.5\n", "server.port", 2, 9, "a whole number", "port: 8600"),
    ("server:\n  port: 65536\n", "server.port", 2, 9, "from 0 to 65535", "port: 8600"),
    ("egress:\n  allow: [10.0.0.0/8, not a net/99]\n", "egress.allow[1]", 2, 23, "not a net/99", ""),
    ("egress:\n  proxy: nonsense\n", "egress.proxy", 2, 10, "HTTP proxy", "http://host:port"),
    ("secrets:\n  key: short\n", "secrets.key", 2, 8, "does not hold a key", "32 random bytes"),
    ("server:\n  host: 12\n", "server.host", 2, 9, "takes a text", 'quotes:  host: "12"'),
    ("server:\n  host: ''\n", "server.host", 2, 9, "must not be empty", "Give"),
    ("server: {base_url: ftp://x}\n", "server.base_url", 1, 20, "a text such as https", "https://"),
    ("server: 3\n", "server", 1, 9, "members of its own; 3 is not", "host, port"),
    ("limits: [1]\n", "limits", 1, 9, "members of its own; a list is not", "max_running"),
    ("worker: {poll_seconds: 0}\n", "worker.poll_seconds", 1, 24, "a number above 0", "0.05"),
    ("worker: {poll_seconds: .inf}\n", "worker.poll_seconds", 1, 24, "a number", "0.05"),
    ("retention: {files: 7}\n", "retention.files", 1, 20, "such as 30s", "files: "),
    ("retention: {files: 7w}\n", "retention.files", 1, 20, "such as 30s", "files: "),
    ("logging: {level: inf}\n", "logging.level", 1, 18, "one of: debug, info", "'info'"),
    ("store: {url: 'mysql://x'}\n", "store.url", 1, 14, "a text such as", "url: "),
    ("storage: {kind: locl}\n", "storage.kind", 1, 17, "no storage 'locl'", "'local'"),
    ("storage: {pool: 1}\n", "storage.pool", 1, 11, "no setting 'pool'", "'pool_size'"),
    ("sources: {a: {}}\n", "sources.a.url", 1, 11, "'url' is missing", "scheme://"),
    ("sources: {a: 1}\n", "sources.a", 1, 14, "members of its own", "url"),
    ("sources: {a: {url: h.db}}\n", "sources.a.url", 1, 20, "not a URL", "sqlite://"),
    ("sources: {a: {url: 'sqlit:///h'}}\n", "sources.a.url", 1, 20, "'sqlit://'", "'sqlite'"),
    ("sources: {a: {url: 'sqlite:///h', pol: 1}}\n", "sources.a.pol", 1, 35, "no setting 'pol'", "Known here"),
    ("sources: {a: {url: 'sqlite:///h', pool_size: x}}\n", "sources.a.pool_size", 1, 46, "a whole number", ": 5"),
    ("sources: {a b: {url: 'sqlite:///h'}}\n", "sources.a b", 1, 11, "cannot be a name", "letters"),
    ("tenants: {a: {datasets: some}}\n", "tenants.a.datasets", 1, 25, "all or a list", "datasets: [bookings]"),
    ("tenants: {a: {datasets: [x]}}\n", "tenants.a.datasets[0]", 1, 26, "no dataset 'x'", "There is none"),
    ("tenants: {a: {scope: {e: [1]}}}\n", "tenants.a.scope.e[0]", 1, 27, "a text; 1 is not", 'quotes:  - "1"'),
    ("tenants: {a: {requests_per_second: 0}}\n", "tenants.a.requests_per_second", 1, 36, "above 0", "_second: 100"),
    ("tenants: {a: {}, a: {}}\n", "tenants.a", 1, 18, "given twice", "line 1"),
    ("tenants: {a-b: {}, A_b: {}}\n", "tenants.a-b", 1, 11, "tell it from tenants.A_b", "Rename"),
    ("tenants: {a: {name: '${NOPE}'}}\n", "tenants.a.name", 1, 21, "NOPE is not set", "Set NOPE"),
    ("tenants: {a: {name: '${NO-PE}'}}\n", "tenants.a.name", 1, 21, "not followed by", "${NAME}"),
    ("logging: {level: '${NOPE}'}\n", "logging.level", 1, 18, "NOPE is not set", "Set NOPE"),
    ("server: {port: !!python/object:os.system x}\n", "server.port", 1, 16, "The tag", "without a tag"),
    ("? [a]\n: 1\n", "", 1, 3, "must be a text", "name: value"),
    (dataset("sorce: main"), "datasets.d.sorce", 8, 5, "no setting", "'source'"),
    (dataset("key: [idd]"), "datasets.d.key[0]", 8, 11, "no field 'idd'", "'id'"),
    (dataset("key: [id, id]"), "datasets.d.key[1]", 8, 15, "named twice", "Remove"),
    (dataset("order: [name]"), "datasets.d.order[0]", 8, 13, "no field 'name'", "Known here: id"),
    (dataset("change: updated"), "datasets.d.change", 8, 13, "no field", "id"),
    (dataset("change: id"), "datasets.d.change", 8, 13, "is of type integer", "timestamp"),
    (dataset("document: id"), "datasets.d.document", 8, 15, "is of type integer", "json"),
    (dataset("key: id"), "datasets.d.key", 8, 10, "takes a list", "key: [id]"),
    (dataset("shared: true"), "datasets.d.shared", 8, 5, "exclude each other", "Keep one"),
    (dataset("", whose="shared: false"), "datasets.d", 3, 3, "scope is missing", "tenant: tenant_id"),
    (dataset("", whose="scope: {tenant: ''}"), "datasets.d.scope.tenant", 6, 21, "must not be empty", "Give"),
    (dataset("", table="title: x"), "datasets.d", 3, 3, "neither 'table' nor 'sql'", "Give one"),
    (dataset("table: t", table="sql: SELECT 1"), "datasets.d.sql", 5, 5, "exclude each other", "Give one"),
    (dataset("parameters: {p: {type: text}}"), "datasets.d.parameters", 8, 5, "no parameters", "sql"),
    (dataset("", fields=""), "datasets.d.fields", 7, 13, "must not be empty", "id: {type: integer}"),
    (dataset("", fields="a: {}"), "datasets.d.fields.a.type", 7, 14, "'type' is missing", "type: text"),
    (dataset("", fields="a: {type: int}"), "datasets.d.fields.a.type", 7, 24, "one of: text, integer", "'integer'"),
    (dataset("", fields="a: {type: intger}"), "datasets.d.fields.a.type", 7, 24, "one of: text", "'integer'"),
    (
        dataset("", fields="a: {type: text, filter: [eq, gte]}"),
        "datasets.d.fields.a.filter[1]", 7, 43, "one of: eq, ne", "'gt'",
    ),
    (dataset("", fields="a: {type: uuid, filter: [lt]}"), "datasets.d.fields.a.filter[0]", 7, 39, "uuid", "eq"),
    (dataset("", fields="a: {type: json, filter: true}"), "datasets.d.fields.a.filter", 7, 38, "json", "out"),
    (dataset("", fields="a: {type: text, filter: 1}"), "datasets.d.fields.a.filter", 7, 38, "true or false or", "f"),
    (dataset("", fields="a: {type: text, stored: unix}"), "datasets.d.fields.a.stored", 7, 38, "timestamp", "type: t"),
    (dataset("", fields="a: {type: decimal, scale: 2}"), "datasets.d.fields.a.scale", 7, 33, "scaled", "stored: s"),
    (dataset("", fields="a: {type: time, precision: 4}"), "datasets.d.fields.a.precision", 7, 41, "0, 3, 6", "6"),
    (dataset("", fields="a: {type: text, labels: {en: 1}}"), "datasets.d.fields.a.labels.en", 7, 43, "a text", '"1"'),
    (dataset("", table="sql: SELECT 1; SELECT 2"), "datasets.d.sql", 5, 10, "2 statements", "one SELECT"),
    (dataset("", table="sql: DELETE FROM t"), "datasets.d.sql", 5, 10, "not a SELECT", "one SELECT"),
    (dataset("", table="sql: SELECT 1 INTO t"), "datasets.d.sql", 5, 10, "only reads", "INTO"),
    (dataset("", table="sql: SELECT 1 FROM t FOR UPDATE"), "datasets.d.sql", 5, 10, "only reads", "FOR UPDATE"),
    (
        dataset("", table="sql: WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x"),
        "datasets.d.sql", 5, 10, "only reads", "one SELECT",
    ),
    (dataset("", table="sql: COPY t TO PROGRAM 'rm'"), "datasets.d.sql", 5, 10, "", "SELECT"),
    (dataset("", table="sql: SELEC a FROM"), "datasets.d.sql", 5, 10, "cannot be parsed", "database"),
    (dataset("", table="sql: SELECT 'a"), "datasets.d.sql", 5, 10, "cannot be parsed", "database"),
    (dataset("", table="sql: --"), "datasets.d.sql", 5, 10, "0 statements", "one SELECT"),
    (dataset("", table="sql: 'SELECT :p'"), "datasets.d.sql", 5, 10, ":p is not declared", "{p: {type: text}}"),
    (dataset("", table="sql: 'SELECT ?'"), "datasets.d.sql", 5, 10, "no name", ":name"),
    (dataset("", table="sql: 'SELECT %(p)s'"), "datasets.d.sql", 5, 10, "not our form", ":name"),
    (
        dataset("parameters: {since: {type: date}}", table="sql: 'SELECT 1'"),
        "datasets.d.parameters.since", 8, 18, "does not use :since", "remove",
    ),
    (
        dataset("parameters: {id: {type: date}}", table="sql: 'SELECT :id'"),
        "datasets.d.parameters.id", 8, 18, "name of a field", "another name",
    ),
    (
        dataset("parameters: {p: {type: date, default: soon}}", table="sql: 'SELECT :p'"),
        "datasets.d.parameters.p.default", 8, 43, "not a valid date", "2024-01-31",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "path", "line", "column", "message", "cure"), CASES, ids=[f"{one[1]}-{n}" for n, one in enumerate(CASES)]
)
def test_each_mistake_is_told_with_its_place_and_cure(
    tmp_path: Path, text: str, path: str, line: int, column: int, message: str, cure: str
) -> None:
    (problem,) = problems(tmp_path, text)
    assert (problem.path, problem.line, problem.column) == (path, line, column), str(problem)
    assert problem.file == tmp_path / "offtake.yaml"
    assert message in problem.message
    assert cure in problem.cure


def test_the_select_is_read_in_the_words_of_its_own_source(tmp_path: Path) -> None:
    text = dataset("", table="""sql: "SELECT a FROM t WHERE x @> '{}'" """)
    path = tmp_path / "offtake.yaml"
    path.write_text(text)
    assert settings.load(path, {}, KNOWN)
    assert "parsed" in problems(tmp_path, text.replace("source: main", "source: hotel"))[0].message


def test_all_mistakes_come_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = "".join(
        [
            "server: {prot: 1, port: x}\n",
            "retention: {files: soon}\n",
            "sources: {a: {url: 'sqlite:///${NOPE}', pool_size: x}, b: {url: 'x://y'}, b: {}}\n",
            "datasets:\n",
            "  d: {source: z, sql: 'SELECT :q; SELECT 1', key: [w], fields: {id: {type: intger, filter: [foo]}}}\n",
            "tenants: {t: {datasets: [e], requests_per_second: no}}\n",
        ]
    )
    found = problems(tmp_path, text, {"OFFTAKE_LIMITS_BURST": "many", "OFFTAKE_SERVR_PORT": "1"})
    assert [one.path for one in found] == [
        "server.prot",
        "server.port",
        "retention.files",
        "sources.a.url",
        "sources.a.pool_size",
        "sources.b.url",
        "sources.b",
        "datasets.d",
        "datasets.d.source",
        "datasets.d.key[0]",
        "datasets.d.fields.id.type",
        "datasets.d.fields.id.filter[0]",
        "tenants.t.datasets[0]",
        "tenants.t.requests_per_second",
        "limits.burst",
        "",
    ]
    assert [one.line for one in found[:-2]] == sorted(one.line or 0 for one in found[:-2])


def test_a_mistake_in_the_environment_names_the_variable(tmp_path: Path) -> None:
    environ = {"OFFTAKE_SERVER_PORT": "http", "OFFTAKE_SERVER_HSOT": "::1", "OFFTAKE_XYZZY": "1"}
    hsot, port, xyzzy = sorted(problems(tmp_path, GOOD, environ), key=lambda one: one.variable or "")
    assert (port.variable, port.path, port.line, port.file) == ("OFFTAKE_SERVER_PORT", "server.port", None, None)
    assert "OFFTAKE_SERVER_HOST" in hsot.cure
    assert xyzzy.variable == "OFFTAKE_XYZZY"
    assert xyzzy.cure


def test_a_variable_for_a_list_is_blamed_for_its_items(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, GOOD, {"OFFTAKE_DATASETS_BOOKINGS_KEY": "id,nope"})
    assert (problem.variable, problem.path) == ("OFFTAKE_DATASETS_BOOKINGS_KEY", "datasets.bookings.key[1]")


def test_it_reads_well_in_a_terminal(tmp_path: Path) -> None:
    path = tmp_path / "offtake.yaml"
    path.write_text("server:\n  prot: 1\n  port: x\n")
    with pytest.raises(BadConfiguration) as bad:
        settings.load(path, {"OFFTAKE_LIMITS_BURST": "x"}, KNOWN)
    assert str(bad.value) == (
        "The configuration has 3 mistakes:\n\n"
        f"{path}:2:3: server.prot: There is no setting 'prot' here.\n    Did you mean 'port'?\n\n"
        f"{path}:3:9: server.port: This takes a whole number from 0 to 65535; x is not.\n"
        "    Write it like  port: 8600\n\n"
        "OFFTAKE_LIMITS_BURST: limits.burst: This takes a whole number, 1 or more; x is not.\n"
        "    Write it like  burst: 100"
    )


def test_no_secret_is_repeated_in_a_complaint(tmp_path: Path) -> None:
    text = (
        "server: {port: 'postgresql://u:hunter2@h'}\nsources: {a: {url: 'oracle://u:hunter2@h/x'}, b: 'sqlite://${P}'}"
    )
    environ = {"P": "hunter2", "OFFTAKE_SERVER_TRUST_PROXY": "u:hunter2@h", "OFFTAKE_LIMITS_BURST": "hunter2" * 9}
    assert "hunter2" not in "\n".join(map(str, problems(tmp_path, text, environ)))


EDITORS = jsonschema_rs.Draft202012Validator(settings.schema(KNOWN))

LAUGHTER = b"a: &a [x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (c + 1, c + 1, b",".join([b"*%c" % c] * 9)) for c in range(97, 105)
)
"""Aliases of aliases: nine to the power of eight texts."""


@pytest.mark.parametrize(
    ("content", "line", "message", "cure"),
    [
        (b"server:\n\tport: 1\n", 2, "not YAML", "tabs"),
        (b"server:\n  port: [1\n", 3, "not YAML", "Look"),
        (b"a: 1\n b: 2\n", 2, "not YAML", "Look"),
        (b"a: 'x\n", 2, "not YAML", "Look"),
        (b"a: 1\n---\nb: 1\n", 2, "not YAML", "Look"),
        (b"a: *b\n", 1, "not YAML", "Look"),
        (b"- 1\n", 1, "not a mapping", "server:"),
        (b"word\n", 1, "not a mapping", "server:"),
        (b"server:\n  host: \xff\n", 2, "not UTF-8", "UTF-8"),
        (b"a: 1\nb: \x01\n", 2, "control character", "Remove"),
        (b"a: &a [*a]\n", 1, "alias", "Write"),
        (b"[" * 5000, None, "too deeply", "levels"),
        (LAUGHTER, None, "alias", "Write"),
    ],
    ids=lambda one: repr(one)[:20],
)  # fmt: skip
def test_a_file_that_is_not_yaml_is_told_with_its_line(
    tmp_path: Path, content: bytes, line: int | None, message: str, cure: str
) -> None:
    path = tmp_path / "offtake.yaml"
    path.write_bytes(content)
    with pytest.raises(BadConfiguration) as bad:
        settings.load(path, {}, KNOWN)
    (problem,) = bad.value.problems
    assert message in problem.message
    assert cure in problem.cure
    assert line is None or problem.line == line


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="offtake init"):
        settings.load(tmp_path / "none.yaml", {}, KNOWN)


SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", "x", "${X}", "all", "text", "7d"])
)
NAMES = st.sampled_from(
    [
        *(
            "server",
            "port",
            "sources",
            "datasets",
            "tenants",
            "a",
            "url",
            "fields",
            "id",
            "type",
            "filter",
            "key",
            "sql",
        ),
        *("scope", "parameters", "storage", "kind", "retention", "files", "labels", "choices", "default", "order", "-"),
    ]
)
TREES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4))


@trying(deadline=None, max_examples=60)
@given(
    st.dictionaries(NAMES, TREES, max_size=5),
    st.dictionaries(st.sampled_from(["OFFTAKE_A", "OFFTAKE_SERVER_PORT"]), st.just("1")),
)
def test_whatever_is_written_there_is_loaded_or_complained_of(
    tmp_path_factory: pytest.TempPathFactory, tree: dict[str, object], environ: dict[str, str]
) -> None:
    path = tmp_path_factory.getbasetemp() / f"{uuid4()}.yaml"
    path.write_text(yaml.safe_dump(tree))
    found, plain = attempt(path, environ), parse(path.read_text()).plain
    path.unlink()
    assert all(one.message and one.cure and (one.line or one.variable) for one in found)
    assert found or environ or EDITORS.is_valid(plain), "what loads must be right for editors too"


def attempt(path: Path, environ: Mapping[str, str]) -> Sequence[Problem]:
    try:
        settings.load(path, environ, KNOWN)
    except BadConfiguration as bad:
        return bad.problems
    return ()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *[("no", "no"), ("on", "on"), ("010", 10), ("0x1F", 31), ("0o17", 15), ("1_000", "1_000"), ("12:30", "12:30")],
        *[("2024-01-31", "2024-01-31"), ("~", None), ("", None), ("True", True), ("1e3", 1000.0), (".5", 0.5)],
        *[("1.", 1.0), ("'1'", "1"), ("+1", 1), ("e3", "e3"), (".", "."), ("-", [None]), ("9" * 50, "9" * 50)],
    ],
)
def test_scalars_mean_what_editors_take_them_for(text: str, value: object) -> None:
    found = parse(f"a:\n  {text}\n").plain["a"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "url", ["sqlite:///offtake-data/control.db", "sqlite:///./offtake-data/../offtake-data/control.db", "sqlite:///{}"]
)
def test_a_source_may_not_be_the_control_store(tmp_path: Path, url: str) -> None:
    path = tmp_path / "offtake.yaml"
    url = url.format(tmp_path / "offtake-data" / "control%2Edb")
    path.write_text(f"sources:\n  main:\n    url: {url}\n")
    with pytest.raises(BadConfiguration) as bad:
        settings.load(path, {}, KNOWN)
    (problem,) = bad.value.problems
    assert (problem.path, problem.line) == ("sources.main.url", 3)
    assert "store.url" in problem.cure
    settings.load(path, {"OFFTAKE_STORE_URL": "sqlite:///other.db"}, KNOWN)
