"""Keys for imported endpoints: of the user and the name, the same every time, each once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from chime_endpoints_cli.registered import Described

VOIP = "-voip"
"""What the field of a VoIP token is called after its entry's key."""

_LONGEST = 100
_OTHERS = re.compile(r"[^A-Za-z0-9]+")


def keys_for(endpoints: Sequence[Described]) -> list[str]:
    """A key for each endpoint, in their order; no key is the field of another's VoIP token."""
    used: set[str] = set()
    keys = []
    for endpoint in endpoints:
        wanted = "-".join(filter(None, (_word(endpoint.user_id), _word(endpoint.name) or _word(endpoint.type))))
        wanted = wanted[:_LONGEST].strip("-") or "endpoint"
        key, number = wanted, 1
        while used & {key, key + VOIP}:
            number += 1
            key = f"{wanted}-{number}"
        used |= {key, key + VOIP}
        keys.append(key)
    return keys


def _word(text: str) -> str:
    """A text in the letters of keys: `Zoë's phone` is `zoes-phone`."""
    plain = unicodedata.normalize("NFKD", text).replace("'", "").encode("ascii", "ignore").decode()
    return _OTHERS.sub("-", plain).strip("-").lower()
