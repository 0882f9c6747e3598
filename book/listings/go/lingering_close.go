package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"time"
)

// ANCHOR: close
var errTooMuch = errors.New("the peer sends too much")

// answerAndClose closes so that the answer arrives, although the peer is still sending.
func answerAndClose(conn *net.TCPConn, answer []byte, patience time.Duration, bytesMax int64) error {
	defer conn.Close() // on every path
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil { // for writing and reading
		return err
	}
	if _, err := conn.Write(answer); err != nil {
		return err
	}
	if err := conn.CloseWrite(); err != nil {
		return err
	}
	switch _, err := io.CopyN(io.Discard, conn, bytesMax); err {
	case io.EOF:
		return nil // the peer has ended its stream: nothing is unread
	case nil:
		return errTooMuch // the close will reset
	default:
		return err
	}
}

// ANCHOR_END: close

func main() {
	length, _ := strconv.Atoi(os.Args[2])
	seconds, _ := strconv.Atoi(os.Args[3])
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		panic(err)
	}
	conn, err := listener.Accept()
	if err != nil {
		panic(err)
	}
	conn.Read(make([]byte, 1000))
	answer := bytes.Repeat([]byte("4"), length)
	if err := answerAndClose(conn.(*net.TCPConn), answer, time.Duration(seconds)*time.Second, 10_000_000); err != nil {
		fmt.Println("not gently:", err)
	} else {
		fmt.Println("gently")
	}
}
