"""The database as Django is told of it in settings.DATABASES."""
