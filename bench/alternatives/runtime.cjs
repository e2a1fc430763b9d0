// Lambda's runtime for Node.js, as far as it takes: a handler is loaded and given the events on standard input.
// The handler answers on port 443 whatever the URL says, so that the agent's default is set to the URL's port.
const https = require("https");
const readline = require("readline");

https.globalAgent.defaultPort = Number(process.env.BENCH_ANSWER_PORT);
const log = console.log;
console.log = () => {}; // Lambda takes the log off standard output
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
