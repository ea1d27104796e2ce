from . import test_club
