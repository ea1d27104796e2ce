"""The stand-in ``voucherify``: one Voucherify project. README.md lists its settings, and the sources of its facts."""
