"""Suggest the intended name for a wrong one; imported only if there is a mistake."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

_MEANT: Mapping[str, tuple[str, ...]] = {
    # Names from the API, the construct's parameters and the file's fields, mapped to each other.
    "appinstanceuser": ("user",),
    "appinstanceuserarn": ("user",),
    "user": ("appinstanceuserarn",),
    "userarn": ("user", "appinstanceuserarn"),
    "app": ("application", "resourcearn"),
    "apparn": ("application", "resourcearn"),
    "application": ("resourcearn",),
    "applicationarn": ("application", "resourcearn"),
    "applicationid": ("application", "resourcearn"),
    "resourcearn": ("application",),
    "endpointtype": ("type",),
    "platform": ("type",),
    "endpointname": ("name",),
    "displayname": ("name",),
    "attributes": ("endpointattributes",),
    "devicetoken": ("endpointattributes",),
    "devicetokensource": ("devicetoken", "endpointattributes"),
    "token": ("devicetoken", "endpointattributes"),
    "voipdevicetoken": ("endpointattributes",),
    "voipdevicetokensource": ("voipdevicetoken", "endpointattributes"),
    "voiptoken": ("voipdevicetoken", "endpointattributes"),
    "adopt": ("adoptexisting",),
    "messages": ("allowmessages",),
    "deletionpolicy": ("removalpolicy",),
    "secret": ("secretarn",),
    "secretarn": ("secret",),
    "secretid": ("secret", "secretarn"),
    "secretname": ("secret", "secretarn"),
    "jsonfield": ("field",),
    "parameter": ("parametername",),
    "parametername": ("parameter",),
    "ssm": ("parameter", "parametername"),
    "ssmparameter": ("parameter", "parametername"),
    "kmskeyarn": ("kmskey",),
    "value": ("plaintext",),
    "parameterpath": ("parameterpaths",),
    # Words for push services, and for yes and no.
    "android": ("gcm",),
    "fcm": ("gcm",),
    "firebase": ("gcm",),
    "google": ("gcm",),
    "apn": ("apns",),
    "apple": ("apns",),
    "ios": ("apns",),
    "iphone": ("apns",),
    "dev": ("apnssandbox",),
    "development": ("apnssandbox",),
    "sandbox": ("apnssandbox",),
    "testflight": ("apns",),
    **dict.fromkeys(("on", "true", "yes", "y"), ("all",)),
    **dict.fromkeys(("off", "false", "no", "n", "mute", "muted"), ("none",)),
    "delete": ("destroy",),
    "keep": ("retain",),
}
"""Names that people write, mapped to possible names; the one that is valid in the context is suggested."""


def nearest(name: object, known_names: Iterable[str]) -> str:
    """Return the end of a sentence about a wrong name, with a suggestion if there is one.

    Args:
        name: the wrong name.
        known_names: the allowed names.
    """
    known = {_folded(each): each for each in known_names}
    given = _folded(str(name)[:64])
    likely = [each for each in (given, *_MEANT.get(given, ())) if each in known]
    near = likely or get_close_matches(given, known, n=1)
    return f"; did you mean {known[near[0]]}?" if near else "."


def _folded(name: str) -> str:
    """Normalize case and separators of a name."""
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")
