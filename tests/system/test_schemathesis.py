"""Whether the API is as its description says: schemathesis calls all endpoints with what fits and what does not."""

import subprocess
import sys
from pathlib import Path

import pytest
import requests
from caller import new_client, new_product, new_system
from hub import complaints

SECONDS = 600  # normally about a minute
EXAMPLES = 8  # of each endpoint, besides those that cover the limits of each field
PHASES = "examples,coverage,fuzzing"
NOT_CHECKED = {
    # What cannot be said in a schema: an idempotency key that was used, a product that Odoo does not know, lines that
    # add up to another total.
    "positive_data_acceptance",
    # An external_id may have slashes, so GET /customers/C-1/erase reads the customer C-1/erase: Allow has GET.
    "allow_header_conformance",
}


@pytest.fixture(scope="module")
def client(start_odoo):
    """Return the server, and the key of a client in test mode that may do everything."""
    odoo = start_odoo("schemathesis", workers=3)
    new_product(odoo, "MUG", 0)
    _client, key = new_client(odoo, new_system(odoo), is_test=True, allocation="backorder")
    return odoo, key


def test_the_api_is_as_it_is_described(client, tmp_path):
    odoo, key = client
    begin = odoo.log_path.stat().st_size
    command = [
        *(Path(sys.executable).with_name("st"), "run", f"{odoo.url}/retail/v1/openapi.json"),
        *("--header", f"Authorization: Bearer {key}"),
        *("--phases", PHASES, "--max-examples", str(EXAMPLES), "--generation-deterministic"),
        *("--checks", "all", "--exclude-checks", ",".join(sorted(NOT_CHECKED))),
        *("--workers", "2", "--continue-on-failure", "--no-color"),
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS, check=False)
    print(done.stdout[-20_000:], done.stderr[-5_000:])
    assert done.returncode == 0
    paths = requests.get(f"{odoo.url}/retail/v1/openapi.json", timeout=60).json()["paths"]
    assert f"Tested: {sum(map(len, paths.values()))}" in done.stdout
    assert complaints(odoo.log_path.read_text(encoding="utf-8")[begin:]) == []
