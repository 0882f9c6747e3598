// Whether Node's two HTTP clients repeat a request by themselves whose connection ended without an answer.
"use strict";
const http = require("node:http");

const url = "http://127.0.0.1:7080/";
const bodyOf = (method) => (method === "POST" ? "x" : undefined);
const said = (text) => (text === "2" ? "sent again" : text);

function ask(agent, method, path) {
  return new Promise((resolve) => {
    const body = bodyOf(method);
    const headers = body ? { "content-length": body.length } : {};
    const request = http.request(url + path, { method, agent, headers }, async (answer) => {
      let text = "";
      for await (const part of answer) text += part;
      resolve(said(text));
    });
    request.on("error", ({ message }) => resolve(message));
    request.end(body);
  });
}

async function fetched(method, path) {
  try {
    return said(await (await fetch(url + path, { method, body: bodyOf(method) })).text());
  } catch ({ message, cause }) {
    return `${message}, ${cause?.message}`;
  }
}

async function main() {
  for (const method of ["GET", "POST"]) {
    const agent = new http.Agent({ keepAlive: true });
    await ask(agent, "GET", "");
    console.log(`http ${method}: ${await ask(agent, method, `lost-http-${method}-${process.pid}`)}`);
    agent.destroy();
  }
  for (const method of ["GET", "POST"]) {
    await fetched("GET", "");
    // The connection goes back to the pool when its answer has been read.
    await new Promise((resolve) => setTimeout(resolve, 100));
    console.log(`fetch ${method}: ${await fetched(method, `lost-fetch-${method}-${process.pid}`)}`);
  }
  process.exit(0);
}

main();
