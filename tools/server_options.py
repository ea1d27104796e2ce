"""What the server's admin sets in the section ``[retail_hub]`` of ``odoo.conf``, which Odoo itself does not keep."""

import configparser

from odoo.tools import config

SECTION = "retail_hub"


def read(option):
    """Return the text of an option, an empty text if it is not set."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read([path for path in config_files() if path])
    return parser.get(SECTION, option, fallback="")


def read_list(option):
    """Return the items of an option that is a comma-separated list."""
    return [item.strip() for item in read(option).split(",") if item.strip()]


def config_files():
    """Return the paths of Odoo's configuration files."""
    files = config["config"]
    return [files] if isinstance(files, str) else list(files or ())
