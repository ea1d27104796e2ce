"""``python tests/sandbox [--port N]``: serve on 127.0.0.1 until SIGTERM or Ctrl-C.

The first line on stdout is ``listening on http://127.0.0.1:PORT``.
"""

import argparse
import signal
import sys

from server import SandboxServer


def main():
    parser = argparse.ArgumentParser(prog="sandbox", description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=0, help="0 (the default) takes a free one")
    server = SandboxServer(parser.parse_args().port)
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
