// A function that only sends a response to CloudFormation. Like AwsCustomResource's, it logs one line.
const http = require("http");

exports.handler = (event) =>
  new Promise((resolve, reject) => {
    console.log(JSON.stringify({ ...event, ResponseURL: "..." }));
    const { StackId, RequestId, LogicalResourceId } = event;
    const body = JSON.stringify({
      Status: "SUCCESS",
      PhysicalResourceId: event.PhysicalResourceId || RequestId,
      StackId,
      RequestId,
      LogicalResourceId,
    });
    const headers = { "content-type": "", "content-length": Buffer.byteLength(body) };
    const request = http.request(event.ResponseURL, { method: "PUT", headers }, (answer) => {
      answer.resume();
      answer.on("end", resolve);
    });
    request.on("error", reject);
    request.end(body);
  });
