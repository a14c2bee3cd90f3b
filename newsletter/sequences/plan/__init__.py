"""The plan of a sequence: what a version says. Pure: no clock, no database."""
