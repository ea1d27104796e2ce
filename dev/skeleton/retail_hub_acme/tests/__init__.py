from . import test_acme
