"""nginx with the configuration that doc/inbound_host.rst recommends, on other ports and with another certificate."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import requests

from stack import ChildProcess, database_name, free_port

HOST = "odoo.example.com"
DOC = Path(os.environ["RETAIL_HUB_ROOT"], "doc", "inbound_host.rst")
FRAME = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr;
{user}
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{config}
}}
"""


def documented():
    """Return the configuration in the documentation."""
    block = re.search(r"\.\. code-block:: nginx\n\n(( {4}.*)?\n)+", DOC.read_text(encoding="utf-8"))
    return block[0].partition("\n\n")[2]


class Nginx(ChildProcess):
    """nginx in front of two Odoo servers; a context manager.

    :param body_timeout: seconds, instead of the ten of the documentation
    """

    def __init__(self, users, inbound, body_timeout=2):
        self.folder = Path(tempfile.mkdtemp(prefix="rh_nginx_"))
        self.log_path = Path(os.environ["RETAIL_HUB_LOGS"], f"{database_name('nginx')}.log")
        self.port = free_port()
        self.url = f"https://{HOST}:{self.port}"
        self.certificate = self.folder / "certificate.pem"
        self._config = (
            documented()
            .replace("127.0.0.1:8069", f"127.0.0.1:{users.port}")
            .replace("127.0.0.1:8072", f"127.0.0.1:{users.evented_port}")
            .replace("127.0.0.1:8169", f"127.0.0.1:{inbound.port}")
            .replace("listen 443", f"listen 127.0.0.1:{self.port}")
            .replace(f"/etc/ssl/{HOST}.pem", str(self.certificate))
            .replace(f"/etc/ssl/{HOST}.key", str(self.folder / "key.pem"))
            .replace("client_body_timeout 10s", f"client_body_timeout {body_timeout}s")
        )

    def start(self):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOST}"]
            + ["-addext", f"subjectAltName=DNS:{HOST}", "-keyout", self.folder / "key.pem"]
            + ["-out", self.certificate],
            check=True,
            capture_output=True,
        )
        path = self.folder / "nginx.conf"
        user = "user root;" if os.geteuid() == 0 else ""
        path.write_text(FRAME.format(folder=self.folder, config=self._config, user=user), encoding="utf-8")
        self.log_path.unlink(missing_ok=True)
        self._spawn([os.environ["RETAIL_HUB_NGINX"], "-c", str(path), "-e", "stderr"])
        self._wait_until_ready(self._answers, 20, "nginx")
        return self

    def stop(self, timeout=20):
        super().stop(timeout)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self):
        try:
            return self.session().get(f"{self.url}/web/health", timeout=5).ok
        except requests.ConnectionError:
            return False

    def session(self, source="127.0.0.1"):
        """Return a session that reaches nginx by its name.

        :param source: the address of this machine from which it calls: any of 127.0.0.0/8
        """
        session = requests.Session()
        session.trust_env = False
        session.verify = str(self.certificate)
        session.mount("https://", _FromHere(source))
        return session


class _FromHere(requests.adapters.HTTPAdapter):
    """Connects to this machine, whatever the host is called."""

    def __init__(self, source):
        self._source = source
        super().__init__()

    def init_poolmanager(self, *args, **kwargs):
        super().init_poolmanager(
            *args,
            source_address=(self._source, 0),
            server_hostname=HOST,
            assert_hostname=HOST,
            **kwargs,
        )

    def send(self, request, *args, **kwargs):
        request.headers.setdefault("Host", HOST)
        request.url = request.url.replace(HOST, "127.0.0.1", 1)
        return super().send(request, *args, **kwargs)
