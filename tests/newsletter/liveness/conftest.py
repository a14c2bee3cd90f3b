from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import websites
from tests.fakes.websites import Websites
from tests.interop import authority
from tests.interop.authority import Authority


@pytest.fixture(scope="session")
def trusted(tmp_path_factory) -> Authority:
    folder: Path = tmp_path_factory.mktemp("authority")
    return authority.make(folder)


@pytest.fixture
def sites(trusted) -> Iterator[Websites]:
    with websites.running(trusted) as made:
        yield made
