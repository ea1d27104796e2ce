"""HTTP requests that are made before the clock starts: sending them costs the machine next to nothing."""

import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor

TIMEOUT = 120


def raw_request(path, headers, body):
    """Return the bytes of a POST request.

    :param body: bytes, which are JSON
    """
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Connection: close",
        "Content-Type: application/json",
    ]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


def send_all(port, requests, at_once, status):
    """Send requests, so many at once; return the seconds until the last is answered.

    :param status: what each of them is answered
    """
    start = time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        for answer in pool.map(lambda request: send(port, request), requests):
            check(answer, status)
    return time.perf_counter() - start


def send(port, request):
    """Send a request to this machine; return the whole response."""
    with socket.create_connection(("127.0.0.1", port), TIMEOUT) as connection:
        connection.sendall(request)
        parts = []
        while part := connection.recv(65_536):
            parts.append(part)
    return b"".join(parts)


def check(response, status):
    """
    :raise RuntimeError: the response has another status
    """
    if status_of(response) != status:
        raise RuntimeError(response[:2_000].decode(errors="replace"))


def status_of(response):
    return int(response.split(b" ", 2)[1])


def storm(port, making, at_once, is_over, answered):
    """Send requests until told to stop, so many at once. Runs in a process of its own, which leaves the CPU to others.

    :param making: (a function that makes a request, how many are made before they are sent)
    :param is_over: a multiprocessing Event
    :param answered: a multiprocessing Value: how many were answered by 2xx
    """
    os.nice(19)
    make, count = making
    with ThreadPoolExecutor(at_once) as pool:
        while not is_over.is_set():
            requests = [make() for _number in range(count)]
            answers = list(pool.map(lambda request: send(port, request), requests))
            answered.value += sum(200 <= status_of(answer) < 300 for answer in answers)
