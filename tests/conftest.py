"""Hypothesis judges by what it finds, not by how long an example took: the machine may be busy.

In CI it plays the same examples every time, as it does there by default; elsewhere it goes on looking.
"""

import os

from hypothesis import settings

settings.register_profile("any-machine", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("any-machine")
