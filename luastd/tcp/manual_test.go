package tcp_test

import (
	"os"
	"strings"
	"testing"
)

// The examples of the manual need a server, so they are run here and not with those of other
// manuals.
func TestTheExamplesOfTheManualRun(t *testing.T) {
	manual, err := os.ReadFile("manual.md")
	if err != nil {
		t.Fatal(err)
	}
	address := serve(t, nil, sayAndWait("PJLINK 0\r\nBYE\r\nmore\r\n"))
	s := openServer(t, "")
	results := ""
	for _, block := range strings.Split(string(manual), "```lua\n")[1:] {
		code, _, _ := strings.Cut(block, "```")
		if !strings.Contains(code, "-->") {
			code = strings.NewReplacer(`"projector.lan", 4352`, arguments(address), "port = 4000", "port = 0", "local server", "server").Replace(code)
			results += s.Run(code) + "\n"
		}
	}
	if results != "PJLINK 0\n\n\n" {
		t.Errorf("the examples returned\n%s", results)
	}
	if got := s.Run(`local c = tcp.connect("127.0.0.1", server.port) c:send("hello\n") return c:receive()`); got != "HELLO" {
		t.Errorf("the server of the manual has answered %s", got)
	}
	if got := strings.Join(s.Output(), "\n"); got != "PJLINK 0\nBYE" {
		t.Errorf("the examples printed\n%s", got)
	}
}

func TestTheManualHasAllOptions(t *testing.T) {
	manual, _ := os.ReadFile("manual.md")
	for _, option := range strings.Fields("timeout tls keepalive port host") {
		if !strings.Contains(string(manual), "\n| `"+option+"` |") {
			t.Errorf("the manual has no row for the option %s", option)
		}
	}
}
