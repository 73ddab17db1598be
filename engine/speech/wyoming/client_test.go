package wyoming

import (
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// dialPipe returns a client, and the server's end of the client's connection. The connection is in
// memory.
func dialPipe() (*Client, net.Conn) {
	conn, server := net.Pipe()
	return newClient(conn), server
}

func TestSendWritesALineAndAPayload(t *testing.T) {
	c, server := dialPipe()
	defer server.Close()
	go func() {
		c.Send("audio-chunk", soundFields{Rate: 16000, Width: 2, Channels: 1, Timestamp: 40}, []byte("abc"))
		c.Send("describe", struct{}{}, nil)
		c.Close()
	}()
	got, err := io.ReadAll(server)
	want := `{"type":"audio-chunk","data":{"rate":16000,"width":2,"channels":1,"timestamp":40},"payload_length":3}` + "\n" + "abc" +
		`{"type":"describe","data":{}}` + "\n"
	if err != nil || string(got) != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}

func TestReceiveReadsDataInTwoParts(t *testing.T) {
	c, server := dialPipe()
	defer c.Close()
	go func() {
		io.WriteString(server, `{"type":"transcript","version":"1.5.2","data":{"text":"one","language":"en"},"data_length":15,"payload_length":3}`+"\n"+`{"text": "two"}abc`)
		io.WriteString(server, `{"type":"news"}`+"\n")
		server.Close()
	}()
	e, err := c.Receive()
	if err != nil || e.Type != "transcript" || string(e.Payload) != "abc" {
		t.Errorf("got %s, payload %q, %v", e.Type, e.Payload, err)
	}
	var fields struct{ Text, Language string }
	if err := e.Decode(&fields); err != nil || fields.Text != "two" || fields.Language != "en" {
		t.Errorf("got %+v, %v", fields, err)
	}
	if e, err = c.Receive(); err != nil || e.Type != "news" || e.Decode(&fields) != nil {
		t.Errorf("got %+v, %v", e, err)
	}
	if e, err = c.Receive(); err == nil || err.Error() != "the server has closed the connection" {
		t.Errorf("got %+v, %v", e, err)
	}
}

func TestServersThatDoNotSpeakWyomingAreAnError(t *testing.T) {
	for name, row := range map[string]struct{ sends, want string }{
		"another protocol":    {"HTTP/1.1 400 Bad Request\r\n", `does not speak Wyoming: it sends "HTTP`},
		"an endless line":     {strings.Repeat("x", maxLine+1), "the first line of its event is too long"},
		"no type":             {"{}\n", "does not speak Wyoming"},
		"too much data":       {`{"type":"info","data_length":99999999}` + "\n", "99999999 bytes, want at most"},
		"a negative length":   {`{"type":"info","payload_length":-1}` + "\n", "-1 bytes, want at most"},
		"a broken connection": {`{"type":"info","data_length":10}` + "\n{", "EOF"},
		"nothing":             {"", "the server does not answer: is that a Wyoming server?"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, server := dialPipe()
				defer c.Close()
				go func() {
					server.Read(make([]byte, 1000)) // the line of "describe"
					io.WriteString(server, row.sends)
					if strings.HasSuffix(row.sends, "{") {
						server.Close()
					}
				}()
				if e, err := c.Info(); err == nil || !strings.Contains(err.Error(), row.want) {
					t.Errorf("got %+v, %v, want %q", e, err, row.want)
				}
			})
		})
	}
}

func TestAServerThatReadsNothingIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, server := dialPipe()
		defer server.Close()
		if err := c.Send("describe", struct{}{}, nil); err == nil || !strings.Contains(err.Error(), "timeout") {
			t.Errorf("got %v, want a timeout", err)
		}
		c.Close()
	})
}

func TestAddressAddsTheDefaultPort(t *testing.T) {
	for text, want := range map[string]string{
		"":              "no host",
		":10400":        "no host",
		"here:0":        "want a port",
		"here:http":     "want a port",
		"::1":           "brackets",
		"here:1:2":      "brackets",
		"here":          "here:10200",
		"here:1":        "here:1",
		"[::1]":         "[::1]:10200",
		"192.168.1.5:9": "192.168.1.5:9",
	} {
		got, err := Address(text, "10200")
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}
