package inspector

import (
	"fmt"
	"os"
	"testing"

	"moonlark/engine/face/control"
	"moonlark/engine/testkit/browser"
)

func TestLooks(t *testing.T) {
	f := start(t, lights, control.Options{})
	f.converse()
	b := chromium.Open(t, f.url+"/inspect", 1600, 900)
	b.UntilText("Embedded agent")
	f.say("water at Sula")
	b.UntilText(`no tide station "Sula"`)
	f.say("light in the hall please")
	b.UntilText("set_light")
	f.say("plain please")
	f.say(`hello <img src=x onerror=alert(1)> ` + "\u202e reversed")
	b.UntilText("hello <img")
	f.write(lights + "\nlocal x = = 1")
	b.UntilText("not reloaded")
	b.Click(".line.call")
	b.UntilText("What the agent got")
	for _, s := range [][2]int64{{1600, 900}, {1280, 800}, {800, 480}, {390, 844}} {
		b.Resize(s[0], s[1])
		for _, scheme := range []string{"dark", "light"} {
			b.Prefer("prefers-color-scheme", scheme)
			b.Screenshot(fmt.Sprintf("look-%d-%s", s[0], scheme))
		}
	}
	b.Resize(1600, 900)
	b.Prefer("prefers-color-scheme", "dark")
	for _, tab := range []string{"state", "events", "log", "llm", "link"} {
		b.Click("#tab-" + tab)
		b.Do("await new Promise((r) => setTimeout(r, 300))")
		b.Screenshot("tab-" + tab)
	}
	b.Resize(390, 844)
	b.Screenshot("phone-details")
	b.Click(".views button:nth-child(3)")
	b.Screenshot("phone-tools")
	os.WriteFile(os.Getenv("MOONLARK_SCREENSHOTS")+"/tree.txt", []byte(b.Tree()), 0o644)
	_ = browser.Browser{}
}
