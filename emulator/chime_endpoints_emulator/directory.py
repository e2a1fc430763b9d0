"""Operations on app instances, users and bots, which must exist before an endpoint can be registered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from .arns import ResourceType, app_instance_of
from .exceptions import ConflictException
from .records import AppInstance, AppInstanceUser
from .service import exclusive
from .state import IdentityState


class Directory(IdentityState):
    """The operations that create, describe, change, list and delete app instances and users."""

    @exclusive
    def create_app_instance(
        self,
        *,
        name: str,
        metadata: str | None = None,
        tags: Mapping[str, str] | None = None,
        client_request_token: str | None = None,
    ) -> str:
        """Create an app instance and return its ARN. A repeated request token returns the first result."""
        token = client_request_token or uuid4().hex
        if (earlier := self.request_tokens.recall("CreateAppInstance", token)) is not None:
            return str(earlier.result)
        arn = f"arn:{self.partition}:chime:{self.region_name}:{self.account_id}:app-instance/{uuid4()}"
        now = self.now()
        self.app_instances[arn] = AppInstance(arn=arn, name=name, metadata=metadata, created=now, updated=now)
        self.tags[arn] = dict(tags or {})
        self.request_tokens.remember("CreateAppInstance", token, parameters={}, result=arn)
        return arn

    @exclusive
    def describe_app_instance(self, *, app_instance_arn: str) -> AppInstance:
        """Return an app instance."""
        self._checked(app_instance_arn, ResourceType.APP_INSTANCE)
        if app_instance_arn not in self.app_instances:
            raise self._missing_user()
        return self.app_instances[app_instance_arn]

    @exclusive
    def update_app_instance(self, *, app_instance_arn: str, name: str, metadata: str) -> None:
        """Change the name and metadata of an app instance."""
        instance = self.describe_app_instance(app_instance_arn=app_instance_arn)
        instance.name, instance.metadata, instance.updated = name, metadata, self.now()

    @exclusive
    def list_app_instances(
        self, *, max_results: int | None = None, next_token: str | None = None
    ) -> tuple[list[AppInstance], str | None]:
        """Return a page of app instances."""
        page, token = self._page(self.app_instances, max_results=max_results, next_token=next_token)
        return [self.app_instances[arn] for arn in page if arn in self.app_instances], token

    @exclusive
    def delete_app_instance(self, *, app_instance_arn: str) -> None:
        """Delete an app instance and everything that belongs to it."""
        self.describe_app_instance(app_instance_arn=app_instance_arn)
        for arn in [arn for arn in self.users if app_instance_of(arn) == app_instance_arn]:
            self.delete_app_instance_user(app_instance_user_arn=arn)
        for arn in [arn for arn in self.bots if app_instance_of(arn) == app_instance_arn]:
            self.bots.remove(arn)
            del self.tags[arn]
        del self.app_instances[app_instance_arn], self.tags[app_instance_arn]

    @exclusive
    def create_app_instance_user(
        self,
        *,
        app_instance_arn: str,
        app_instance_user_id: str,
        name: str,
        metadata: str | None = None,
        tags: Mapping[str, str] | None = None,
        expiration_settings: Mapping[str, Any] | None = None,
        client_request_token: str | None = None,
    ) -> str:
        """Create a user and return its ARN. A repeated request token returns the first result."""
        self.describe_app_instance(app_instance_arn=app_instance_arn)
        token = client_request_token or uuid4().hex
        arn = f"{app_instance_arn}/user/{app_instance_user_id}"
        if (earlier := self.request_tokens.recall("CreateAppInstanceUser", token)) is not None:
            return str(earlier.result)
        if arn in self.users:
            raise ConflictException(f"An app instance user with the id {app_instance_user_id} exists")
        now = self.now()
        self.users[arn] = AppInstanceUser(
            arn=arn,
            name=name,
            metadata=metadata,
            expiration_settings=expiration_settings,
            created=now,
            updated=now,
        )
        self.tags[arn] = dict(tags or {})
        self.request_tokens.remember("CreateAppInstanceUser", token, parameters={}, result=arn)
        return arn

    @exclusive
    def ensure_app_instance_user(self, *, app_instance_user_arn: str) -> None:
        """Create the user with this ARN and its app instance if they do not exist. The service has no such call."""
        self._checked(app_instance_user_arn, ResourceType.USER)
        app_instance = app_instance_of(app_instance_user_arn)
        user_id = app_instance_user_arn.removeprefix(f"{app_instance}/user/")
        now = self.now()
        if app_instance not in self.app_instances:
            self.app_instances[app_instance] = AppInstance(arn=app_instance, name="local", created=now, updated=now)
            self.tags[app_instance] = {}
        if app_instance_user_arn not in self.users:
            self.create_app_instance_user(
                app_instance_arn=app_instance, app_instance_user_id=user_id, name=user_id.capitalize()
            )

    @exclusive
    def describe_app_instance_user(self, *, app_instance_user_arn: str) -> AppInstanceUser:
        """Return a user."""
        self._checked(app_instance_user_arn, ResourceType.USER)
        if app_instance_user_arn not in self.users:
            raise self._missing_user()
        return self.users[app_instance_user_arn]

    @exclusive
    def update_app_instance_user(self, *, app_instance_user_arn: str, name: str, metadata: str) -> None:
        """Change the name and metadata of a user."""
        user = self.describe_app_instance_user(app_instance_user_arn=app_instance_user_arn)
        user.name, user.metadata, user.updated = name, metadata, self.now()

    @exclusive
    def put_app_instance_user_expiration_settings(
        self, *, app_instance_user_arn: str, expiration_settings: Mapping[str, Any] | None = None
    ) -> AppInstanceUser:
        """Set when a user expires. None means never. The emulator does not delete expired users."""
        user = self.describe_app_instance_user(app_instance_user_arn=app_instance_user_arn)
        user.expiration_settings, user.updated = expiration_settings, self.now()
        return user

    @exclusive
    def list_app_instance_users(
        self, *, app_instance_arn: str, max_results: int | None = None, next_token: str | None = None
    ) -> tuple[list[AppInstanceUser], str | None]:
        """Return a page of an app instance's users."""
        self.describe_app_instance(app_instance_arn=app_instance_arn)
        arns = [arn for arn in self.users if app_instance_of(arn) == app_instance_arn]
        page, token = self._page(arns, max_results=max_results, next_token=next_token)
        return [self.users[arn] for arn in page if arn in self.users], token

    @exclusive
    def delete_app_instance_user(self, *, app_instance_user_arn: str) -> None:
        """Delete a user, and its endpoints if `endpoints_on_user_deletion` is `deleted`."""
        self.describe_app_instance_user(app_instance_user_arn=app_instance_user_arn)
        del self.users[app_instance_user_arn], self.tags[app_instance_user_arn]
        if self.switches.endpoints_on_user_deletion == "deleted":
            for endpoint in self.endpoints.of_user(app_instance_user_arn):
                del self.endpoints[endpoint.endpoint_id]

    @exclusive
    def create_app_instance_bot(self, *, app_instance_arn: str) -> str:
        """Create a bot and return its ARN. The emulator supports only tags on bots."""
        self.describe_app_instance(app_instance_arn=app_instance_arn)
        arn = f"{app_instance_arn}/bot/{uuid4()}"
        self.bots.add(arn)
        self.tags[arn] = {}
        return arn
