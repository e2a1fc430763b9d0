"""The identity operations: each translates a request into a call of the backend and its response."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from moto.core.utils import camelcase_to_underscores, get_service_model

from . import render
from .exceptions import SERVICE, IdentityError
from .models import ChimeSDKIdentityBackend, chimesdkidentity_backends
from .requests import Result, ServiceResponse


class ChimeSDKIdentityResponse(ServiceResponse):
    """One request to the service. The public methods are the operations."""

    error = IdentityError

    def _operation(self, name: str) -> Callable[[], Result] | None:
        operation = OPERATIONS.get(name)
        return None if operation is None else lambda: operation(self)

    @property
    def backend(self) -> ChimeSDKIdentityBackend:
        """The backend of the caller's account and the request's region."""
        return chimesdkidentity_backends[self.current_account][self.region]

    @property
    def _page(self) -> dict[str, Any]:
        return {
            "max_results": self._given.get("MaxResults"),
            "next_token": self._given.get("NextToken"),
        }

    def _seconds(self, at: float) -> float:
        return render.timestamp(at, form=self.backend.switches.timestamps)

    def register_app_instance_user_endpoint(self) -> Result:
        """RegisterAppInstanceUserEndpoint."""
        attributes = self._given["EndpointAttributes"]
        registered = self.backend.register_app_instance_user_endpoint(
            app_instance_user_arn=self._given["AppInstanceUserArn"],
            endpoint_type=self._given["Type"],
            resource_arn=self._given["ResourceArn"],
            device_token=attributes["DeviceToken"],
            voip_device_token=attributes.get("VoipDeviceToken"),
            name=self._given.get("Name"),
            allow_messages=self._given.get("AllowMessages"),
            client_request_token=self._given["ClientRequestToken"],
        )
        return render.registered(registered)

    def update_app_instance_user_endpoint(self) -> Result:
        """UpdateAppInstanceUserEndpoint."""
        updated = self.backend.update_app_instance_user_endpoint(
            app_instance_user_arn=self._given["AppInstanceUserArn"],
            endpoint_id=self._given["EndpointId"],
            name=self._given.get("Name"),
            allow_messages=self._given.get("AllowMessages"),
        )
        return render.registered(updated)

    def describe_app_instance_user_endpoint(self) -> Result:
        """DescribeAppInstanceUserEndpoint."""
        endpoint = self.backend.describe_app_instance_user_endpoint(
            app_instance_user_arn=self._given["AppInstanceUserArn"], endpoint_id=self._given["EndpointId"]
        )
        if endpoint is None:
            return {}
        return {"AppInstanceUserEndpoint": render.endpoint(endpoint, self._seconds)}

    def list_app_instance_user_endpoints(self) -> Result:
        """ListAppInstanceUserEndpoints."""
        endpoints, token = self.backend.list_app_instance_user_endpoints(
            app_instance_user_arn=self._given["AppInstanceUserArn"], **self._page
        )
        summaries = [render.endpoint_summary(endpoint) for endpoint in endpoints]
        return render.present(AppInstanceUserEndpoints=summaries, NextToken=token)

    def deregister_app_instance_user_endpoint(self) -> Result:
        """DeregisterAppInstanceUserEndpoint."""
        self.backend.deregister_app_instance_user_endpoint(
            app_instance_user_arn=self._given["AppInstanceUserArn"], endpoint_id=self._given["EndpointId"]
        )
        return None

    def tag_resource(self) -> Result:
        """TagResource."""
        self.backend.tag_resource(resource_arn=self._given["ResourceARN"], tags=render.tags_from(self._given["Tags"]))
        return None

    def untag_resource(self) -> Result:
        """UntagResource."""
        self.backend.untag_resource(resource_arn=self._given["ResourceARN"], tag_keys=self._given["TagKeys"])
        return None

    def list_tags_for_resource(self) -> Result:
        """ListTagsForResource."""
        tags = self.backend.list_tags_for_resource(resource_arn=self._given["ResourceARN"])
        return {"Tags": render.tags(tags)}

    def create_app_instance(self) -> Result:
        """CreateAppInstance."""
        arn = self.backend.create_app_instance(
            name=self._given["Name"],
            metadata=self._given.get("Metadata"),
            tags=render.tags_from(self._given.get("Tags", [])),
            client_request_token=self._given["ClientRequestToken"],
        )
        return {"AppInstanceArn": arn}

    def describe_app_instance(self) -> Result:
        """DescribeAppInstance."""
        instance = self.backend.describe_app_instance(app_instance_arn=self._given["AppInstanceArn"])
        return {"AppInstance": render.app_instance(instance, self._seconds)}

    def update_app_instance(self) -> Result:
        """UpdateAppInstance."""
        arn = self._given["AppInstanceArn"]
        self.backend.update_app_instance(
            app_instance_arn=arn, name=self._given["Name"], metadata=self._given["Metadata"]
        )
        return {"AppInstanceArn": arn}

    def list_app_instances(self) -> Result:
        """ListAppInstances."""
        instances, token = self.backend.list_app_instances(**self._page)
        summaries = [render.app_instance_summary(instance) for instance in instances]
        return render.present(AppInstances=summaries, NextToken=token)

    def delete_app_instance(self) -> Result:
        """DeleteAppInstance."""
        self.backend.delete_app_instance(app_instance_arn=self._given["AppInstanceArn"])
        return None

    def create_app_instance_user(self) -> Result:
        """CreateAppInstanceUser."""
        arn = self.backend.create_app_instance_user(
            app_instance_arn=self._given["AppInstanceArn"],
            app_instance_user_id=self._given["AppInstanceUserId"],
            name=self._given["Name"],
            metadata=self._given.get("Metadata"),
            tags=render.tags_from(self._given.get("Tags", [])),
            expiration_settings=self._given.get("ExpirationSettings"),
            client_request_token=self._given["ClientRequestToken"],
        )
        return {"AppInstanceUserArn": arn}

    def describe_app_instance_user(self) -> Result:
        """DescribeAppInstanceUser."""
        user = self.backend.describe_app_instance_user(app_instance_user_arn=self._given["AppInstanceUserArn"])
        return {"AppInstanceUser": render.user(user, self._seconds)}

    def update_app_instance_user(self) -> Result:
        """UpdateAppInstanceUser."""
        arn = self._given["AppInstanceUserArn"]
        self.backend.update_app_instance_user(
            app_instance_user_arn=arn, name=self._given["Name"], metadata=self._given["Metadata"]
        )
        return {"AppInstanceUserArn": arn}

    def put_app_instance_user_expiration_settings(self) -> Result:
        """PutAppInstanceUserExpirationSettings."""
        arn, settings = self._given["AppInstanceUserArn"], self._given.get("ExpirationSettings")
        self.backend.put_app_instance_user_expiration_settings(app_instance_user_arn=arn, expiration_settings=settings)
        return render.present(AppInstanceUserArn=arn, ExpirationSettings=settings)

    def list_app_instance_users(self) -> Result:
        """ListAppInstanceUsers."""
        arn = self._given["AppInstanceArn"]
        users, token = self.backend.list_app_instance_users(app_instance_arn=arn, **self._page)
        summaries = [render.user_summary(user) for user in users]
        return render.present(AppInstanceArn=arn, AppInstanceUsers=summaries, NextToken=token)

    def delete_app_instance_user(self) -> Result:
        """DeleteAppInstanceUser."""
        self.backend.delete_app_instance_user(app_instance_user_arn=self._given["AppInstanceUserArn"])
        return None


OPERATIONS: Mapping[str, Callable[[ChimeSDKIdentityResponse], Result]] = {
    name: method
    for name in get_service_model(SERVICE).operation_names
    if (method := vars(ChimeSDKIdentityResponse).get(camelcase_to_underscores(name))) is not None
}
