"""Tags of app instances, users and bots. Endpoints do not have tags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .arns import Arn, ResourceType
from .exceptions import BadRequestException, ForbiddenException, ResourceLimitExceededException
from .service import exclusive
from .state import IdentityState

TAGS_PER_RESOURCE = 50


class Tagging(IdentityState):
    """The operations that set, remove and list tags."""

    @exclusive
    def tag_resource(self, *, resource_arn: str, tags: Mapping[str, str]) -> None:
        """Set all of the given tags, or none if one is rejected."""
        current = self._tags_of(resource_arn)
        for key in tags:
            if key.lower().startswith("aws:"):
                raise BadRequestException(f"The tag key {key} begins with aws:, which is reserved")
        if len({*current, *tags}) > TAGS_PER_RESOURCE:
            raise ResourceLimitExceededException(f"{resource_arn} would have more than {TAGS_PER_RESOURCE} tags")
        current.update(tags)

    @exclusive
    def untag_resource(self, *, resource_arn: str, tag_keys: Iterable[str]) -> None:
        """Remove tags. Unknown keys are ignored."""
        current = self._tags_of(resource_arn)
        for key in tag_keys:
            current.pop(key, None)

    @exclusive
    def list_tags_for_resource(self, *, resource_arn: str) -> dict[str, str]:
        """Return the tags of a resource."""
        return dict(self._tags_of(resource_arn))

    def _tags_of(self, resource_arn: str) -> dict[str, str]:
        arn = Arn.parse(resource_arn)
        if arn.kind is not ResourceType.OTHER and not arn.is_of(
            partition=self.partition, region=self.region_name, account=self.account_id
        ):
            raise ForbiddenException
        if resource_arn not in self.tags:
            raise self._missing_tagged()
        return self.tags[resource_arn]
