"""The table of providers, held against anymail's source."""

import importlib
import inspect
from pathlib import Path

import anymail.backends
import pytest
from anymail.backends.base import BasePayload
from django.utils.module_loading import import_string

from newsletter.deliveries.transport import providers
from newsletter.deliveries.transport.providers import TABLE, Provider, Way

NO_PROVIDERS = {"base", "base_requests", "console", "test", "sendinblue"}


def module(provider: Provider) -> str:
    return provider.backend.split(".")[2]


def test_every_provider_that_anymail_knows_has_one_row():
    known = {file.stem for file in Path(anymail.backends.__path__[0]).glob("*.py")} - {"__init__"} - NO_PROVIDERS

    assert sorted(module(provider) for provider in TABLE) == sorted(known)


@pytest.mark.parametrize("provider", TABLE, ids=module)
def test_every_row_says_why_and_where_from(provider):
    assert provider.why.endswith(".")
    assert provider.sources
    assert all(source.startswith("https://") for source in provider.sources)
    assert 1 <= provider.at_once <= provider.most
    assert (provider.most > 1) is (provider.way is not Way.SINGLE)


@pytest.mark.parametrize("provider", TABLE, ids=module)
def test_metadata_is_had_where_anymail_passes_it_on(provider):
    payloads = [
        kind
        for _, kind in inspect.getmembers(importlib.import_module(provider.backend.rpartition(".")[0]), inspect.isclass)
        if issubclass(kind, BasePayload) and kind.__module__ == provider.backend.rpartition(".")[0]
    ]

    assert any(kind.set_metadata is not BasePayload.set_metadata for kind in payloads) is provider.metadata


def test_a_merge_batch_needs_headers_of_each_recipients_own():
    """Message-ID and List-Unsubscribe differ for everybody."""
    merging = [provider for provider in TABLE if provider.way is Way.MERGE]

    assert [module(provider) for provider in merging] == ["mailgun"]
    payload = import_string("anymail.backends.mailgun.MailgunPayload")
    assert payload.set_merge_headers is not BasePayload.set_merge_headers


def test_a_backend_of_ones_own_takes_after_the_one_it_is_derived_from():
    kind = import_string("anymail.backends.postmark.EmailBackend")
    mine = type("Mine", (kind,), {"__module__": "elsewhere"})

    assert providers.of_kind(mine).looks_up is True
    assert providers.of_kind(dict) is providers.UNKNOWN
