package screen_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"moonlark/engine/face/control"
	"moonlark/engine/testkit/browser"
)

func TestDiagnosticsShowWhatTheBrowserCanDo(t *testing.T) {
	chromium.Need(t)
	k := open(t, harbour+`screen.setup { theme = { scale = 1 } }`, func(o *control.Options) { o.Token, o.ScreenToken = "secret", "hall" })
	tab := chromium.Open(t, k.url+"/screen#token=hall", 800, 480)
	tab.UntilText("17:15")
	tab.Go(k.url + "/screen/diagnostics")
	tab.UntilText("Moonlark 1.0")
	tab.Until("document.querySelector('textarea').value.match(/Time of a frame: [\\d.]+ ms/)")
	tab.Until("document.querySelector('textarea').value.includes('Connection: live')")
	report := browser.Eval[string](tab, "document.querySelector('textarea').value")
	for _, want := range []string{"Secure context: yes", "Wake lock: ", "Graphics: software", "Sample rate of the speaker: ", "Size: 800 × 480 pixels", "Size of the screen: 212 × 127 mm"} {
		if !strings.Contains(report, want) {
			t.Errorf("%q is missing in the report\n%s", want, report)
		}
	}
	// 44 pixels are 11.6 mm at 96 dpi, and 15 mm are 57 pixels: 35.2 of them times 1.65
	tab.UntilText("theme = { scale = 1.65 }")
	for range 2 {
		tab.Click("button[aria-label=Shorter]")
	}
	tab.UntilText("48 mm")
	tab.CheckAccessibility(t, "diagnostics", "best-practice")
	if small := smallTargets(tab); len(small) > 0 {
		t.Errorf("%q are too small", small)
	}
	if _, err := k.scripts.Eval(t.Context(), k.path(), `screen.setup { lang = "de", theme = { scale = 1.75 } }`); err != nil {
		t.Fatal(err)
	}
	tab.UntilText("mm mit Faktor 1.75, mindestens 15 mm")
	tab.Click(".row .key") // back
	tab.UntilText("17:15")
}

func TestTheMicrophoneCanBeTried(t *testing.T) {
	chromium.Need(t)
	k := open(t, harbour)
	tab := chromium.Open(t, k.url+"/screen/diagnostics", 1280, 800)
	tab.UntilText("Try the microphone")
	tab.Do(`const context = new AudioContext(), out = context.createMediaStreamDestination();
		navigator.mediaDevices.getUserMedia = async () => out.stream`)
	tab.Click(".row .key:nth-of-type(3)")
	tab.Until("document.querySelector('meter') && document.querySelector('textarea').value.match(/Level of the microphone: .* Hz, -\\d+ dBFS/)")
}

func TestAPressOf5sInACornerOpensTheDiagnostics(t *testing.T) {
	chromium.Need(t)
	k := open(t, harbour)
	tab := chromium.OpenWithClock(t, k.url+"/screen", 800, 480)
	tab.UntilText("17:15")
	press := func(kind string, x, y int) {
		tab.Do(fmt.Sprintf("document.body.dispatchEvent(new PointerEvent(%q, { clientX: %d, clientY: %d, bubbles: true }))", kind, x, y))
	}
	press("pointerdown", 400, 10) // not a corner
	tab.Advance(6 * time.Second)
	press("pointerup", 400, 10)
	press("pointerdown", 10, 10)
	tab.Advance(4 * time.Second)
	press("pointerup", 10, 10) // too short
	tab.Advance(2 * time.Second)
	if at := browser.Eval[string](tab, "location.pathname"); at != "/screen" {
		t.Fatalf("the page is %s", at)
	}
	press("pointerdown", 790, 10)
	tab.Advance(6 * time.Second)
	tab.Until("location.pathname === '/screen/diagnostics'")
	tab.UntilText("Moonlark 1.0")
	tab.Advance(6 * time.Minute) // nobody is there any more
	tab.Until("location.pathname === '/screen'")
}

// The files of the diagnostics need no token, and what they show needs that of the screen.
func TestDiagnosticsNeedTheTokenOfTheScreen(t *testing.T) {
	k := open(t, harbour, func(o *control.Options) { o.Token, o.ScreenToken = "secret", "hall" })
	if status, _ := k.request("GET", "/screen/diagnostics", ""); status != http.StatusOK {
		t.Errorf("status %d", status)
	}
	if status, body := k.request("GET", "/screen/doc", ""); status != http.StatusUnauthorized || strings.Contains(body, "1.0") {
		t.Errorf("status %d: %s", status, body)
	}
}
