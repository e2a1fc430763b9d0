"""The functions behind `Custom::ChimeEndpointFleet`: very many endpoints, declared by a manifest in S3."""
