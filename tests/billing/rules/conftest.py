"""Laws are tried without a stop-watch: the machine is shared."""

from hypothesis import settings

settings.register_profile("rules of billing", deadline=None, max_examples=60)
settings.load_profile("rules of billing")
