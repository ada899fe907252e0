"""Settings for every test: examples of hypothesis are not timed, since the machine may be busy."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("shipworthy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shipworthy")
