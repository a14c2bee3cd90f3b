"""What Celery is told: the whole timetable, and what keeps a broken connection from going unnoticed."""

from pathlib import Path

from django.conf import settings

from config.celery import app


def registered() -> set[str]:
    app.loader.import_default_modules()
    return {name for name in app.tasks if not name.startswith("celery.")}


def test_the_timetable_has_one_entry() -> None:
    assert {entry["task"]: entry["schedule"] for entry in app.conf.beat_schedule.values()} == {
        "newsletter.tasks.tick": 5
    }


def test_every_task_has_a_queue_and_every_queue_a_task() -> None:
    routes = {name: route["queue"] for name, route in app.conf.task_routes.items()}

    assert routes.keys() == registered()
    assert sorted(set(routes.values())) == ["marketing", "tick", "transactional"]


def test_nothing_but_json_travels_and_nothing_comes_back() -> None:
    assert (app.conf.accept_content, app.conf.task_serializer, app.conf.task_ignore_result) == (["json"], "json", True)


def test_a_connection_that_swallows_everything_is_noticed() -> None:
    assert app.conf.broker_transport_options == {
        "socket_timeout": 30,
        "socket_connect_timeout": 10,
        "socket_keepalive": True,
        "health_check_interval": 25,
    }


def test_beat_keeps_its_notes_out_of_the_tree() -> None:
    assert Path(app.conf.beat_schedule_filename).parent == settings.VAR_DIR
