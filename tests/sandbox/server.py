"""The HTTP server: one thread per connection, keep-alive, one send per response."""

import socketserver
import threading
import time
import traceback
from email.utils import formatdate
from http.server import ThreadingHTTPServer

import control
from providers import accounts
from request_log import RequestLog

from kit.faults import FaultPlan
from kit.wire import BadRequest, json_response, read_request, render

HOST = "127.0.0.1"


class SandboxServer(ThreadingHTTPServer):
    """The sandbox and its state: providers, fault plan, request log."""

    request_queue_size = 256

    def __init__(self, port=0, providers=()):
        """:param providers: further stand-ins, ``name=place`` each"""
        self.log = RequestLog(self.provider_for)
        self.faults = FaultPlan()
        self.providers = accounts(providers)
        self.load = Load()
        self.clock_skew = 0.0  # seconds that the Date header is ahead
        self._date = (0, "")
        super().__init__((HOST, port), Connection)

    @property
    def url(self):
        return f"http://{HOST}:{self.server_address[1]}"

    def server_bind(self):
        """Bind without looking up the host name, as http.server does."""
        socketserver.TCPServer.server_bind(self)

    def reset(self):
        self.faults.clear()
        self.clock_skew = 0.0
        for provider in self.providers.values():
            provider.reset()
        self.log.clear()
        self.load.reset()

    def date(self):
        """Return the Date header, which is formatted once per second."""
        now = int(time.time() + self.clock_skew)
        if self._date[0] != now:
            self._date = (now, formatdate(now, usegmt=True))
        return self._date[1]

    def answer(self, request):
        """Return the response of the stand-in that the path belongs to."""
        provider = self.provider_for(request)
        if provider is None:
            return json_response(404, {"error": f"no provider answers {request.path}"})
        try:
            return provider.handle(request)
        except Exception:
            traceback.print_exc()
            return json_response(500, {"error": "the sandbox itself failed, see its stderr"})

    def provider_for(self, request):
        for provider in self.providers.values():
            if request.path.startswith(provider.PREFIXES):
                return provider
        return None


class Load:
    """Counts concurrent requests (``now``) and their maximum (``most``). Enter it for each request."""

    def __init__(self):
        self._lock = threading.Lock()
        self.now = self.most = 0

    def reset(self):
        with self._lock:
            self.most = self.now

    def __enter__(self):
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)

    def __exit__(self, *exc_info):
        with self._lock:
            self.now -= 1


class Connection(socketserver.StreamRequestHandler):
    """One client connection."""

    disable_nagle_algorithm = True

    def handle(self):
        try:
            while self.handle_one():
                pass
        except (ConnectionError, BadRequest, TimeoutError):
            pass

    def handle_one(self):
        """Answer the next request; return whether the connection stays open."""
        request = read_request(self.rfile, self.connection.sendall)
        if request is None:
            return False
        if request.path.startswith(control.PREFIX):
            return self.send(request, control.handle(self.server, request))
        with self.server.load:
            return self.answer_one(request)

    def answer_one(self, request):
        at = time.time()
        rule = request.fault = self.server.faults.find(request)
        if rule is not None and self.refuse(rule):
            self.server.log.add(request, None, at)
            return False
        response = (rule and self.planned_answer(rule, request)) or self.server.answer(request)
        dropped = rule is not None and rule.drop == "after"
        self.server.log.add(request, None if dropped else response.status, at)
        if dropped:
            return False
        return self.send(request, response, truncate=rule is not None and rule.truncate)

    def refuse(self, rule):
        """Delay as planned; return whether to close the connection before anything is done."""
        if rule.latency:
            time.sleep(rule.latency)
        if rule.hang:
            self.server.faults.wait(rule.hang)
        return bool(rule.hang) or rule.drop == "before"

    def planned_answer(self, rule, request):
        if rule.limit:
            provider = self.server.provider_for(request)
            return provider and provider.limit_reached(rule.limit, rule.retry_after)
        return rule.answer()

    def send(self, request, response, truncate=False):
        close = request.headers.get("connection", "").lower() == "close"
        data = render(response, self.server.date(), close)
        if truncate:
            data = data[: len(data) - len(response.body) // 2 - 1]
        self.connection.sendall(data)
        return not (close or truncate)
