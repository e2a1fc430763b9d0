"""A stateful emulator of Amazon Chime SDK Identity endpoints, implemented as a moto backend."""

from . import hook
from .faults import Fault, Spoiled
from .models import ChimeSDKIdentityBackend, chimesdkidentity_backends, identity_backend
from .records import AppInstance, AppInstanceUser, Call, Endpoint, Registered
from .server import EmulatorServer
from .switches import Switches

__all__ = [
    "AppInstance",
    "AppInstanceUser",
    "Call",
    "ChimeSDKIdentityBackend",
    "EmulatorServer",
    "Endpoint",
    "Fault",
    "Registered",
    "Spoiled",
    "Switches",
    "chimesdkidentity_backends",
    "identity_backend",
]

hook.install()
