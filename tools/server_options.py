"""Options in the section ``[retail_hub]`` of ``odoo.conf``. Odoo's own ``config`` reads no other sections."""

import configparser

from odoo.tools import config

SECTION = "retail_hub"


def read(option):
    """Return the text of an option, or an empty text if it is not set."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read([path for path in config_files() if path])
    return parser.get(SECTION, option, fallback="")


def read_list(option):
    """Return the items of a comma-separated option as a list of texts."""
    return [item.strip() for item in read(option).split(",") if item.strip()]


def config_files():
    """Return the paths of Odoo's configuration files."""
    files = config["config"]
    return [files] if isinstance(files, str) else list(files or ())
