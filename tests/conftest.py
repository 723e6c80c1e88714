"""What every layer shares: property tests draw the same examples every time, on every machine."""

from hypothesis import settings

settings.register_profile("house", derandomize=True, deadline=None, database=None, print_blob=True)
settings.load_profile("house")
