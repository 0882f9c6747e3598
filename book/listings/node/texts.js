// Node reads by itself as soon as data or an error is there, so the read cannot be put off as in the other listings.
const net = require("node:net");
const pause = () => new Promise((resolve) => setTimeout(resolve, 100));

async function connection(label, port, options) {
  const s = net.connect({ port, host: "127.0.0.1", ...options });
  for (const name of ["data", "end", "error", "timeout", "close"]) {
    s.on(name, (value) => console.log(`${label}: event '${name}'`, value instanceof Error ? `${value} (code ${value.code})` : value ?? ""));
  }
  await new Promise((resolve) => s.once("connect", resolve).once("error", resolve));
  return s;
}

(async () => {
  let s = await connection("reset, read", 7001);
  s.write("x");
  await pause();

  s = await connection("reset, write", 7001);
  s.pause();
  s.write("x");
  await pause();
  s.write("x");
  await pause();

  s = await connection("left, write", 7002);
  s.write("x");
  await pause();
  s.write("x");
  await pause();

  s = await connection("left, write, allowHalfOpen", 7002, { allowHalfOpen: true });
  s.write("x");
  await pause();
  s.write("x");
  await pause();
  s.write("x");
  await pause();

  s = await connection("silent, read", 7004);
  s.write("x");
  s.setTimeout(100);
  await pause();
  await pause();
  s.destroy();
  await pause();
  s.write("x", (error) => console.log(`closed by itself, write: ${error} (code ${error.code})`));
  await pause();

  await connection("nobody, connect", 7003);
})();
