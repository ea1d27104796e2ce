"""The contract of receivers is kept by each provider, and catches the mistakes that cost most.

The mistakes are made in the receiver of the skeleton (dev/skeleton), which is right.
"""

import importlib.util
import json
import uuid
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest
from adapter_mistakes import SKELETON

from odoo.addons.retail_hub.connectors import PROVIDERS
from odoo.addons.retail_hub_acme.acme import receiver
from odoo.addons.retail_hub_acme.acme.provider import ACME
from odoo.addons.retail_hub_acme.acme.receiver import AcmeReceiver

_spec = importlib.util.spec_from_file_location(
    "skeleton_receiver", SKELETON / "tests" / "pure" / "test_acme_receiver.py"
)
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)
TestAcmeReceiver = _module.TestAcmeReceiver


def test_each_provider_with_a_receiver_has_a_test_of_it():
    codes = [code for code, provider in PROVIDERS.items() if provider.receiver]
    files = {code: Path(__file__).with_name(f"test_{code}_receiver.py") for code in codes}
    assert len(files) >= 4
    for file in files.values():
        assert "(ReceiverContract):" in file.read_text(encoding="utf-8")


# ----- mistakes -----


class BelievesAnybody(AcmeReceiver):
    def verify(self, request, secrets):
        pass


class BelievesAnybodyWithoutSecrets(AcmeReceiver):
    def verify(self, request, secrets):
        if any(secrets.values()):
            super().verify(request, secrets)


class VerifiesWithAnEmptySecret(AcmeReceiver):
    def verify(self, request, secrets):
        at = int(request.headers.get("x-webhook-timestamp", "0"))
        if _module.sign(request.body, secrets.get("webhook_secret", ""), at, "") != request.headers:
            super().verify(request, secrets)


class ForgetsTheFormerSecret(AcmeReceiver):
    def verify(self, request, secrets):
        super().verify(request, {**secrets, "former_webhook_secret": ""})


class SecretsThatNobodyEnters(AcmeReceiver):
    credentials = ()


class TakesOldRequests(AcmeReceiver):
    def verify(self, request, secrets):
        with patch.object(receiver, "TOLERANCE", 10**9):
            super().verify(request, secrets)


class AnotherIdEachTime(AcmeReceiver):
    """What comes twice would be carried out twice."""

    def commands(self, request):
        return [replace(each, id=str(uuid.uuid4())) for each in super().commands(request)]


class TrustsTheContent(AcmeReceiver):
    def commands(self, request):
        json.loads(request.body)["data"]["id"].strip()
        return super().commands(request)


class TakesAnyNumber(AcmeReceiver):
    def commands(self, request):
        content = json.loads(request.body)
        items = content if isinstance(content, list) else [content]
        return [
            each
            for item in items
            for each in super(TakesAnyNumber, self).commands(replace(request, body=json.dumps(item).encode()))
        ]


@pytest.mark.parametrize(
    ("mistake", "name", "arguments"),
    [
        (BelievesAnybody, "test_wrong_secret", ()),
        (BelievesAnybody, "test_forged", ()),
        (BelievesAnybody, "test_missing_headers", ()),
        (BelievesAnybody, "test_changed_headers", ()),
        (BelievesAnybodyWithoutSecrets, "test_no_secret", ()),
        (VerifiesWithAnEmptySecret, "test_a_signature_with_an_empty_secret", ()),
        (ForgetsTheFormerSecret, "test_rotated_secrets", ()),
        (SecretsThatNobodyEnters, "test_the_admin_can_enter_the_secrets", ()),
        (TakesOldRequests, "test_stale_and_future", (10, False)),
        (AnotherIdEachTime, "test_replayed", ()),
        (TrustsTheContent, "test_content_that_cannot_be_read", (b"{}",)),
        (TakesAnyNumber, "test_huge", ()),
    ],
)
def test_a_mistake_is_caught(mistake, name, arguments):
    contract = TestAcmeReceiver()
    contract.CASE = replace(contract.CASE, provider=replace(ACME, receiver=mistake()))
    with pytest.raises((AssertionError, pytest.fail.Exception, KeyError)):
        getattr(contract, name)(*arguments)
