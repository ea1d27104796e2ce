"""State how large the product code is, and how often one order's delivery changes file; see dev/figures.

The path is that of an order of a known customer: it is confirmed (capture), then a drain claims, sends and records its
delivery. A change of file is a step from one function of the addon to the next in another file, once over the functions
in the order in which they are first called, as a reader would follow them, and once over all calls.
"""

import ast
import contextlib
import itertools
import sys
from pathlib import Path
from statistics import median

import odoo_here
from bench import Bench
from customers import make_customers
from figures import percentile
from orders import make_draft_order
from outbound_orders import start_order_sandbox

from database import setting

ROOT = Path(setting("RETAIL_HUB_ROOT"))
NOT_THE_PRODUCT = {"dev", "tests", "migrations"}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def main():
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in _product_files()}
    _print_sizes(trees)
    _print_contract(trees)
    with Bench(runs=1) as bench:
        for stage, calls in bench.measure(_trace_order):
            _print_path(stage, calls)


def _product_files():
    return [
        path
        for path in sorted(ROOT.rglob("*.py"))
        if NOT_THE_PRODUCT.isdisjoint(path.relative_to(ROOT).parts[:1])
    ]


def _print_sizes(trees):
    functions = [
        node.end_lineno - node.lineno + 1
        for tree in trees.values()
        for node in ast.walk(tree)
        if isinstance(node, FUNCTIONS)
    ]
    lengths = [len(path.read_text(encoding="utf-8").splitlines()) for path in trees]
    print(
        f"files: {len(lengths)}, lines: {sum(lengths)}, longest file: {max(lengths)},"
        f" files above 300 lines: {sum(length > 300 for length in lengths)}"
    )
    print(
        f"functions: {len(functions)}, lines of a function: median {median(functions):g},"
        f" 90th percentile {percentile(functions, 90)}, longest {max(functions)}"
    )


def _print_contract(trees):
    """Print the public members of the classes that an adapter is made from."""
    for path, tree in trees.items():
        if path.parent == ROOT / "connectors":
            for node in tree.body:
                if isinstance(node, ast.ClassDef) and _is_contract(node):
                    print(f"members of {path.stem}.{node.name}: {len(_public_members(node))}")


def _is_contract(node):
    bases = {ast.unparse(base) for base in node.bases}
    return node.name in ("Adapter", "Provider") or "Protocol" in bases


def _public_members(node):
    names = []
    for statement in node.body:
        if isinstance(statement, FUNCTIONS):
            names.append(statement.name)
        elif isinstance(statement, ast.AnnAssign):
            names.append(statement.target.id)
        elif isinstance(statement, ast.Assign):
            names += [target.id for target in statement.targets]
    return {name for name in names if not name.startswith("_")}


def _print_path(stage, calls):
    first_calls = list(dict.fromkeys(calls))
    print(
        f"{stage} of one order: {len(first_calls)} functions in {len({file for file, _name in calls})} files,"
        f" {_changes(first_calls)} changes of file; of all {len(calls)} calls: {_changes(calls)}"
    )


def _changes(calls):
    return sum(before[0] != after[0] for before, after in itertools.pairwise(calls))


def _trace_order(bench):
    """Yield (stage, [(file, function)] of the addon as they are called) for one order of a known customer."""
    sandbox = start_order_sandbox(bench, "figures_sandbox")
    database = bench.database("figures", "retail_hub")
    connector_id = odoo_here.connect_hub(database, sandbox.url, window=0, events=("order.placed",))
    [customer_id] = make_customers(database, 1)
    _drain(database, connector_id)  # the order need not wait for its customer
    order_id = make_draft_order(database, customer_id)
    with odoo_here.environment(database) as env, _calls() as captured:
        env["sale.order"].browse(order_id).action_confirm()
        env.cr.commit()
    with _calls() as drained:
        _drain(database, connector_id)
    if len(sandbox.records("orders")) != 1:
        raise RuntimeError("the order did not arrive")
    yield "capture", captured
    yield "delivery", drained
    yield "capture and delivery", captured + drained


def _drain(database, connector_id):
    with odoo_here.environment(database, odoo_here.SUPERUSER_ID) as env:
        if env["retail.drain"]._run(connector_id, "realtime") != 1:
            raise RuntimeError("there was not exactly one delivery")
        env.cr.commit()


@contextlib.contextmanager
def _calls():
    """Yield a list to which each call of a function of the addon adds (file, qualified name)."""
    import odoo.addons.retail_hub

    folder = odoo.addons.retail_hub.__path__[0] + "/"
    calls = []

    def note(frame, event, _argument):
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(folder):
            calls.append((code.co_filename.removeprefix(folder), code.co_qualname))

    sys.setprofile(note)
    try:
        yield calls
    finally:
        sys.setprofile(None)


main()
