"""What every stand-in needs: an account, its records, who may call and how often, and what goes wrong on demand.

How to write a stand-in with it: ../README.md.
"""
