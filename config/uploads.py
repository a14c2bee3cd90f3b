"""How much of an upload is kept: beyond the limit nothing is, however much still comes."""

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile

from newsletter.content.pictures.encode import LARGEST_FILE


class LimitedUploadHandler(FileUploadHandler):
    """Stands before the handlers that keep files. A file that is too large is read to its end and does not arrive."""

    def new_file(self, *args: object, **kwargs: object) -> None:
        super().new_file(*args, **kwargs)  # type: ignore[arg-type]
        self._taken = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self._taken += len(raw_data)
        if self._taken > LARGEST_FILE:
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> UploadedFile | None:
        """The file is whoever's that kept it."""
        return None
