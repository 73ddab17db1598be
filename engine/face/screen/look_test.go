package screen_test

import (
	"fmt"
	"testing"
)

// sizes are the sizes of screens for which the page is made, in pixels.
var sizes = [][2]int64{{1920, 1080}, {800, 480}, {1080, 1920}, {390, 844}}

// The pictures are for people: MOONLARK_SCREENSHOTS names the folder.
func TestScreenshots(t *testing.T) {
	chromium.Need(t)
	k := open(t, harbour)
	for _, size := range sizes {
		tab := chromium.Open(t, k.url+"/screen", size[0], size[1])
		name := func(state string) string { return fmt.Sprintf("%s-%dx%d", state, size[0], size[1]) }
		for _, state := range []string{"speaking", "listening", "thinking", "interrupted", "waiting"} {
			k.conversation(state)
			tab.Until(fmt.Sprintf("document.querySelector('.voice')?.dataset.phase === %q || %q === 'interrupted' && document.querySelector('.cut')", state, state))
			tab.Screenshot(name(state))
		}
		tab.Do("for (let i = 0; i < 2; i++) { document.querySelector('.keys .key[aria-label]').click(); await new Promise((done) => setTimeout(done, 500)); }")
		tab.Screenshot(name("large"))
	}
}
