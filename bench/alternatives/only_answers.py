"""A function that answers CloudFormation and does nothing else, silently, as ours where all goes well."""

import json
from http.client import HTTPConnection
from urllib.parse import urlsplit


def handler(event, _):
    """Says that it is done."""
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
