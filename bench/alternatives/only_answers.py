"""A function that only sends a response to CloudFormation. Like ours, it logs nothing on success."""

import json
from http.client import HTTPConnection
from urllib.parse import urlsplit


def handler(event, _):
    """Report success."""
    body = {
        "Status": "SUCCESS",
        "PhysicalResourceId": event.get("PhysicalResourceId") or event["RequestId"],
        **{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
    }
    url = urlsplit(event["ResponseURL"])
    connection = HTTPConnection(url.netloc)
    connection.request("PUT", f"{url.path}?{url.query}", body=json.dumps(body).encode(), headers={"content-type": ""})
    connection.getresponse().read()
    connection.close()
