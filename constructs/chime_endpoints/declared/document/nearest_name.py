"""Suggest the intended field for a wrong one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from chime_endpoints_handler.model.rules import nearest

_SYNONYMS: Mapping[str, str] = {
    **nearest.SYNONYMS,
    "user": "appinstanceuser appinstanceuserarn userarn",
    "application": "app apparn applicationarn applicationid resourcearn",
    "devicetoken": "devicetokensource token",
    "voipdevicetoken": "voipdevicetokensource voiptoken",
    "removalpolicy": "deletionpolicy",
    "secret": "secretarn secretid secretname",
    "parameter": "parametername ssm ssmparameter",
    "kmskey": "kmskeyarn",
    "plaintext": "value",
    "parameterpaths": "parameterpath",
    "destroy": "delete",
    "retain": "keep",
}
"""Names of fields and choices, mapped to words that people write for them."""


def nearest_name(name: object, known_names: Iterable[str]) -> str:
    """Return the end of a sentence about a wrong name, with a suggestion if there is one."""
    return nearest.nearest(name, known_names, _SYNONYMS)
