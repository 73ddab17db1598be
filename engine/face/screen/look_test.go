package screen_test

import (
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

// pictures writes pictures of the page in both colour schemes.
func (k *kiosk) pictures(tab *browser.Tab, state string) {
	k.t.Helper()
	if !browser.WantsPictures() {
		return
	}
	for _, scheme := range browser.Schemes {
		k.eval(`screen.setup { theme = { scheme = "` + scheme + `", accent = "#f1d08a" } }`)
		tab.Until("document.documentElement.dataset.theme === '" + scheme + "'")
		tab.PicturesAsItIs("screen-" + state + "-" + scheme)
	}
	k.eval(`screen.setup { theme = { scheme = "dark", accent = "#f1d08a" } }`)
}

// eval runs Lua in the script of the kiosk.
func (k *kiosk) eval(lua string) {
	k.t.Helper()
	if _, err := k.scripts.Eval(k.t.Context(), k.path(), lua); err != nil {
		k.t.Fatal(err)
	}
}

// The moon of the idle page has the phase of today and the height of the hour.
func TestThePicturesInTheManual(t *testing.T) {
	chromium.Need(t)
	k := open(t, harbour)
	tab := chromium.Open(t, k.url+"/screen", 1280, 720)
	for _, picture := range []struct{ name, state, ready, lua string }{{"speaking", "speaking", ".rest", ""}, {"idle", "waiting", ".idle", "screen.show {}"}} {
		k.eval(picture.lua)
		k.show(tab, picture.state, picture.ready)
		tab.Do("document.querySelector('.bar .num').textContent = 'Friday 1 May · 12:36'")
		tab.ManualPicture("../../../docs/screen-"+picture.name+".webp", *update)
	}
}
