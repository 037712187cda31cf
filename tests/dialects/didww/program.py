"""A customer's program over the vendor's own SDK, of whatever line is installed beside it; no test.

program.py run BASE_URL API_KEY RECEIVER DIRECTORY    exports calls both ways; prints what it saw, as JSON
program.py believe API_KEY                            reads callbacks as JSON; prints which the SDK's validator believes
"""

import csv
import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

from didww.callback.request_validator import RequestValidator
from didww.client import DidwwClient
from didww.enums import CallbackMethod, ExportStatus, ExportType
from didww.exceptions import DidwwApiError
from didww.query_params import QueryParams
from didww.resources.export import Export

PATIENCE = 30


def run(base_url, api_key, receiver, directory):
    client = DidwwClient(api_key, base_url=base_url)
    month = time.strftime("%Y-%m", time.gmtime())
    is_new = hasattr(client.exports(), "update")
    filters = {"year": month[:4], "month": month[5:]}
    if is_new:
        filters = {"from": f"{month}-01 00:00:00", "to": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())}
    into = ask(
        client, ExportType.CDR_IN, {**filters, "did_number": "442079460100"}, f"{receiver}?own=1", CallbackMethod.GET
    )
    out = ask(client, ExportType.CDR_OUT, filters, receiver, CallbackMethod.POST)
    seen = {"version": version("didww"), "created": [describe(into), describe(out)], "files": [], "titles": []}
    for place, export in enumerate((into, out)):
        export = finished(client, export.id)
        path = Path(directory, f"{place}.csv")
        client.download_and_decompress_export(export.url, str(path))
        client.download_export(export.url, str(path.with_suffix(".csv.gz")))
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        seen["files"].append(rows)
        seen["titles"].append(path.read_text("utf-8").split("\n")[0])
    seen["found"] = describe(finished(client, into.id))
    if is_new:
        out.external_reference_id = "sent by the SDK"
        seen["updated"] = client.exports().update(out).data.external_reference_id
    pages = [client.exports().list(QueryParams().sort("-created_at").page(number=n, size=1)) for n in (1, 2, 3)]
    seen["pages"] = [[one.id for one in page.data] for page in pages]
    seen["meta"] = pages[0].meta
    seen["refused"] = [
        refused(lambda: client.exports().find("nonsense")),
        refused(lambda: ask(client, ExportType.CDR_IN, {})),
        refused(lambda: client.download_export(f"{base_url}/exports/nonsense.csv.gz", "/dev/null")),
    ]
    return seen


def ask(client, kind, filters, callback_url=None, callback_method=None):
    export = Export()
    export.export_type = kind
    export.filters = filters
    if callback_url:
        export.callback_url = callback_url
        export.callback_method = callback_method
    return client.exports().create(export).data


def finished(client, export_id):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        export = client.exports().find(export_id).data
        assert isinstance(export.status, ExportStatus), export.status
        if export.status == ExportStatus.COMPLETED:
            return export
        time.sleep(0.1)
    raise TimeoutError(export_id)


def refused(call):
    try:
        call()
    except DidwwApiError as problem:
        return [problem.status_code, [one.get("detail") for one in problem.errors]]
    return None


def describe(export):
    return {
        "id": export.id,
        "status": export.status.value,
        "created_at": export.created_at.isoformat(),
        "callback_method": export.callback_method.value,
        "callback_url": export.callback_url,
        "export_type": export.export_type.value,
        "filters": export.filters,
        "url": export.url,
    }


def believe(api_key):
    validator = RequestValidator(api_key)
    return [validator.validate(one["url"], one["told"], one["signature"]) for one in json.load(sys.stdin)]


if __name__ == "__main__":
    print(json.dumps({"run": run, "believe": believe}[sys.argv[1]](*sys.argv[2:])))
