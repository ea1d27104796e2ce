"""The stand-in ``talon_one``: a deployment of Talon.One. README.md has its settings, and the sources of its facts."""
