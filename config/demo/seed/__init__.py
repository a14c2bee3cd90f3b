"""The demo's past: a fictional clinic, some hundred fictional people, ninety days.

The story is played through the same services that serve the real thing, with the clock of the day it tells
of; only the wire is missing, so mails that were due are written down as submitted (`wire`).
"""
