"""What others would send with, each in its own words. Runs in an environment of its own; imports nothing of ours."""
