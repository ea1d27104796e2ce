"""Stand-ins for the remote systems: a real HTTP server with state, limits and faults on demand.

Start it with ``python tests/sandbox``. It needs only the standard library. Tests import only :mod:`client`, which does
not import the server.
"""
