package dap

import (
	"bufio"
	"bytes"
	"context"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/google/go-dap"

	"moonlark/engine/bus"
	"moonlark/engine/script/debug"
)

func TestPathMapping(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ local, remote, client, script string }{
		{"", "", "/a/b.lua", "/a/b.lua"},
		{"/home/me/kiosk", "/srv/kiosk", "/home/me/kiosk/lib/a.lua", "/srv/kiosk/lib/a.lua"},
		{"/home/me/kiosk/", "/srv/kiosk/", "/home/me/kiosk/a.lua", "/srv/kiosk/a.lua"},
		{"/home/me/kiosk", "/srv/kiosk", "/home/me/kiosk2/a.lua", "/home/me/kiosk2/a.lua"},
		{`C:\kiosk`, "/srv/kiosk", `C:\kiosk\lib\a.lua`, "/srv/kiosk/lib/a.lua"},
	} {
		m := pathMapping{test.local, test.remote}
		if got := m.toScript(test.client); got != test.script {
			t.Errorf("%s: %s is %s on this machine; want %s", test.local, test.client, got, test.script)
		}
		if got := m.toClient(test.script); got != test.client {
			t.Errorf("%s: %s is %s for the client; want %s", test.local, test.script, got, test.client)
		}
	}
}

// FuzzMessages sends bytes to a server. It must not panic, and the connection must end when the
// bytes do.
func FuzzMessages(f *testing.F) {
	hello := `{"seq":1,"type":"request","command":"initialize","arguments":{"adapterID":"x"}}`
	for _, text := range []string{
		"", "Content-Length: 2\r\n\r\n{}", `{"seq":2,"type":"request","command":"threads"}`,
		`{"seq":2,"type":"request","command":"setBreakpoints","arguments":{"source":{"path":"a"},"breakpoints":[{"line":1,"condition":"("}]}}`,
		`{"seq":2,"type":"request","command":"attach","arguments":{"localRoot":"/a"}}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ours, theirs := net.Pipe()
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		s := &Server{debugger: debug.New(), events: new(bus.Bus), log: slog.New(slog.DiscardHandler), ctx: ctx}
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.serve(theirs)
		}()
		go func() {
			r := bufio.NewReader(ours)
			for {
				if _, err := r.ReadByte(); err != nil {
					return
				}
			}
		}()
		var b bytes.Buffer
		for _, content := range append([]string{hello}, strings.Split(text, "\n\n")...) {
			dap.WriteBaseMessage(&b, []byte(content))
		}
		b.WriteString(text)
		ours.Write(b.Bytes())
		ours.Close()
		<-done
	})
}
