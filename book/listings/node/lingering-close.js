const net = require("node:net");

// ANCHOR: close
/** Closes so that the answer arrives, although the peer is still sending. */
function answerAndClose(socket, answer, milliseconds = 5000, bytesMax = 10_000_000) {
  socket.end(answer); // the answer, then a FIN; the socket goes on reading
  socket.removeAllListeners("data");
  socket.on("data", (part) => {
    bytesMax -= part.length;
    if (bytesMax < 0) socket.destroy();
  });
  socket.on("error", () => {}); // the peer reset: nothing to save any more
  const timer = setTimeout(() => socket.destroy(), milliseconds);
  socket.on("close", () => clearTimeout(timer));
}
// ANCHOR_END: close

const server = net.createServer((socket) => {
  socket.once("data", () => answerAndClose(socket, "413"));
  socket.on("close", () => server.close());
});
server.listen(7010, "127.0.0.1");
