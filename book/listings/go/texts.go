package main

import (
	"fmt"
	"net"
	"time"
)

func show(label string, n int, err error) {
	if err != nil {
		fmt.Printf("%s: %v\n", label, err)
	} else {
		fmt.Printf("%s: %d\n", label, n)
	}
	time.Sleep(100 * time.Millisecond)
}

func dial(port string) net.Conn {
	c, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		show("nobody, connect", 0, err)
		return nil
	}
	c.Write([]byte("x"))
	time.Sleep(100 * time.Millisecond)
	return c
}

func read(label string, c net.Conn) {
	n, err := c.Read(make([]byte, 10))
	show(label, n, err)
}

func write(label string, c net.Conn) {
	n, err := c.Write([]byte("x"))
	show(label, n, err)
}

func main() {
	c := dial("7001")
	read("reset, read", c)
	read("reset, read again", c)

	c = dial("7001")
	write("reset, write", c)
	write("reset, write again", c)
	read("reset, then read", c)

	c = dial("7002")
	write("left, write", c)
	write("left, write again", c)
	read("left, then read", c)

	c = dial("7004")
	c.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	read("silent, read", c)
	c.Close()
	read("closed by itself, read", c)

	dial("7003")
}
