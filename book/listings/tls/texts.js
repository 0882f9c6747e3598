const tls = require("node:tls");
const https = require("node:https");

const raw = (label, port) =>
  new Promise((done) => {
    const s = tls.connect({ port, host: "127.0.0.1", rejectUnauthorized: false }, () => s.write("GET / HTTP/1.1\r\n\r\n"));
    s.on("data", (part) => console.log(`${label}: data ${part.length}`));
    s.on("end", () => console.log(`${label}: 'end'`));
    s.on("error", (error) => console.log(`${label}: 'error' ${error.message} (code ${error.code})`));
    s.on("close", done);
  });
const get = (label, port) =>
  new Promise((done) => {
    const request = https.get({ port, host: "127.0.0.1", rejectUnauthorized: false }, (answer) => {
      let length = 0;
      answer.on("data", (part) => (length += part.length));
      answer.on("end", () => done(console.log(`${label}: https.get body ${length}, complete ${answer.complete}`)));
      answer.on("error", (error) => done(console.log(`${label}: https.get body ${length}, ${error.message} (code ${error.code})`)));
    });
    request.on("error", (error) => done(console.log(`${label}: https.get ${error.message} (code ${error.code})`)));
  });

(async () => {
  console.log("Node", process.version);
  for (const [label, port] of [["goodbye", 7443], ["truncation", 7444], ["reset", 7445]]) {
    await raw(label, port);
    await get(label, port);
  }
})();
