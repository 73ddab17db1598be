package hostile

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

const ok = "HTTP/1.1 200 OK\r\n"

// answers are the answers of the hostile web server, by path. Each writes to a connection on which a
// request has come, and may do so until the client closes the connection.
var answers = map[string]func(net.Conn, *http.Request){
	"/body": func(c net.Conn, _ *http.Request) { write(c, ok+"\r\n"); endless(c, strings.Repeat("x", 64<<10)) },
	"/chunks": func(c net.Conn, _ *http.Request) {
		write(c, ok+chunked)
		endless(c, strings.Repeat("1\r\nx\r\n", 1000))
	},
	"/chunk-comment": func(c net.Conn, _ *http.Request) { write(c, ok+chunked+"1;"); endless(c, strings.Repeat("x", 1000)) },
	"/trailers": func(c net.Conn, _ *http.Request) {
		write(c, ok+chunked+"0\r\n")
		endless(c, strings.Repeat("A: b\r\n", 1000))
	},
	"/length": func(c net.Conn, _ *http.Request) {
		write(c, ok+"Content-Length: 1000000000000\r\n\r\n")
		endless(c, strings.Repeat("xxxxxxx\n", 8<<10))
	},
	"/headers":     func(c net.Conn, _ *http.Request) { write(c, ok); endless(c, strings.Repeat("A: b\r\n", 1000)) },
	"/header":      func(c net.Conn, _ *http.Request) { write(c, ok+"A: "); endless(c, strings.Repeat("bbbb", 1000)) },
	"/status":      func(c net.Conn, _ *http.Request) { endless(c, "HTTP/1.1 200 OK ") },
	"/early-hints": func(c net.Conn, _ *http.Request) { endless(c, "HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n") },
	"/silent":      func(c net.Conn, _ *http.Request) { io.Copy(io.Discard, c) },
	"/slow-header": func(c net.Conn, _ *http.Request) { write(c, ok); slowly(c, "A: b\r\n") },
	"/slow-body":   func(c net.Conn, _ *http.Request) { write(c, ok+"\r\n"); slowly(c, "x") },
	"/slow-lines":  func(c net.Conn, _ *http.Request) { write(c, ok+"\r\n"); slowly(c, "x\n") },
	"/lines":       func(c net.Conn, _ *http.Request) { write(c, ok+"\r\n"); endless(c, strings.Repeat("[1]\n", 1000)) },
	"/deep-lines":  func(c net.Conn, _ *http.Request) { write(c, ok+"\r\n"); endless(c, strings.Repeat("[", 1000)) },
	"/events": func(c net.Conn, _ *http.Request) {
		write(c, ok+events)
		endless(c, strings.Repeat("data: x\n\n", 1000))
	},
	"/event":    func(c net.Conn, _ *http.Request) { write(c, ok+events); endless(c, strings.Repeat("data: x\n", 1000)) },
	"/event-id": func(c net.Conn, _ *http.Request) { write(c, ok+events+"id: "); endless(c, strings.Repeat("x", 1000)) },
	"/event-comments": func(c net.Conn, _ *http.Request) {
		write(c, ok+events)
		endless(c, strings.Repeat(": nothing\n", 1000))
	},
	"/gzip":       func(c net.Conn, _ *http.Request) { encoded(c, "gzip", bomb()) },
	"/gzip-twice": func(c net.Conn, _ *http.Request) { encoded(c, "gzip, gzip", gzipped(bomb())) },
	"/gzip-empty": func(c net.Conn, _ *http.Request) {
		write(c, ok+"Content-Encoding: gzip\r\n\r\n")
		endless(c, strings.Repeat(gzipped(""), 100))
	},
	"/gzip-header": func(c net.Conn, _ *http.Request) {
		write(c, ok+"Content-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\x03")
		endless(c, strings.Repeat("name", 100))
	},
	"/deflate":     func(c net.Conn, _ *http.Request) { encoded(c, "deflate", deflated()) },
	"/deflate-raw": func(c net.Conn, _ *http.Request) { encoded(c, "deflate", deflatedRaw()) },
	"/loop":        func(c net.Conn, _ *http.Request) { redirect(c, "/loop") },
	"/longer":      func(c net.Conn, r *http.Request) { redirect(c, r.URL.String()+"/longer") },
	"/redirect":    func(c net.Conn, r *http.Request) { redirect(c, r.URL.Query().Get("to")) },
	"/redirect-body": func(c net.Conn, r *http.Request) {
		write(c, "HTTP/1.1 302 Found\r\nLocation: /loop\r\n\r\n")
		endless(c, strings.Repeat("xxxx", 1000))
	},
	"/retry-after": func(c net.Conn, _ *http.Request) {
		write(c, "HTTP/1.1 503 Later\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n")
	},
	"/cookies": func(c net.Conn, _ *http.Request) {
		write(c, ok)
		for i := range 2000 {
			fmt.Fprintf(c, "Set-Cookie: c%d=%s\r\n", i, strings.Repeat("x", 100))
		}
		write(c, "Content-Length: 0\r\n\r\n")
	},
	"/deaf": func(c net.Conn, _ *http.Request) { time.Sleep(10 * time.Second) }, // it reads no body
	"/show": func(c net.Conn, r *http.Request) {
		text := fmt.Sprint(r.Header)
		fmt.Fprintf(c, "%sContent-Length: %d\r\n\r\n%s", ok, len(text), text)
	},
}

const (
	chunked = "Transfer-Encoding: chunked\r\n\r\n"
	events  = "Content-Type: text/event-stream\r\n\r\n"
)

func write(c net.Conn, text string) { io.WriteString(c, text) }

// endless writes text until the connection is closed.
func endless(c net.Conn, text string) {
	for {
		if _, err := io.WriteString(c, text); err != nil {
			return
		}
	}
}

// slowly writes one byte of text after the other until the connection is closed.
func slowly(c net.Conn, text string) {
	for i := 0; ; i++ {
		if _, err := c.Write([]byte{text[i%len(text)]}); err != nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func redirect(c net.Conn, location string) {
	fmt.Fprintf(c, "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", location)
}

func encoded(c net.Conn, encoding, body string) {
	fmt.Fprintf(c, "%sContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n%s", ok, encoding, len(body), body)
}

// bomb returns a gigabyte in the format gzip: 16 times the same 64 MiB.
var bomb = sync.OnceValue(func() string {
	var b bytes.Buffer
	zeros(gzip.NewWriter(&b))
	return strings.Repeat(b.String(), 16)
})

// deflated returns 64 MiB in the format zlib, and deflatedRaw without its header.
var (
	deflated = sync.OnceValue(func() string {
		var b bytes.Buffer
		zeros(zlib.NewWriter(&b))
		return b.String()
	})
	deflatedRaw = sync.OnceValue(func() string {
		var b bytes.Buffer
		w, _ := flate.NewWriter(&b, flate.BestSpeed)
		zeros(w)
		return b.String()
	})
)

// zeros writes 64 MiB to w, and closes w.
func zeros(w io.WriteCloser) {
	block := make([]byte, 1<<20)
	for range 64 {
		w.Write(block)
	}
	w.Close()
}

func gzipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, text)
	w.Close()
	return b.String()
}

// serveHostile starts a web server with the answers above, and returns its URL. The server ends with
// the test.
func serveHostile(t *testing.T) string {
	mux := http.NewServeMux()
	var answering sync.WaitGroup // Server.Close does not wait for hijacked connections
	for path, answer := range answers {
		handle := func(w http.ResponseWriter, r *http.Request) {
			c, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				return
			}
			answering.Add(1)
			defer answering.Done()
			defer c.Close()
			c.SetDeadline(time.Now().Add(time.Minute)) // longer than any attack
			answer(c, r)
		}
		mux.HandleFunc(path, handle)
		mux.HandleFunc(path+"/", handle)
	}
	server := httptest.NewServer(mux)
	t.Cleanup(func() {
		server.Close()
		answering.Wait()
	})
	return server.URL
}
