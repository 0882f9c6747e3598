package main

import (
	"io"
	"net"
	"time"
)

// ANCHOR: close
// answerAndClose closes so that the answer arrives, although the peer is still sending.
func answerAndClose(conn *net.TCPConn, answer []byte) error {
	defer conn.Close()
	if _, err := conn.Write(answer); err != nil {
		return err
	}
	if err := conn.CloseWrite(); err != nil {
		return err
	}
	conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	_, err := io.CopyN(io.Discard, conn, 10_000_000)
	if err == io.EOF {
		return nil // the peer has ended its stream: nothing is unread
	}
	return err
}

// ANCHOR_END: close

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:7010")
	if err != nil {
		panic(err)
	}
	conn, err := listener.Accept()
	if err != nil {
		panic(err)
	}
	conn.Read(make([]byte, 1000))
	if err := answerAndClose(conn.(*net.TCPConn), []byte("413")); err != nil {
		println(err.Error())
	}
}
