// A minimal Lambda runtime for Node.js: it loads a handler and passes it the events from standard input.
// The handler always sends responses to the default port, so the agent's default port is set to that of the URL.
const https = require("https");
const readline = require("readline");

https.globalAgent.defaultPort = Number(process.env.BENCH_ANSWER_PORT);
const log = console.log;
console.log = () => {}; // in Lambda, logs do not go to standard output
const { handler } = require(process.argv[2]);

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const event = JSON.parse(line);
    const began = performance.now();
    await handler(event, {});
    log(`took ${performance.now() - began}`);
  }
  log(require("fs").readFileSync("/proc/self/status", "utf8").match(/VmHWM.*/)[0]);
  process.exit(0);
})();
