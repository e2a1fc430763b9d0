"""The correct name that a message suggests for an unknown one."""

from __future__ import annotations

import pytest

from chime_endpoints.declared.document.nearest_name import nearest_name
from chime_endpoints_handler.model.declaration import AllowMessages, EndpointType
from chime_endpoints_handler.model.rules.limits import ENDPOINT_RULES
from chime_endpoints_handler.model.rules.nearest import nearest

FIELDS = ("user", "type", "application", "device_token", "name", "allow_messages", "secret", "removal_policy")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("EndpointName", "Name"),
        ("endpoint_name", "Name"),
        ("allow_messages", "AllowMessages"),
        ("UserArn", "AppInstanceUserArn"),
        ("Application", "ResourceArn"),
        ("DeviceToken", "EndpointAttributes"),
        ("device_token", "EndpointAttributes"),
        ("Typ", "Type"),
    ],
)
def test_a_property_is_known_by_the_constructs_and_the_files_names(name: str, meant: str) -> None:
    """If the constructs' or a file's name is used for a property, the message suggests the right one."""
    assert nearest(name, ENDPOINT_RULES) == f"; did you mean {meant}?"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("EndpointName", "name"),
        ("AppInstanceUserArn", "user"),
        ("deviceToken", "device_token"),
        ("token", "device_token"),
        ("SecretArn", "secret"),
        ("DeletionPolicy", "removal_policy"),
        ("alow_messages", "allow_messages"),
    ],
)
def test_a_field_is_known_by_the_propertys_name(name: str, meant: str) -> None:
    """If a property's name is used for a field, the message suggests the field."""
    assert nearest_name(name, FIELDS) == f"; did you mean {meant}?"


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("ios", "APNS"),
        ("apns", "APNS"),
        ("android", "GCM"),
        ("FCM", "GCM"),
        ("gcm", "GCM"),
        ("sandbox", "APNS_SANDBOX"),
    ],
)
def test_a_push_service_is_known_by_the_devices_it_serves(word: str, meant: str) -> None:
    """If a device is named, the message suggests its push service: GCM for Firebase Cloud Messaging."""
    assert nearest(word, EndpointType) == f"; did you mean {meant}?"


@pytest.mark.parametrize(("word", "meant"), [("off", "NONE"), ("no", "NONE"), ("On", "ALL"), ("all", "ALL")])
def test_yes_and_no_are_known_for_messages(word: str, meant: str) -> None:
    """For yes and no, the message suggests the API's two words."""
    assert nearest(word, AllowMessages) == f"; did you mean {meant}?"


def test_what_is_like_nothing_gets_no_proposal() -> None:
    """A name that resembles no known one gets no suggestion, because it would mislead."""
    assert nearest("colour", FIELDS) == "."
