// Whether Go's net/http repeats a request by itself whose connection ended without an answer.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

const url = "http://127.0.0.1:7080/"

func ask(client *http.Client, method, path string) string {
	var body io.Reader
	if method == "POST" {
		body = strings.NewReader("x")
	}
	request, err := http.NewRequest(method, url+path, body)
	if err != nil {
		return err.Error()
	}
	answer, err := client.Do(request)
	if err != nil {
		return err.Error()
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err.Error()
	}
	if string(text) == "2" {
		return "sent again"
	}
	return string(text)
}

func main() {
	for _, method := range []string{"GET", "POST"} {
		client := &http.Client{Transport: &http.Transport{}}
		ask(client, "GET", "")
		fmt.Printf("net/http %s: %s\n", method, ask(client, method, fmt.Sprintf("lost-go-%s-%d", method, os.Getpid())))
	}
}
