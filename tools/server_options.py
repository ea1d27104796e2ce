"""Options in the section ``[retail_hub]`` of ``odoo.conf``. Odoo's own ``config`` reads no other sections."""

import configparser
from functools import lru_cache
from pathlib import Path

from odoo.tools import config

SECTION = "retail_hub"


def read(option):
    """Return the text of an option, or an empty text if it is not set."""
    return _options(tuple(_stamped(path) for path in config_files() if path)).get(option, "")


@lru_cache(maxsize=1)
def _options(stamped_paths):
    """Return ``{option: text}``. The files are read again only after one of them was changed."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read([path for path, _stamp in stamped_paths])
    return dict(parser[SECTION]) if parser.has_section(SECTION) else {}


def _stamped(path):
    try:
        return path, Path(path).stat().st_mtime_ns
    except OSError:
        return path, None


def read_list(option):
    """Return the items of a comma-separated option as a list of texts."""
    return [item.strip() for item in read(option).split(",") if item.strip()]


def allowed_hosts():
    """Return the hosts that connectors may call although they are not on the internet, or not over HTTPS."""
    return [*read_list("allow_hosts"), *read_list("webhook_allow_hosts")]  # the second one: until 19.0.1


def config_files():
    """Return the paths of Odoo's configuration files."""
    files = config["config"]
    return [files] if isinstance(files, str) else list(files or ())


def config_file():
    """Return the path of Odoo's configuration file; an empty text if it was started without one."""
    return next((path for path in config_files() if Path(path).exists()), "")


def sections(path):
    """Return the names of the sections of a configuration file."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(path)
    return parser.sections()


def assignment(option, value):
    """Return how one of Odoo's own options gets a value, where it is set now: a line for the file would have no effect.

    :return: (``command``, ``environment`` or ``file``, the text to put there)
    """
    described = config.options_index[option]
    if option in config._cli_options:  # there is no public way to find out
        return "command", f"{described.get_opt_string()}={value}"
    if option in config._env_options:
        return "environment", f"{described.env_name}={value}"
    return "file", f"{option} = {value}"
