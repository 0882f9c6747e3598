const http2 = require("node:http2");

const ends = { 7450: "answer, GOAWAY", 7451: "GOAWAY, last stream 0", 7452: "FIN", 7453: "reset", 7454: "GOAWAY, then reset" };
const get = (label, port) =>
  new Promise((done) => {
    const session = http2.connect(`http://127.0.0.1:${port}`);
    session.on("goaway", (code, last) => console.log(`${label}: session 'goaway' code ${code}, last stream ${last}`));
    session.on("error", (error) => console.log(`${label}: session 'error' ${error.message} (code ${error.code})`));
    session.on("close", done);
    const request = session.request({ ":path": "/" });
    request.on("response", (headers) => console.log(`${label}: response ${headers[":status"]}`));
    request.on("end", () => console.log(`${label}: request 'end'`));
    request.on("error", (error) => console.log(`${label}: request 'error' ${error.message} (code ${error.code})`));
    request.on("close", () => console.log(`${label}: request 'close', rstCode ${request.rstCode}`));
    request.resume();
  });

(async () => {
  console.log("Node", process.version);
  for (const port in ends) await get(ends[port], port);
})();
