"""A stateful emulator of Amazon Chime SDK Identity endpoints and their push applications, as backends of moto."""

from . import hook
from .faults import Fault, Spoiled
from .models import ChimeSDKIdentityBackend, chimesdkidentity_backends, identity_backend
from .profile import Profile, use_profile
from .push.models import PushBackend, push_backend
from .push.records import Channel, ChannelType, Credentials, Message
from .push.rejections import Rejection
from .push.switches import PushSwitches
from .records import AppInstance, AppInstanceUser, Call, Endpoint, Registered
from .server import EmulatorServer
from .switches import Switches

__all__ = [
    "AppInstance",
    "AppInstanceUser",
    "Call",
    "Channel",
    "ChannelType",
    "ChimeSDKIdentityBackend",
    "Credentials",
    "EmulatorServer",
    "Endpoint",
    "Fault",
    "Message",
    "Profile",
    "PushBackend",
    "PushSwitches",
    "Registered",
    "Rejection",
    "Spoiled",
    "Switches",
    "chimesdkidentity_backends",
    "identity_backend",
    "push_backend",
    "use_profile",
]

hook.install()
