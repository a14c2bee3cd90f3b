"""How the parts are wired: settings, addresses, Celery and its timetable, the embedded servers, the demo."""
