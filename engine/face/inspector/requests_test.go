package inspector

import (
	"strings"
	"testing"

	"moonlark/engine/face/control"
	"moonlark/engine/face/web"
	"moonlark/engine/testkit"
)

// request sends one request and returns the status and the body of the response.
func (f *fixture) request(method, path, body string) (int, string) {
	f.t.Helper()
	status, _, text := f.send(method, path, body)
	return status, text
}

func TestOtherProgramsCanSendTheRequestsOfThePage(t *testing.T) {
	f := start(t, lights+`register_tool("big", function() return string.rep("x", 1000) end)
register_tool("loud", function() print("one") print("two", 2) end)`, control.Options{})
	for _, row := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"POST", "/call", `{"tool": "plain"}`, 200, `{"result":"plain text","is_error":false,"seconds":`},
		{"POST", "/call", `{"tool": "loud"}`, 200, `"prints":["one","two\t2"]}`},
		{"POST", "/call", `{"tool": "plain"}`, 200, `"prints":[]}`},
		{"POST", "/call", `{"tool": "set_light", "args": {"room": "hall", "level": 5}}`, 200, `\"level\":5`},
		{"POST", "/call", `{"tool": "set_light", "args": {"room": "attic"}}`, 200, `"is_error":true,"error_type":`},
		{"POST", "/call", `{"tool": "set_lihgt"}`, 200, `did you mean 'set_light'`},
		{"POST", "/call", `{"args": {}}`, 400, "want the name of a tool"},
		{"POST", "/call", `{"tool": 5}`, 400, "tool: got number, want string"},
		{"POST", "/call", `{"tool": "plain", "args": [1]}`, 400, "want an object"},
		{"POST", "/call", `{"tool": "plain", "arg": {}}`, 400, "unknown field"},
		{"POST", "/call", `{"tool": "plain"} {}`, 400, "more text"},
		{"POST", "/call", `{"tool": "` + strings.Repeat("x", 300<<10) + `"}`, 413, "longer than"},
		{"GET", "/call", "", 405, "needs the method POST"},
		{"GET", "/state?script=lights.lua", "", 200, `{"state":{"room":"hall"}}`}, // the attic has not reached the handler
		{"GET", "/state?script=other.lua", "", 409, "no script is called other.lua"},
		{"POST", "/state", "{}", 400, "want {"},
		{"POST", "/state", `{"script": "other.lua", "key": "x", "value": 1}`, 409, "no script is called other.lua"},
		{"POST", "/state", `{"script": "lights.lua", "key": "lamp", "value": {"on": true}}`, 200, `{"ok":true}`},
		{"GET", "/state?script=lights.lua", "", 200, `{"state":{"lamp":{"on":true},"room":"hall"}}`},
		{"POST", "/state", `{"script": "lights.lua", "key": "lamp", "value": null}`, 200, `{"ok":true}`},
		{"GET", "/state?script=lights.lua", "", 200, `{"state":{"room":"hall"}}`},
		{"DELETE", "/state", "", 405, "needs the method GET"},
		{"POST", "/reload", "", 200, `{"ok":true}`},
		{"POST", "/reload", `{"script": "lights.lua"}`, 200, `{"ok":true}`},
		{"POST", "/reload", `{"script": "other.lua"}`, 409, "no script is called other.lua"},
		{"POST", "/recording", `{"on": true}`, 404, "there is no /recording"},
		{"POST", "/listen", `{}`, 400, `want {\"on\": true}`},
		{"POST", "/listen", `{"on": true}`, 409, "sound"},
		{"POST", "/interrupt", "", 409, "sound"},
		{"POST", "/approve", `{"call_id": "x", "approved": true}`, 409, "no conversation"},
		{"POST", "/approve", `{"call_id": "x"}`, 400, "approved"},
		{"GET", "/inspect", "", 200, "<!doctype html>"},
		{"GET", "/inspect/app.js", "", 200, "import"},
		{"GET", "/inspect/other.js", "", 404, ""},
	} {
		if status, text := f.request(row.method, row.path, row.body); status != row.status || !strings.Contains(text, row.want) {
			t.Errorf("%s %s %.100s: got %d %.300s, want %d %s", row.method, row.path, row.body, status, text, row.status, row.want)
		}
	}
}

func TestAllFilesOfThePageAreSmall(t *testing.T) {
	if size := web.SharedFiles().Size() + Files().Size(); size > 250<<10 {
		t.Errorf("the page and its libraries have %d bytes", size)
	} else {
		t.Logf("the page and its libraries have %d bytes", size)
	}
}

func TestACallDuringALoadIsRefused(t *testing.T) {
	f := start(t, lights, control.Options{})
	f.write(lights + "\nlocal ends = os.clock() + 1\nwhile os.clock() < ends do end")
	testkit.Until(t, "a call is refused", func() bool {
		status, text := f.request("POST", "/call", `{"tool": "plain"}`)
		return status == 409 && strings.Contains(text, "a script is being loaded")
	})
	testkit.Until(t, "a call is accepted again", func() bool {
		status, _ := f.request("POST", "/call", `{"tool": "plain"}`)
		return status == 200
	})
}
