"""Custom::ChimeAppInstanceUserEndpoint."""
