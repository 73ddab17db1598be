package http_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

const gigantic = 1 << 40

// endless writes text until the connection is closed.
func endless(conn net.Conn, text string) {
	for {
		if _, err := io.WriteString(conn, text); err != nil {
			return
		}
	}
}

// slowly writes one byte of text after the other until the connection is closed.
func slowly(conn net.Conn, text string) {
	for i := 0; ; i++ {
		if _, err := conn.Write([]byte{text[i%len(text)]}); err != nil {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func bomb() string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	zeros := make([]byte, 1<<20)
	for range 20 {
		z.Write(zeros)
	}
	z.Close()
	return b.String()
}

func TestServersThatLie(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	packed := bomb()
	for _, row := range []struct {
		why     string
		answer  func(net.Conn)
		options string
		want    string
	}{
		{"nothing", func(net.Conn) {}, "", "nil, closed: HOST has closed the connection, closed"},
		{"not HTTP", func(c net.Conn) { io.WriteString(c, "220 mail ready\r\n\r\n") }, "", `nil, invalid: HOST has sent something that is not HTTP: malformed HTTP status code "mail", invalid`},
		{"half a status line", func(c net.Conn) { io.WriteString(c, "HTTP/1.1 2") }, "", `nil, invalid: HOST has sent something that is not HTTP: malformed HTTP status code "2", invalid`},
		{"half a header", func(c net.Conn) { io.WriteString(c, ok+"A: b\r\nC: d") }, "", "nil, closed: HOST has closed the connection, closed"},
		{"half a body", func(c net.Conn) { io.WriteString(c, ok+"Content-Length: 10\r\n\r\nhello") }, "", "nil, closed: HOST has closed the connection before the end of the body, closed"},
		{"half a chunk", func(c net.Conn) { io.WriteString(c, ok+"Transfer-Encoding: chunked\r\n\r\nff\r\nhello") }, "", "nil, closed: HOST has closed the connection before the end of the body, closed"},
		{"a wrong chunk", func(c net.Conn) { io.WriteString(c, ok+"Transfer-Encoding: chunked\r\n\r\nzz\r\n") }, "", "nil, invalid: HOST has sent something that is not HTTP: invalid byte in chunk length, invalid"},
		{"an endless chunk line", func(c net.Conn) { io.WriteString(c, ok+"Transfer-Encoding: chunked\r\n\r\n1;"); endless(c, "xxxx") }, "", "nil, invalid: HOST has sent something that is not HTTP: header line too long, invalid"},
		{"endless trailers", func(c net.Conn) {
			io.WriteString(c, ok+"Transfer-Encoding: chunked\r\n\r\n0\r\n")
			endless(c, strings.Repeat("A: b\r\n", 1000))
		}, "", "nil, invalid: HOST has sent something that is not HTTP: suspiciously long trailer after chunked body, invalid"},
		{"a negative length", func(c net.Conn) { io.WriteString(c, ok+"Content-Length: -1\r\n\r\n") }, "", `nil, invalid: HOST has sent something that is not HTTP: bad Content-Length "-1", invalid`},
		{"two lengths", func(c net.Conn) { io.WriteString(c, ok+"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab") }, "", `nil, invalid: HOST has sent something that is not HTTP: message cannot contain multiple Content-Length headers; got ["1" "2"], invalid`},
		{"more than the length", func(c net.Conn) { io.WriteString(c, ok+"Content-Length: 2\r\n\r\nhello") }, "", "he"},
		{"a gigantic length", func(c net.Conn) { fmt.Fprintf(c, "%sContent-Length: %d\r\n\r\nhello", ok, int64(gigantic)) }, "", "nil, closed: HOST has closed the connection before the end of the body, closed"},
		{"endless headers", func(c net.Conn) { io.WriteString(c, ok); endless(c, "A: b\r\n") }, "", "nil, too_large: the header from HOST has more than 262144 bytes, too_large"},
		{"an endless header", func(c net.Conn) { io.WriteString(c, ok+"A: "); endless(c, "bbbb") }, "", "nil, too_large: the header from HOST has more than 262144 bytes, too_large"},
		{"an endless status line", func(c net.Conn) { endless(c, "HTTP/1.1 200 OK ") }, "", "nil, too_large: the header from HOST has more than 262144 bytes, too_large"},
		{"endless intermediate answers", func(c net.Conn) { endless(c, "HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n") }, "", "nil, too_large: the header from HOST has more than 262144 bytes, too_large"},
		{"a change of the protocol", func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
		}, "", "nil, invalid: HOST has answered with the status 101, invalid"},
		{"an endless body", func(c net.Conn) { io.WriteString(c, ok+"\r\n"); endless(c, strings.Repeat("x", 1000)) }, "", "nil, too_large: the body from HOST has more than 8388608 bytes: set max_bytes, too_large"},
		{"a body that is one byte too long", func(c net.Conn) { io.WriteString(c, ok+"\r\n123456") }, "max_bytes = 5", "nil, too_large: the body from HOST has more than 5 bytes: set max_bytes, too_large"},
		{"a body that is just not too long", func(c net.Conn) { io.WriteString(c, ok+"\r\n12345") }, "max_bytes = 5", "12345"},
		{"a gzip bomb", func(c net.Conn) { io.WriteString(c, ok+"Content-Encoding: gzip\r\n\r\n"+packed) }, "", "nil, too_large: the body from HOST has more than 8388608 bytes: set max_bytes, too_large"},
		{"a broken gzip", func(c net.Conn) { io.WriteString(c, ok+"Content-Encoding: gzip\r\n\r\nhello hello") }, "", "nil, invalid: HOST has sent something that is not HTTP: gzip: invalid header, invalid"},
		{"half a gzip", func(c net.Conn) { io.WriteString(c, ok+"Content-Encoding: gzip\r\n\r\n"+packed[:100]) }, "", "nil, closed: HOST has closed the connection before the end of the body, closed"},
		{"silence", untilClosed, "timeout = 0.1", "nil, timeout: no answer from HOST in 0.1 s, timeout"},
		{"a slow header", func(c net.Conn) { io.WriteString(c, ok); slowly(c, "A: b\r\n") }, "timeout = 0.1", "nil, timeout: no answer from HOST in 0.1 s, timeout"},
		{"silence in the body", func(c net.Conn) { io.WriteString(c, ok+"\r\nhello"); untilClosed(c) }, "timeout = 0.1", "nil, timeout: only 5 bytes of the body from HOST in 0.1 s, timeout"},
		{"many redirects, each of which is slow", func(c net.Conn) {
			time.Sleep(60 * time.Millisecond)
			io.WriteString(c, "HTTP/1.1 302 OK\r\nLocation: /\r\nContent-Length: 0\r\n\r\n")
		}, "timeout = 0.15, redirects = 20", "nil, timeout: no answer from HOST in 0.15 s, timeout"},
		{"a redirect with an endless body", func(c net.Conn) { io.WriteString(c, "HTTP/1.1 302 OK\r\nLocation: ftp:x\r\n\r\n"); endless(c, "xxxx") }, "", "nil, unsupported: HOST redirects to a URL that begins with ftp:, unsupported"},
		{"a redirect to a long URL", func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 302 OK\r\nLocation: /"+strings.Repeat("x", 9000)+"\r\nContent-Length: 0\r\n\r\n")
		}, "", "nil, invalid: HOST redirects to a wrong URL: it has more than 8192 bytes, invalid"},
		{"a control character in the status", func(c net.Conn) { io.WriteString(c, "HTTP/1.1 \x1b[2J\r\n\r\n") }, "", `nil, invalid: HOST has sent something that is not HTTP: malformed HTTP status code "\x1b[2J", invalid`},
	} {
		t.Run(row.why, func(t *testing.T) {
			t.Parallel()
			url := serveRaw(t, row.answer)
			host := strings.TrimPrefix(url, "http://")
			s := openScript(t)
			begun := time.Now()
			got := s.Run(`local r, reason, code = http.get("` + url + `/", {` + row.options + `}) if r then return r.body end return r, reason, code`)
			if want := strings.ReplaceAll(row.want, "HOST", host); got != want {
				t.Errorf("got  %.300s\nwant %s", got, want)
			}
			if took := time.Since(begun); took > 20*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

func TestASlowBodyEndsWithTheTimeout(t *testing.T) {
	url := serveRaw(t, func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n"); slowly(c, "x") })
	begun := time.Now()
	got := openScript(t).Run(`return select(3, http.get("` + url + `", {timeout = 0.2}))`)
	if took := time.Since(begun); got != "timeout" || took > 5*time.Second {
		t.Errorf("got %s after %v", got, took)
	}
}

// The bodies that a script receives at the same time count in its budget.
func TestBodiesThatAreTooLargeTogether(t *testing.T) {
	release := make(chan struct{})
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		chunk := make([]byte, 1<<20)
		for range 15 {
			w.Write(chunk)
		}
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
		<-release
	})
	s := openScript(t)
	s.Run(`results, finished = {}, 0
		for i = 1, 5 do spawn(function()
			local r, reason, code = http.get("` + url + `", {max_bytes = 64 * 1024 * 1024})
			results[i], finished = r and r.status or reason, finished + 1
		end) end`)
	s.Run(`for i = 1, 1000 do if finished > 0 then return end sleep(0.01) end`)
	close(release)
	got := s.Run(`for i = 1, 1000 do if finished == 5 then break end sleep(0.01) end
		local count = {} for i = 1, 5 do count[results[i]] = (count[results[i]] or 0) + 1 end
		local full = count["full: more than 67108864 bytes are kept for the script, such as bodies and messages that it has not received"]
		return full >= 1, count[200] >= 1, full + count[200]`)
	if got != "true, true, 5" {
		t.Errorf("got %s", got)
	}
	if got := s.Run(`return http.get("` + url + `", {max_bytes = 64 * 1024 * 1024}).status`); got != "200" {
		t.Errorf("afterwards: %s", got)
	}
}

func TestConnectingEndsWithItsOwnTimeout(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // it accepts connections, but says nothing to TLS
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	host := l.Addr().String()
	got := openScript(t).Run(`return http.get("https://` + host + `/", {connect_timeout = 0.1})`)
	if want := "nil, timeout: no connection to " + host + " in 0.1 s, timeout"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// A function for the body that has nothing to send must not keep the call beyond its timeout, and a
// server must not take the part of a body that it has got for all of it.
func TestABodyThatNeverComesEndsWithTheTimeout(t *testing.T) {
	whole := make(chan bool, 1)
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		whole <- err == nil
	})
	begun := time.Now()
	got := openScript(t).Run(`local sent return select(3, http.post("` + url + `", function() if sent then return "" end sent = true return "x" end, {timeout = 0.2}))`)
	if took := time.Since(begun); got != "timeout" || took > 5*time.Second {
		t.Errorf("got %s after %v", got, took)
	}
	if <-whole {
		t.Error("the server has got a whole body")
	}
}
