package http_test

import (
	"fmt"
	"net/http"
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
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/events":
			fmt.Fprint(w, "data: hello\n\ndata: [DONE]\n\ndata: not read\n\n")
		case "/login":
			http.SetCookie(w, &http.Cookie{Name: "session", Value: "s1", Path: "/"})
		default:
			fmt.Fprintf(w, `{"summary": "%s %s"}`, r.Method, r.URL)
		}
	})
	s := openScript(t)
	var results []string
	for i, block := range strings.Split(string(manual), "```lua\n")[1:] {
		code, _, _ := strings.Cut(block, "```")
		code = strings.ReplaceAll(code, "https://api.example.com", url)
		if got := s.Run(code); got != "" {
			results = append(results, fmt.Sprintf("%d: %s", i+1, got))
		}
	}
	if got := strings.Join(results, "\n"); got != "1: GET /weather?city=Bremen" {
		t.Errorf("the examples returned\n%s", got)
	}
	output := strings.Join(s.Output(), "\n")
	for _, want := range []string{"200\ttext/plain; charset=utf-8\t", "message\thello\nmessage\t[DONE]", "\ns1\n"} {
		if !strings.Contains(output+"\n", want) {
			t.Errorf("the examples printed\n%s\nwithout %q", output, want)
		}
	}
}

func TestTheManualHasAllOptions(t *testing.T) {
	manual, _ := os.ReadFile("manual.md")
	for _, option := range strings.Fields("query headers body json form multipart timeout connect_timeout auth bearer redirects max_bytes retries retry_all stream tls cookies proxy unix") {
		if !strings.Contains(string(manual), "\n| `"+option+"` |") {
			t.Errorf("the manual has no row for the option %s", option)
		}
	}
}
