package work

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"moonlark/engine/tool"
)

// header returns the values of h, as ParseRequest and ParseReply want them.
func header(h map[string]string) func(string) string {
	return func(key string) string { return h[key] }
}

func TestMessagesAreReadAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	want := Request{Call: "kiosk/4f/7", Left: 12 * time.Second, Bundle: "a1", Try: 2, Args: []byte(`{"city":"Ulm"}`)}
	got, err := ParseRequest(header(want.Header()), want.Args)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	for _, want := range []Reply{
		{Kind: Accepted, Worker: "gpu-1", Bundle: "a1"},
		{Kind: Busy, Worker: "gpu-1"},
		{Kind: Ended, Worker: "gpu-1"},
		{Kind: Done, Worker: "gpu-1", Result: tool.Result{Text: "line\nline\x00"}},
		{Kind: Done, Worker: "gpu-1", Result: tool.Failed(tool.ExternalServer, "down")},
	} {
		got, err := ParseReply(header(want.Header()), want.Body())
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %v, want %+v", got, err, want)
		}
	}
	odd := Reply{Kind: Done, Result: tool.Result{Text: "x", IsError: true, Type: "odd"}}
	if got, err := ParseReply(header(odd.Header()), odd.Body()); err != nil || !got.Result.IsError || got.Result.Type != tool.Unknown {
		t.Errorf("an error of an unknown type is read as %+v, %v", got, err)
	}
}

func TestWrongRequestsAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		alter func(h map[string]string)
		body  string
		err   string
	}{
		{"no time left", func(h map[string]string) { h["Left-Ms"] = "0" }, "", "Left-Ms"},
		{"time that is no number", func(h map[string]string) { h["Left-Ms"] = "soon" }, "", `"soon" is not a number`},
		{"attempt 0", func(h map[string]string) { h["Try"] = "0" }, "", "Try"},
		{"no call", func(h map[string]string) { delete(h, "Call") }, "", "Call has 0 bytes"},
		{"long call", func(h map[string]string) { h["Call"] = strings.Repeat("x", 257) }, "", "Call has 257 bytes"},
		{"long digest", func(h map[string]string) { h["Bundle"] = strings.Repeat("x", 129) }, "", "Bundle has 129 bytes"},
		{"no JSON", func(map[string]string) {}, "{", "not JSON"},
		{"long arguments", func(map[string]string) {}, strings.Repeat(" ", tool.MaxOffloadedArguments+1), "the arguments have 262145 bytes; 262144 are allowed"},
	} {
		h := Request{Call: "c", Left: time.Second, Try: 1}.Header()
		c.alter(h)
		if _, err := ParseRequest(header(h), []byte(c.body)); err == nil || !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: got the error %v, want %q", c.name, err, c.err)
		}
	}
	h := Request{Call: "c", Left: 1 << 62, Try: 1}.Header()
	if r, err := ParseRequest(header(h), nil); err != nil || r.Left != tool.MaxTimeout {
		t.Errorf("a request with a very long time is read as %+v, %v", r, err)
	}
}

func TestWrongRepliesAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ kind, worker, body, err string }{
		{"", "w", "", "Kind"},
		{"done!", "w", "", `"done!" is not a kind`},
		{"done", strings.Repeat("w", 129), "", "more than 128 bytes"},
		{"done", "w", strings.Repeat("x", tool.MaxResult+1), "the result has 262145 bytes"},
	} {
		h := map[string]string{"Kind": c.kind, "Worker": c.worker}
		if _, err := ParseReply(header(h), []byte(c.body)); err == nil || !strings.Contains(err.Error(), c.err) {
			t.Errorf("%q: got the error %v, want %q", c.kind, err, c.err)
		}
	}
}
