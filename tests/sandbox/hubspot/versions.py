"""The versions of HubSpot's API. Others are a 404."""

DATED = r"(?:2025-09|2026-03|2026-09(?:-beta)?|2027-03-beta)"


def since_2026_09(version):
    """Return whether a version of a path, such as ``2026-03``, is 2026-09 or later; v3 and v4 are not."""
    return version[:1].isdigit() and version >= "2026-09"
