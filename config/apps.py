from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from config import celery, checks  # noqa: F401
        from newsletter import tasks
        from newsletter.deliveries import bell
        from newsletter.liveness import services as liveness

        bell.register(tasks.ring)
        liveness.register(tasks.ring_for_links)
