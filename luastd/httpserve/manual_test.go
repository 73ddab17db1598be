package httpserve_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"slices"
	"strings"
	"testing"

	"moonlark/luastd/luastdtest"
)

// Each example of the manual is a script. The test sends requests to its server.
func TestTheExamplesOfTheManualRun(t *testing.T) {
	manual, err := os.ReadFile("manual.md")
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, []byte("the secret of the webhook"))
	mac.Write([]byte(`{"ref": "main"}`))
	signature := "X-Hub-Signature-256: sha256=" + hex.EncodeToString(mac.Sum(nil))
	want := []map[string]string{
		{"POST /lamp/3 {\"on\": true}": `200 application/json {"id":"3","on":true}`, "GET /lamp": `200 application/json {"on":`, "POST /lamp/3 {": "400 text/plain; charset=utf-8 invalid: "},
		{"GET /": "200 text/html; charset=utf-8 <h1>Hello</h1>", "GET /old": "302", "GET /lamps/9": `404 application/json {"error":"there is no lamp 9"}`},
		{"POST /github {\"ref\": \"main\"}": "204", "POST /github x": "403"},
		{"GET /": "404", "GET /a.txt": "200 text/plain; charset=utf-8 this is www/a.txt"},
		{"GET /none": "404"},
		{"GET /echo": "426"},
	}
	blocks := slices.DeleteFunc(strings.Split(string(manual), "```lua\n")[1:], func(block string) bool {
		return strings.Contains(block, "-->") // the test of all manuals runs it
	})
	if len(blocks) != len(want) {
		t.Fatalf("the manual has %d examples, the test has %d", len(blocks), len(want))
	}
	for i, block := range blocks {
		code, _, _ := strings.Cut(block, "```")
		code = strings.Replace(strings.Replace(code, "port = 8080", "port = 0", 1), "local server =", "s =", 1)
		code = strings.ReplaceAll(code, "server:", "s:")
		s := luastdtest.Open(t, luastdtest.Options{Source: code, Permissions: listenGrants()})
		writeFiles(t, s.Folder, "www/a.txt")
		url := urlOf(t, s)
		for sent, want := range want[i] {
			parts := append(strings.SplitN(sent, " ", 3), "")
			if got := send(t, url, sending{method: parts[0], path: parts[1], body: parts[2], headers: []string{signature}}); !strings.HasPrefix(got, want) {
				t.Errorf("example %d: %s: got %s, want %s\n%s", i+1, sent, got, want, s.Output())
			}
		}
	}
}

func TestTheManualHasAllOptions(t *testing.T) {
	manual, _ := os.ReadFile("manual.md")
	for _, option := range strings.Fields("port host tls max_body timeout auth token hosts origins name") {
		if !strings.Contains(string(manual), "\n| `"+option+"` |") {
			t.Errorf("the manual has no row for the option %s", option)
		}
	}
}
