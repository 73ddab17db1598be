package browser

import (
	"os"
	"strings"
	"testing"
)

var chromium *Browser

func TestMain(m *testing.M) { os.Exit(Main(m, &chromium)) }

func TestATabShowsAPageAndItsTree(t *testing.T) {
	b := chromium.Open(t, `data:text/html,<title>A page</title><h1>Hello</h1><button onclick="this.textContent='Pressed'">Press</button><input aria-label=Name>`, 800, 480)
	if got := Eval[int](b, "Promise.resolve(innerWidth)"); got != 800 {
		t.Errorf("the page is %d pixels wide", got)
	}
	b.Click("button")
	b.UntilText("Pressed")
	b.Do("document.querySelector('input').focus()")
	b.Type("Luna")
	tree := b.Tree()
	for _, want := range []string{"RootWebArea \"A page\"", "heading \"Hello\" level=1\n", "button \"Pressed\"\n", "textbox \"Name\" = \"Luna\"\n"} {
		if !strings.Contains(tree, want) {
			t.Errorf("%q is missing in the tree\n%s", want, tree)
		}
	}
}
