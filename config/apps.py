from importlib import import_module

from django.apps import AppConfig

DOORBELL = "config.doorbell"


def ring(lane: str) -> None:
    import_module(DOORBELL).ring(lane)


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from config import checks  # noqa: F401
        from newsletter.deliveries import bell

        bell.register(ring)
