package screen_test

import (
	"fmt"
	"os"
	"testing"

	"moonlark/engine/testkit/browser"
)

// sizes are the sizes of screens for which the page is made, in pixels.
var sizes = [][2]int64{{1920, 1080}, {800, 480}, {1080, 1920}, {390, 844}}

// menu is a script with the blocks that harbour does not have, in German and light.
const menu = `
screen.setup { title = "Kantine", lang = "de", theme = { scheme = "light" }, linger = 0 }
screen.show {
  { text = "Heute gibt es", style = "title" },
  { columns = {
    { { cards = { { "Suppe", "mit Brot", say = "Ich möchte Suppe" }, { "Salat", "8,50 €", on_press = print } }, title = "Zur Wahl" },
      { text = "Alle Gerichte sind\nauch zum Mitnehmen.", style = "small" } },
    { { chart = { kind = "bars", x = { "11", "12", "13", "14" }, y = { 20, 95, 80, 30 }, unit = "%" }, title = "Auslastung", alt = "Um 12 Uhr ist es am vollsten" },
      { progress = 0.4, text = "Die Suppe kocht" }, { timer = 4102444800, text = "bis zum Schluss" } } } },
  { buttons = { { "Bestellen", primary = true, on_press = print } } },
}
`

// states are the states of the page of harbour, and what the page must show then.
var states = []struct{ name, ready string }{
	{"speaking", ".rest"}, {"listening", ".ring"}, {"hearing", ".voice[data-phase=hearing]"}, {"thinking", ".arc"}, {"interrupted", "del"}, {"waiting", ".voice[data-phase=waiting]"},
}

// show brings the page into a state.
func (k *kiosk) show(tab *browser.Tab, name, ready string) {
	k.conversation(name)
	tab.Until("document.querySelector('" + ready + "') && document.getAnimations().every((a) => a.playState !== 'running')")
}

// needFolder skips the test if nobody wants pictures.
func needFolder(t *testing.T) {
	if os.Getenv("MOONLARK_SCREENSHOTS") == "" {
		t.Skip("MOONLARK_SCREENSHOTS names no folder")
	}
}

// The pictures are for people: MOONLARK_SCREENSHOTS names the folder.
func TestScreenshots(t *testing.T) {
	chromium.Need(t)
	needFolder(t)
	k, m := open(t, harbour), open(t, menu)
	for _, size := range sizes {
		tab := chromium.Open(t, k.url+"/screen", size[0], size[1])
		shot := func(state string) { tab.Screenshot(fmt.Sprintf("%s-%dx%d", state, size[0], size[1])) }
		for _, state := range states {
			k.show(tab, state.name, state.ready)
			shot(state.name)
		}
		tab.Do("for (let i = 0; i < 2; i++) { document.querySelector('.keys .key[aria-label]').click(); await new Promise((done) => setTimeout(done, 500)); }")
		shot("large")
		tab.Go(m.url + "/screen")
		tab.UntilText("Bestellen")
		k.show(tab, "", ".key.first")
		shot("menu")
	}
}

func TestScreenshotsOfTheIdlePageAndOfAQuestion(t *testing.T) {
	chromium.Need(t)
	needFolder(t)
	k := open(t, harbour+`
		screen.show {} on("touch", function(e) if e.action == "wake" then
			screen.ask { title = "Print the ticket?", text = "It is for two people.", choices = { "Print", "No" }, timeout = 120 } end end)`)
	for _, size := range sizes {
		tab := chromium.Open(t, k.url+"/screen", size[0], size[1])
		shot := func(state string) { tab.Screenshot(fmt.Sprintf("%s-%dx%d", state, size[0], size[1])) }
		k.show(tab, "waiting", ".idle")
		shot("idle")
		tab.Click(".idle h1")
		k.show(tab, "", ".dialog")
		shot("ask")
		pause(tab)
		tab.Click(".dialog .plain")
		tab.Until("!document.querySelector('.dialog')")
	}
}

func TestScreenshotsOfALostServer(t *testing.T) {
	chromium.Need(t)
	needFolder(t)
	k := open(t, harbour)
	for _, size := range sizes {
		tab := chromium.Open(t, k.url+"/screen", size[0], size[1])
		k.show(tab, "listening", ".ring")
		k.control.Close()
		tab.Until("document.querySelector('.dotted')")
		tab.Screenshot(fmt.Sprintf("lost-%dx%d", size[0], size[1]))
		k.serve("1.0")
		tab.Until("document.querySelector('.ring, .disc') && !document.querySelector('.dotted')")
	}
}
