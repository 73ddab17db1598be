package cli

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"moonlark/engine/bus"
)

// What net/http reports through the standard logger goes to the log of Moonlark.
func TestTheStandardLoggerWritesToTheLog(t *testing.T) {
	defer log.SetFlags(log.Flags())
	defer log.SetOutput(os.Stderr)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
			return
		}
		fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		time.Sleep(50 * time.Millisecond)
		fmt.Fprint(conn, "HTTP/1.1 200 \x1b[31m nobody has asked\r\n\r\n")
		io.Copy(io.Discard, conn)
	}()
	dropStandardLog()
	events := new(bus.Bus)
	lines := make(chan bus.Event, 10)
	shown := events.Subscribe(nil, func(e bus.Event) { lines <- e })
	defer shown.Close(time.Second)
	stop := showStandardLog(events)
	defer stop()
	transport := new(http.Transport)
	defer transport.CloseIdleConnections()
	r, err := (&http.Client{Transport: transport}).Get("http://" + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	select {
	case e := <-lines:
		if e.Level != "debug" || e.Text == "" {
			t.Errorf("got %+v", e)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("nothing is logged")
	}
	stop()
	if log.Writer() != io.Discard {
		t.Error("afterwards, the standard logger does not drop what is logged")
	}
}
