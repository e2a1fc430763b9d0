"""Keys for imported endpoints: unique, reproducible, and derived from the user and the name."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from chime_endpoints_cli.account.endpoints.observed import DescribedEndpoint

VOIP = "-voip"
"""The suffix of a VoIP token's field, after the key of the entry."""

_LONGEST = 100
_OTHERS = re.compile(r"[^A-Za-z0-9]+")


class Keys:
    """Gives out keys; a key is neither taken nor the field of another VoIP token."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        """Accept the keys that are already in use."""
        self._used = {each for key in taken for each in (key, key + VOIP)}
        self._tried: Counter[str] = Counter()

    def next_for(self, endpoint: DescribedEndpoint) -> str:
        """Return the key of one more endpoint."""
        wanted = wanted_key(endpoint)
        key = wanted
        while self._used & {key, key + VOIP}:
            self._tried[wanted] += 1
            key = f"{wanted}-{self._tried[wanted] + 1}"
        self._used |= {key, key + VOIP}
        return key


def keys_for(endpoints: Sequence[DescribedEndpoint], taken: Iterable[str] = ()) -> list[str]:
    """Return a key for each endpoint, in order."""
    keys = Keys(taken)
    return [keys.next_for(endpoint) for endpoint in endpoints]


def wanted_key(endpoint: DescribedEndpoint) -> str:
    """Return the key of an endpoint if no other endpoint has the same one."""
    words = filter(None, (_word(endpoint.user_id), _word(endpoint.name) or _word(endpoint.type)))
    return "-".join(words)[:_LONGEST].strip("-") or "endpoint"


def _word(text: str) -> str:
    """Return a text in the characters of keys: `Zoë's phone` becomes `zoes-phone`."""
    plain = unicodedata.normalize("NFKD", text).replace("'", "").encode("ascii", "ignore").decode()
    return _OTHERS.sub("-", plain).strip("-").lower()
