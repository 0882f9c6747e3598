const net = require("node:net");

// ANCHOR: close
/** Closes so that the answer arrives, although the peer is still sending. */
function answerAndClose(socket, answer, milliseconds = 5000, bytesMax = 10_000_000) {
  const timer = setTimeout(() => socket.destroy(), milliseconds); // for the answer, too
  socket.on("close", () => clearTimeout(timer));
  socket.on("error", () => {}); // the peer reset: nothing to save any more
  socket.removeAllListeners("data");
  socket.on("data", (part) => {
    bytesMax -= part.length;
    if (bytesMax < 0) socket.destroy();
  });
  socket.end(answer); // the answer, then a FIN; the socket goes on reading
}
// ANCHOR_END: close

const [port, length, seconds] = process.argv.slice(2).map(Number);
const server = net.createServer((socket) => {
  let ended = false;
  socket.once("data", () => answerAndClose(socket, "4".repeat(length), seconds * 1000));
  socket.on("end", () => (ended = true));
  socket.on("close", () => {
    console.log(ended ? "gently" : "not gently");
    server.close();
  });
});
server.listen(port, "127.0.0.1");
