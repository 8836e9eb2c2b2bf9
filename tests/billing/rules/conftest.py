"""Laws are tried without a stop-watch: the machine is shared."""

from hypothesis import settings

settings.register_profile("without a stop-watch", deadline=None)
settings.load_profile("without a stop-watch")
