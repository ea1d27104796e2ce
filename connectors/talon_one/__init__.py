"""Talon.One: customer profiles, customer sessions, returns, and the points of profile-based loyalty programs."""
