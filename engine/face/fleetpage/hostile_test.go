package fleetpage

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"moonlark/engine/face/control"
	"moonlark/engine/fleet/message"
	"moonlark/engine/testkit/browser"
)

// What devices send is shown as text, whatever it is, in every place where the page shows it.
func TestTextsOfDevicesAreText(t *testing.T) {
	chromium.Need(t)
	evil := `<img src=x onerror="window.harmed=1"><script>window.harmed=1</script>` + "\u202e\u200b\x1b[2J 😀"
	quoted, err := json.Marshal(evil)
	if err != nil {
		t.Fatal(err)
	}
	f := newFixture(t)
	f.shop()
	f.report("kiosk-09", func(s *message.State) {
		s.Groups, s.Moonlark, s.OK, s.Status = []string{evil}, evil, false, evil
		s.Troubles = []string{evil, strings.Repeat("x", 100_000)}
		s.Running = message.Running{Name: evil, Digest: evil, Phase: evil}
		s.Wanted = &message.Wanted{Name: evil, Digest: "other", Phase: "constructor", Why: evil}
		s.Reported = map[string]json.RawMessage{"__proto__": quoted, evil: json.RawMessage(strings.Repeat("[", 5000) + strings.Repeat("]", 5000))}
	})
	for _, fields := range []string{
		fmt.Sprintf(`{"type":"log","level":%s,"text":%[1]s}`, quoted), fmt.Sprintf(`{"type":%s}`, quoted), `{"type":"constructor"}`, `{"type":"toString"}`,
		fmt.Sprintf(`{"type":"user","text":{"toString":1,"valueOf":%s}}`, quoted), `{"type":"tool_call","tool":{},"args":[null,{"__proto__":1}]}`,
		fmt.Sprintf(`{"type":"tool_result","tool":%s,"result":%[1]s,"is_error":"yes"}`, quoted), `{"type":"dropped","count":"many"}`, `{"type":"bundle","version":{},"phase":[]}`,
		`null`, `17`, `"text"`, `[]`, `{}`, fmt.Sprintf(`{"type":"agent","text":%q}`, strings.Repeat("a", 30_000)),
	} {
		f.happens("kiosk-09", message.EventKind, fields)
	}
	f.happens("kiosk-09", message.LogKind, fmt.Sprintf(`{"type":"log","text":%q}`, strings.Repeat("b", 100_000))) // too long
	f.happens("kiosk-09", message.LogKind, `{"type":"log","text":"the end"}`)
	f.serve(control.Options{})
	check := func(b *browser.Tab) {
		t.Helper()
		b.UntilText(`<img src=x onerror="window.harmed=1"><script>`)
		if got := browser.Eval[int](b, `document.querySelectorAll("img, body script, iframe").length + (window.harmed ?? 0)`); got != 0 {
			t.Errorf("the page has %d elements of a device", got)
		}
		if strings.ContainsAny(b.Text(), "\u202e\u200b\x1b") {
			t.Error("the page has characters that hide or turn others")
		}
		for _, size := range sizes {
			b.Resize(size[0], size[1])
			if browser.Eval[bool](b, "document.documentElement.scrollWidth > innerWidth") {
				t.Errorf("at %v, the page is wider than its window", size)
			}
		}
		b.Resize(1600, 900)
	}
	b := f.open("", 1600, 900)
	b.UntilText("the end")
	b.UntilText("1 earlier event is not shown.")
	check(b)
	for _, tab := range []string{"state", "talk", "log", "events"} {
		b.Do(`location.hash = "#device=kiosk-09&tab=` + tab + `"`)
		b.Until(`document.querySelector("#tab-` + tab + `")?.ariaSelected === "true" && document.querySelector(".entry, .troubles")`)
		check(b)
		b.CheckAccessibility(t, "hostile "+tab)
	}
	b.Do(`location.hash = "#device=" + encodeURIComponent("<img src=x>")`)
	b.UntilText("Log of all devices")
}
