"""The setup check of the server: what is corrected in its configuration, with the exact text for it."""

import os
import shlex
import socket
import time

from odoo import models
from odoo.tools import config

from odoo.addons.queue_job.jobrunner.channels import ChannelManager
from odoo.addons.queue_job.jobrunner.runner import _channels

from ..core.const import Lane
from ..tools import encryption, server_options
from .setup_finding import ERROR, OK, WARNING, Finding

OWN_CLOCK_SKEW_LIMIT = 5  # seconds
WORKERS = 6
CHANNELS = {"root": 4, Lane.REALTIME.channel: 2, Lane.BULK.channel: 1, Lane.INBOUND.channel: 1}
CHANNELS_VARIABLE = "ODOO_QUEUE_JOB_CHANNELS"
SYNCHRONIZE_CLOCK = "timedatectl set-ntp true"
NEW_KEY = "python3 -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'"


class RetailSetupCheck(models.TransientModel):
    _inherit = "retail.setup.check"

    def _server_findings(self):
        """Return the findings about this server."""
        return [
            self._check_server_wide_module(),
            self._check_job_runner(),
            self._check_channels(),
            self._check_own_clock(),
            self._check_encryption_key(),
            self._check_rotation(),
        ]

    # -- the job runner ----------------------------------------------------------------------------

    def _check_server_wide_module(self):
        name = self.env._("Module queue_job")
        if "queue_job" in config["server_wide_modules"]:
            detail = self.env._("It is loaded server-wide: the job runner starts with Odoo.")
            return Finding(OK, name, detail)
        detail = self.env._("It is not loaded server-wide, so this server does not start a job runner.")
        return Finding(WARNING, name, detail, **self._settings({"server_wide_modules": _modules()}))

    def _check_job_runner(self):
        name = self.env._("Job runner")
        if self.env["retail.wake"]._is_job_runner_running():
            return Finding(OK, name, self.env._("It is running: events are sent within seconds."))
        detail = self.env._(
            "No job runner is connected to this database. The scheduled action sends events, but more slowly."
        )
        present = {
            "workers": str(config["workers"]),
            "server_wide_modules": ",".join(config["server_wide_modules"]),
        }
        wanted = self._runner_settings()
        missing = {option: value for option, value in wanted.items() if value != present.get(option)}
        if missing:
            return Finding(WARNING, name, detail, **self._settings(missing))
        fix = self.env._(
            "This server has the settings that a job runner needs: restart Odoo. If the job runner is on another"
            " server, put this into the section [options] of its odoo.conf, and restart Odoo there:"
        )
        return Finding(WARNING, name, detail, fix, text=_lines(present))

    def _runner_settings(self):
        """Return ``{option: value}`` with which this server would start a job runner for this database."""
        settings = {"workers": str(config["workers"] or WORKERS), "server_wide_modules": _modules()}
        databases = config["db_name"]
        if databases and self.env.cr.dbname not in databases:
            settings["db_name"] = ",".join([*databases, self.env.cr.dbname])
        return settings

    def _settings(self, settings):
        """Return the ``fix`` and ``text`` of a finding about options of Odoo, as ``{option: value}``."""
        found = [server_options.assignment(option, value) for option, value in settings.items()]
        places = {place for place, _text in found}
        return {
            "fix": self._where(places.pop() if len(places) == 1 else "mixed"),
            "text": "\n".join(text for _place, text in found),
        }

    def _where(self, place, section="options"):
        if place == "file":
            return self.env._(
                "In the section [%(section)s] of %(file)s, add or replace this, and restart Odoo:",
                section=section,
                file=_config_file(),
            )
        return {
            "command": self.env._("Change this in the command line that starts Odoo, and restart it:"),
            "environment": self.env._("Change this environment variable of Odoo, and restart it:"),
            "mixed": self.env._("Start Odoo with these settings:"),
        }[place]

    # -- channels ----------------------------------------------------------------------------------

    def _check_channels(self):
        name = self.env._("Channels")
        missing = self._missing_channels()
        if missing is None:
            detail = self.env._(
                "The channels are configured on the server of the job runner, and cannot be checked from here."
            )
            return Finding(OK, name, detail)
        if not missing:
            detail = self.env._("Each lane has its own: bulk work cannot delay realtime work.")
            return Finding(OK, name, detail)
        detail = self.env._(
            "Not configured: %(channels)s. Bulk work may delay realtime work.", channels=", ".join(missing)
        )
        channels = _with_channels(_channels(), missing)
        if os.environ.get(CHANNELS_VARIABLE):
            return Finding(
                WARNING, name, detail, self._where("environment"), text=f"{CHANNELS_VARIABLE}={channels}"
            )
        fix = self._where("file", "queue_job")
        return Finding(WARNING, name, detail, fix, text=f"channels = {channels}")

    def _missing_channels(self):
        """Return the lanes' channels that this server's configuration lacks; None if the job runner is elsewhere."""
        configured = {channel["name"] for channel in ChannelManager.parse_simple_config(_channels())}
        is_here = "queue_job" in config["server_wide_modules"]
        if not is_here and self.env["retail.wake"]._is_job_runner_running():
            return None
        return [lane.channel for lane in Lane if lane.channel not in configured]

    # -- the clock ---------------------------------------------------------------------------------

    def _check_own_clock(self):
        host = socket.gethostname()
        name = self.env._("Clocks of %(host)s and the database", host=host)
        skew = time.time() - self.env["retail.wake"]._database_time()
        seconds = round(abs(skew), 1)
        if abs(skew) <= OWN_CLOCK_SKEW_LIMIT:
            return Finding(OK, name, self.env._("They differ by %(seconds)s s.", seconds=seconds))
        detail = self.env._(
            "They differ by %(seconds)s s. Due times use the clock of the database. The job runner and the scheduled"
            " actions use the clock of %(host)s, so they start too early or too late.",
            seconds=seconds,
            host=host,
        )
        return Finding(WARNING, name, detail, **self._clock_settings())

    def _clock_settings(self):
        """Return the ``fix`` and ``text`` of a finding about the clock of this server."""
        fix = self.env._(
            "Synchronize the clock of %(host)s (NTP). On Linux with systemd, run there as root:",
            host=socket.gethostname(),
        )
        return {"fix": fix, "text": SYNCHRONIZE_CLOCK}

    # -- encryption --------------------------------------------------------------------------------

    def _check_encryption_key(self):
        name = self.env._("Encryption key")
        if encryption.key_source() != "file":
            return Finding(OK, name, self.env._("It is set in odoo.conf or in the environment."))
        key, file = encryption.key_file(), server_options.config_file()
        detail = self.env._(
            "A key was generated in %(path)s. If it is lost, you have to enter all credentials again.",
            path=key,
        )
        if not file:
            fix = self.env._(
                "Copy it to your other secrets. Set this environment variable of Odoo, and restart it:"
            )
            return Finding(WARNING, name, detail, fix, text=f"{encryption.ENVIRONMENT}={_content(key)}")
        fix = self.env._(
            "Copy it to your other secrets. To put it into the section [%(section)s] of %(file)s, run this as root on"
            " this server. Then restart Odoo, and remove the file with the key:",
            section=server_options.SECTION,
            file=file,
        )
        return Finding(WARNING, name, detail, fix, text=_key_command(key, file))

    def _check_rotation(self):
        name = self.env._("Encrypted credentials")
        # As the superuser: encrypted values are nobody's to read; the check shows none.
        credentials = self.env["retail.credential"].sudo().search([("encrypted_value", "!=", False)])
        try:
            old = credentials.filtered(
                lambda credential: not encryption.uses_newest_key(credential.encrypted_value)
            )
            others = [record[field] for record, field in credentials._other_secrets()]
            old_others = [token for token in others if not encryption.uses_newest_key(token)]
        except encryption.SecretKeyError:
            return self._invalid_key(name)
        if not old and not old_others:
            detail = self.env._("All use the newest key. You can remove older keys.")
            return Finding(OK, name, detail)
        count = len(old) + len(old_others)
        detail = self.env._("%(count)s credentials are encrypted with another key.", count=count)
        lost = old.filtered(lambda credential: not _can_decrypt(credential.encrypted_value))
        if lost or not all(map(_can_decrypt, old_others)):
            fix = self.env._(
                "None of the configured keys decrypts them all. Append the former key to secret_keys, after a comma,"
                " and restart Odoo. If it is lost, enter the credentials again on their connectors."
            )
            return Finding(WARNING, name, detail, fix, self._seen(lost.connector_id))
        self.sudo().has_old_secrets = True  # read-only for users
        fix = self.env._("Click Re-encrypt, then remove the older keys.")
        return Finding(WARNING, name, detail, fix, can_rotate=True)

    def _invalid_key(self, name):
        fix = self.env._(
            "Correct secret_keys in the section [%(section)s] of %(file)s, or the environment variable %(variable)s,"
            " and restart Odoo. If the key is lost, set a new one, and enter all credentials again. This makes one:",
            section=server_options.SECTION,
            file=_config_file(),
            variable=encryption.ENVIRONMENT,
        )
        return Finding(
            ERROR, name, self.env._("The encryption key is not a valid Fernet key."), fix, text=NEW_KEY
        )

    def _seen(self, connectors):
        """Return the first of some connectors that the user may read, or none."""
        return connectors.with_env(self.env)._filtered_access("read")[:1]


def _modules():
    modules = config["server_wide_modules"]
    return ",".join(modules if "queue_job" in modules else [*modules, "queue_job"])


def _lines(settings):
    return "\n".join(f"{option} = {value}" for option, value in settings.items())


def _with_channels(present, missing):
    """Return the channels of a configuration with those that it lacks. One job at a time is too few for lanes."""
    entries = [entry.strip() for entry in present.split(",") if entry.strip()]
    root = f"root:{CHANNELS['root']}"
    entries = [root if entry in ("root", "root:1") else entry for entry in entries]
    return ",".join([*entries, *(f"{channel}:{CHANNELS[channel]}" for channel in missing)])


def _key_command(key, file):
    """Return the shell command that copies the key from its file to odoo.conf, without showing it."""
    conf, content = shlex.quote(file), _content(key)
    section, option = server_options.SECTION, encryption.OPTION
    if section in server_options.sections(file):
        return f'sed -i "/^\\[{section}\\]/a {option} = {content}" {conf}'
    return f'printf "\\n[{section}]\\n{option} = %s\\n" "{content}" >> {conf}'


def _content(key):
    return f"$(cat {shlex.quote(str(key))})"


def _config_file():
    return server_options.config_file() or "odoo.conf"


def _can_decrypt(token):
    try:
        encryption.decrypt(token)
    except encryption.SecretKeyError:
        return False
    return True
