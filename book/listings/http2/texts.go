package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"time"
)

func main() {
	fmt.Println(runtime.Version())
	ends := []string{"answer, GOAWAY", "GOAWAY, last stream 0", "FIN", "reset", "GOAWAY, then reset"}
	for i, label := range ends {
		for _, method := range []string{"GET", "POST"} {
			transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}
			request, _ := http.NewRequest(method, fmt.Sprintf("https://127.0.0.1:%d/", 7460+i), strings.NewReader(""))
			answer, err := (&http.Client{Transport: transport, Timeout: 5 * time.Second}).Do(request)
			if err != nil {
				fmt.Printf("%s, %s: %v\n", label, method, err)
				continue
			}
			body, err := io.ReadAll(answer.Body)
			fmt.Printf("%s, %s: %s, body %q, %v\n", label, method, answer.Proto, body, err)
		}
	}
}
