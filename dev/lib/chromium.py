"""A headless Chromium, through its DevTools protocol (https://chromedevtools.github.io/devtools-protocol/)."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import requests
import websocket

from stack import wait_until

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--lang=en-US",
    "--remote-debugging-port=0",
    "--remote-allow-origins=*",
)
TIMEOUT = 60  # seconds


class Chromium:
    """One page in a browser with a fresh profile; a context manager."""

    def __init__(self, width: int, height: int):
        self.size = (width, height)
        self._number = 0

    def __enter__(self) -> Chromium:
        program = next(filter(None, map(shutil.which, NAMES)), None)
        if not program:
            sys.exit("no Chromium or Chrome is installed")
        self._profile = tempfile.TemporaryDirectory(prefix="retail_hub_chromium_", ignore_cleanup_errors=True)
        command = [program, *OPTIONS, f"--user-data-dir={self._profile.name}", "about:blank"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        port_file = Path(self._profile.name, "DevToolsActivePort")
        wait_until(
            lambda: port_file.exists() and port_file.read_text().strip(), TIMEOUT, "Chromium did not start"
        )
        self._connect(port_file.read_text().split()[0])
        return self

    def _connect(self, port):
        pages = requests.get(f"http://127.0.0.1:{port}/json/list", timeout=TIMEOUT).json()
        address = next(page["webSocketDebuggerUrl"] for page in pages if page["type"] == "page")
        self._socket = websocket.create_connection(address, timeout=TIMEOUT)
        self.resize(*self.size)
        self.command("Page.enable")

    def __exit__(self, *exc_info) -> None:
        self._socket.close()
        self._process.terminate()
        self._process.wait(TIMEOUT)
        self._profile.cleanup()

    def command(self, method: str, **params) -> dict:
        """Return the result of a DevTools command. Raise RuntimeError if it fails."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while True:
            message = json.loads(self._socket.recv())
            if message.get("id") == self._number:
                break
        if "error" in message:
            raise RuntimeError(f"{method}: {message['error']['message']}")
        return message["result"]

    def evaluate(self, expression: str):
        """Return the value of a JavaScript expression, awaited if it is a promise. Raise RuntimeError."""
        answer = self.command(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise RuntimeError(details.get("exception", {}).get("description") or details["text"])
        return answer["result"].get("value")

    def wait_for(self, expression: str, timeout: float = TIMEOUT):
        """Wait until a JavaScript expression is true, whatever pages come and go meanwhile."""

        def is_true():
            try:
                return self.evaluate(expression)
            except RuntimeError:
                return False

        return wait_until(is_true, timeout, f"never true: {expression}", interval=0.1)

    def resize(self, width: int, height: int) -> None:
        """Give the page another size, in pixels."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.command("Emulation.setDeviceMetricsOverride", **metrics)

    def open(self, url: str) -> None:
        """Go to a page; use `wait_for` to know when it is there."""
        self.command("Page.navigate", url=url)

    def click(self, selector: str, text: str = "") -> None:
        """Wait for an element (that contains `text`) and click on it."""
        find = _find(selector, text)
        self.wait_for(f"!!{find}")
        self.evaluate(f"{find}.click()")

    def screenshot(self) -> bytes:
        """Return what the page shows, as a PNG file."""
        return base64.b64decode(self.command("Page.captureScreenshot", format="png")["data"])


def _find(selector, text):
    return (
        f"[...document.querySelectorAll({json.dumps(selector)})]"
        f".find(element => element.innerText.includes({json.dumps(text)}))"
    )
