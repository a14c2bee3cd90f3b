from importlib import import_module

from django.apps import AppConfig

DOORBELL = "config.doorbell"


def ring(lane: str) -> None:
    import_module(DOORBELL).ring(lane)


def ring_for_links() -> None:
    import_module(DOORBELL).ring_for_links()


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from config import checks  # noqa: F401
        from newsletter.deliveries import bell
        from newsletter.liveness import services as liveness

        bell.register(ring)
        liveness.register(ring_for_links)
