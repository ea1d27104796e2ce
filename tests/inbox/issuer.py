"""An issuer of access tokens, for tests: it publishes its keys over HTTP, and signs what it is asked to."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

ISSUER, AUDIENCE = "https://login.example.com/", "https://odoo.example.com"


class Issuer:
    """A context manager. ``calls`` counts how often its keys were read, ``status`` is what it responds."""

    def __init__(self):
        self.calls, self.status, self.keys, self.private = 0, 200, {}, {}
        self.add_key("k1")

    def __enter__(self):
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.calls += 1
                body = json.dumps({"keys": list(issuer.keys.values())}).encode()
                self.send_response(issuer.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/jwks.json"
        return self

    def __exit__(self, *_exc_info):
        self._server.shutdown()
        self._server.server_close()

    def add_key(self, key_id):
        """Make a key, and publish it."""
        private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key()))
        self.private[key_id] = private
        self.keys[key_id] = {**public, "kid": key_id, "use": "sig", "alg": "RS256"}

    def token(self, key_id="k1", private=None, **changes):
        """Return an access token for the web shop. Changes replace claims; None removes one."""
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "web-shop", "iat": now, "exp": now + 300, **changes}
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(claims, private or self.private[key_id], "RS256", {"kid": key_id})
