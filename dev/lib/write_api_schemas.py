"""Write the golden files of the API's endpoints, unless the change would break callers."""

import os
import sys
import warnings

from api_compatibility import breaks, contracts, golden, write

with warnings.catch_warnings(action="ignore"):  # what Odoo's libraries warn about
    import odoo.init  # noqa: F401
    from odoo.tools import config


def main():
    config.parse_config(["--config", os.environ["RETAIL_HUB_ODOO_CONF"]], setup_logging=False)
    # The addon is importable when Odoo knows where addons are.
    from odoo.addons.retail_hub.controllers.api.openapi import description

    found = contracts(description())
    broken = breaks(golden(), found)
    if broken:
        print("This breaks callers of /v1, so nothing was written:", *broken, sep="\n- ", file=sys.stderr)
        return 1
    write(found)
    print(f"{len(found)} endpoints")
    return 0


if __name__ == "__main__":
    sys.exit(main())
