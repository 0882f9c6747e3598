package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"runtime"
)

func main() {
	fmt.Println(runtime.Version())
	config := &tls.Config{InsecureSkipVerify: true}
	for _, peer := range []struct{ label, port string }{{"goodbye", "7443"}, {"truncation", "7444"}, {"reset", "7445"}} {
		conn, err := tls.Dial("tcp", "127.0.0.1:"+peer.port, config)
		if err != nil {
			panic(err)
		}
		conn.Write([]byte("GET / HTTP/1.1\r\n\r\n"))
		for {
			n, err := conn.Read(make([]byte, 1000))
			fmt.Printf("%s: read %d, %v\n", peer.label, n, err)
			if err != nil {
				break
			}
		}
		conn.Close()
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: config}}
		answer, err := client.Get("https://127.0.0.1:" + peer.port)
		if err != nil {
			fmt.Printf("%s: http.Get %v\n", peer.label, err)
			continue
		}
		body, err := io.ReadAll(answer.Body)
		fmt.Printf("%s: http.Get body %d, %v\n", peer.label, len(body), err)
	}
}
