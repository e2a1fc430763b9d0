"""Suggest the intended name for a wrong one; imported only if there is a mistake."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

SYNONYMS: Mapping[str, str] = {
    "appinstanceuserarn": "user userarn",
    "resourcearn": "app apparn application applicationarn applicationid",
    "type": "endpointtype platform",
    "name": "endpointname displayname",
    "endpointattributes": "attributes token voiptoken"
    " devicetoken devicetokensource voipdevicetoken voipdevicetokensource",
    "adoptexisting": "adopt",
    "allowmessages": "messages",
    "secretarn": "secret secretid secretname",
    "field": "jsonfield",
    "parametername": "parameter ssm ssmparameter",
    "gcm": "android fcm firebase google",
    "apns": "apn apple ios iphone testflight",
    "apnssandbox": "dev development sandbox",
    "all": "on true yes y",
    "none": "off false no n mute muted",
}
"""Names of properties and choices, mapped to words that people write for them."""


def nearest(name: object, known_names: Iterable[str], synonyms: Mapping[str, str] = SYNONYMS) -> str:
    """Return the end of a sentence about a wrong name, with a suggestion if there is one.

    Args:
        name: the wrong name.
        known_names: the allowed names.
        synonyms: names, mapped to words that people write for them.
    """
    known = {_folded(each): each for each in known_names}
    given = _folded(str(name)[:64])
    likely = [each for each in known if given in (each, *synonyms.get(each, "").split())]
    near = likely or get_close_matches(given, known, n=1)
    return f"; did you mean {known[near[0]]}?" if near else "."


def _folded(name: str) -> str:
    """Normalize case and separators of a name."""
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")
