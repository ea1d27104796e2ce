"""``python tests/sandbox [--port N] [--provider NAME=PLACE]``: serve on 127.0.0.1 until SIGTERM or Ctrl-C.

The first line on stdout is ``listening on http://127.0.0.1:PORT``.
"""

import argparse
import signal
import sys

from server import SandboxServer

# Seconds after which a thread lets others run: a short request does not wait for a batch, as it would by the default
# of 5 ms for each time that it reads or writes.
SWITCH_INTERVAL = 0.0005


def main():
    parser = argparse.ArgumentParser(prog="sandbox", description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=0, help="0 (the default): any free port")
    help_text = "one more provider: NAME=/folder/file.py:Class or NAME=package.module:Class; may be repeated"
    parser.add_argument("--provider", action="append", default=[], metavar="NAME=PLACE", help=help_text)
    options = parser.parse_args()
    server = SandboxServer(options.port, options.provider)
    sys.setswitchinterval(SWITCH_INTERVAL)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(f"listening on {server.url}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()


if __name__ == "__main__":
    main()
