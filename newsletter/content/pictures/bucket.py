"""Pictures in an S3 bucket, by django-storages. Imported only where a bucket is configured: it needs requirements/s3.

Whatever goes wrong with the bucket is an OSError, as it is with a folder.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import ContentFile, File
from storages.backends.s3 import S3Storage

CONFIG = Config(
    # Short, for readers wait for pictures, and those who want to leave must not wait behind them.
    connect_timeout=3,
    read_timeout=8,
    retries={"max_attempts": 1},
    signature_version="s3v4",
    # What only Amazon understands is left out, so that any S3 service will do.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)
FOR_EVER = {"CacheControl": "public, max-age=31536000, immutable"}
"""What the bucket itself says of a file, for those who put something that keeps copies before it."""


class BucketFailed(OSError):
    """The bucket does not answer, or says no."""


class Bucket(S3Storage):
    def __init__(self, **options: object) -> None:
        super().__init__(client_config=CONFIG, file_overwrite=True, object_parameters=FOR_EVER, **options)

    def exists(self, name: str) -> bool:
        """A key that may not list is told "no" where nothing is; what is really forbidden, writing finds out."""
        with _failing_as_files_do():
            try:
                return bool(super().exists(name))
            except ClientError as error:
                if _status(error) == HTTPStatus.FORBIDDEN:
                    return False
                raise

    def delete(self, name: str) -> None:
        with _failing_as_files_do():
            super().delete(name)

    def _save(self, name: str, content: File) -> str:
        with _failing_as_files_do():
            return str(super()._save(name, content))

    def _open(self, name: str, mode: str = "rb") -> File:
        """All of it at once, by one question: pictures are small, and a file that comes in parts can stop in any."""
        with _failing_as_files_do():
            try:
                return ContentFile(self.bucket.Object(self._normalize_name(name)).get()["Body"].read(), name)
            except ClientError as error:
                if _status(error) == HTTPStatus.NOT_FOUND:
                    raise FileNotFoundError(name) from None
                raise


def _status(error: ClientError) -> int:
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"])


@contextmanager
def _failing_as_files_do() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise BucketFailed(str(error)) from error
