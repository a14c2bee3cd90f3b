"""Pictures in an S3 bucket, by django-storages. Imported only where a bucket is configured: it needs requirements/s3.

Whatever goes wrong with the bucket is an OSError, as it is with a folder.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import File
from storages.backends.s3 import S3Storage

CONFIG = Config(
    connect_timeout=5,
    read_timeout=15,
    retries={"max_attempts": 2},
    signature_version="s3v4",
    # What only Amazon understands is left out, so that any S3 service will do.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)


class BucketFailed(OSError):
    """The bucket does not answer, or says no."""


class Bucket(S3Storage):
    def __init__(self, **options: object) -> None:
        super().__init__(client_config=CONFIG, file_overwrite=True, **options)

    def exists(self, name: str) -> bool:
        with _failing_as_files_do():
            return bool(super().exists(name))

    def delete(self, name: str) -> None:
        with _failing_as_files_do():
            super().delete(name)

    def _save(self, name: str, content: File) -> str:
        with _failing_as_files_do():
            return str(super()._save(name, content))

    def _open(self, name: str, mode: str = "rb") -> File:
        with _failing_as_files_do():
            return super()._open(name, mode)


@contextmanager
def _failing_as_files_do() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise BucketFailed(str(error)) from error
