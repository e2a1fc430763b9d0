"""Credentials of an APNs channel that Apple does not know."""

from __future__ import annotations

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec


def made_up_credentials() -> dict[str, str]:
    """Return the credentials of an APNs channel, with a new key that Apple does not know."""
    key = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {
        "BundleId": "com.example.live",
        "TeamId": "ABCDE12345",
        "TokenKeyId": "ABCDE12345",
        "TokenKey": key.decode(),
        "DefaultAuthenticationMethod": "KEY",
    }
