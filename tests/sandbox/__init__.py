"""A stand-in for the remote systems: a real HTTP server with state, limits and faults on demand.

Started with ``python tests/sandbox``; it needs nothing but the standard library. Tests import only
:mod:`client`, which needs nothing of the server.
"""
