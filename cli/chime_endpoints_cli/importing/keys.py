"""Keys for imported endpoints: made of the user and the name, the same every time, each used once."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from chime_endpoints_cli.registered import Described

VOIP = "-voip"
"""What the field of a VoIP token is called after its entry's key."""

_LONGEST = 100
_OTHERS = re.compile(r"[^A-Za-z0-9]+")


def keys_for(endpoints: Sequence[Described], taken: Iterable[str] = ()) -> list[str]:
    """A key for each endpoint, in their order; none is taken already or is the field of another's VoIP token."""
    used = {each for key in taken for each in (key, key + VOIP)}
    tried: Counter[str] = Counter()
    keys = []
    for endpoint in endpoints:
        wanted = wanted_key(endpoint)
        key = wanted
        while used & {key, key + VOIP}:
            tried[wanted] += 1
            key = f"{wanted}-{tried[wanted] + 1}"
        used |= {key, key + VOIP}
        keys.append(key)
    return keys


def wanted_key(endpoint: Described) -> str:
    """The key of an endpoint that shares it with no other."""
    words = filter(None, (_word(endpoint.user_id), _word(endpoint.name) or _word(endpoint.type)))
    return "-".join(words)[:_LONGEST].strip("-") or "endpoint"


def _word(text: str) -> str:
    """A text in the letters of keys: `Zoë's phone` is `zoes-phone`."""
    plain = unicodedata.normalize("NFKD", text).replace("'", "").encode("ascii", "ignore").decode()
    return _OTHERS.sub("-", plain).strip("-").lower()
