package ws_test

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
)

// The examples of the manual need a server, so they are run here and not with those of other
// manuals.
func TestTheExamplesOfTheManualRun(t *testing.T) {
	manual, err := os.ReadFile("manual.md")
	if err != nil {
		t.Fatal(err)
	}
	url := serve(t, func(conn *websocket.Conn, _ *http.Request) {
		_, data, _ := conn.ReadMessage()
		conn.WriteMessage(websocket.TextMessage, data)
		conn.WriteMessage(websocket.TextMessage, []byte("done"))
		untilClosed(conn)
	})
	s := openScript(t)
	results := ""
	for _, block := range strings.Split(string(manual), "```lua\n")[1:] {
		code, _, _ := strings.Cut(block, "```")
		if strings.Contains(code, "-->") {
			continue
		}
		results += s.Run(strings.ReplaceAll(code, "wss://api.example.com", url)) + "\n"
	}
	if results != `{"subscribe":"weather"}`+"\n\n\n" {
		t.Errorf("the examples returned\n%s", results)
	}
	waitFor(t, s, "text\tweather\ntext\tdone\n1000\n")
	waitFor(t, s, "got weather\n")
}

func TestTheManualHasAllOptions(t *testing.T) {
	manual, _ := os.ReadFile("manual.md")
	for _, option := range strings.Fields("headers subprotocols timeout ping max_message tls compression on_message on_open on_close backoff") {
		if !strings.Contains(string(manual), "\n| `"+option+"` |") {
			t.Errorf("the manual has no row for the option %s", option)
		}
	}
}
