"""The tree of commands."""

from importlib.metadata import version

from cyclopts import App

from offtake.cli import access, configuration, datasets, exports, processes, pulling, telling, touring

app = App(
    name="offtake",
    help="The bulk-export server that stands in front of your own databases.",
    version=lambda: version("offtake"),
)
app.command(touring.demo)
app.command(configuration.init)
app.command(configuration.check)
app.command(processes.serve)
app.command(processes.worker)
app.command(processes.migrate)
app.command(datasets.app)
app.command(access.tenant_app)
app.command(access.key_app)
app.command(exports.app)
app.command(telling.delivery_app)
app.command(telling.destination_app)
app.command(telling.endpoint_app)
app.command(pulling.pull)
