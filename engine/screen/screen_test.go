package screen

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestManyChangesAreFewForThePages(t *testing.T) {
	r := newRig(t)
	p, err := r.Open(PageInfo{Width: 800})
	if err != nil {
		t.Fatal(err)
	}
	woken := 0
	for i := range 100 {
		r.show(map[string]any{"big": float64(i)})
		r.pass(10 * time.Millisecond)
		select {
		case <-p.Changed():
			woken++
		default:
		}
	}
	if woken < 9 || woken > 11 || r.count(Changed) != woken {
		t.Errorf("the page was woken %d times in a second, and there were %d events", woken, r.count(Changed))
	}
	r.pass(time.Second)
	if d := r.Document(); d.Revision != 100 || d.Blocks[0].Text != "99" || d.Owner != "kiosk.lua" {
		t.Errorf("got %+v", d)
	}
}

func TestTheDocumentIsJSON(t *testing.T) {
	r := newRig(t)
	r.show(map[string]any{"text": "Hello"})
	r.pass(3 * time.Second)
	text, err := json.Marshal(r.Document())
	want := `{"rev":1,"settings":{"lang":"en","dir":"ltr","scheme":"dark","scale":1,"captions":"both","idle":45,"linger":60,"wake":true,"reach":"full"},` +
		`"owner":"kiosk.lua","age":3,"blocks":[{"kind":"text","text":"Hello","style":"body"}],"idle":{}}`
	if err != nil || string(text) != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
}

// Four pictures of the maximal size fill a document. An update may replace any of them.
func TestAnUpdateDoesNotCountThePictureThatItReplaces(t *testing.T) {
	r := newRig(t)
	picture := func(name string) map[string]any {
		svg := "<svg><!-- " + name
		return map[string]any{"image": svg + strings.Repeat(" ", MaxImage-len(svg)), "alt": "", "id": name}
	}
	r.show(picture("a"), map[string]any{"columns": []any{[]any{picture("b")}, []any{picture("c")}}}, picture("d"))
	m := r.Maker(nil)
	for _, id := range []string{"a", "c"} {
		change := picture("new " + id)
		delete(change, "id")
		if err := r.client.Update(m, id, change); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	if err := r.client.Update(m, "d", map[string]any{"caption": "the same picture"}); err != nil {
		t.Error(err)
	}
	for _, image := range []string{r.Document().Blocks[0].Image, r.Document().Blocks[1].Columns[0][0].Image, r.Document().Blocks[2].Image} {
		if r.Image(image) == nil {
			t.Error("a picture is missing")
		}
	}
}

func TestABlockWithAnIDIsUpdated(t *testing.T) {
	r := newRig(t)
	r.show(map[string]any{"text": "Gate 3", "id": "gate", "style": "lead"},
		map[string]any{"columns": []any{[]any{map[string]any{"buttons": []any{button("Go")}, "id": "keys"}}}})
	before := r.Document().Blocks[1].Columns[0][0].Buttons[0].Key
	m := r.Maker(nil)
	if err := r.client.Update(m, "gate", map[string]any{"text": "Gate 4"}); err != nil {
		t.Fatal(err)
	}
	d := r.Document()
	if b := d.Blocks[0]; b.Text != "Gate 4" || b.Style != "lead" || b.ID != "gate" {
		t.Errorf("got %+v", b)
	}
	if got := d.Blocks[1].Columns[0][0].Buttons[0].Key; got != before {
		t.Errorf("another button has a new key: %s, before %s", got, before)
	}
	if err := r.client.Update(m, "keys", map[string]any{"big": 3.0}); err != nil {
		t.Fatal(err)
	}
	if b := r.Document().Blocks[1].Columns[0][0]; b.Kind != "big" || b.ID != "keys" {
		t.Errorf("got %+v", b)
	}
	if _, err := r.Touch(Touch{Key: before, Action: Press}); err != ErrGone {
		t.Errorf("the button that was replaced: %v", err)
	}
	for _, row := range []struct {
		id   string
		tree any
		want string
	}{
		{"gat", map[string]any{}, `no block has the id "gat" (did you mean 'gate'?)`},
		{"gate", "x", `the block must be a table such as { text = "Hello" }, not a text`},
		{"gate", map[string]any{"stile": "x"}, `the block has "stile"; did you mean "style"?`},
		{"keys", map[string]any{"columns": []any{[]any{}}}, "the block: columns cannot be in columns"},
	} {
		if err := r.client.Update(m, row.id, row.tree); err == nil || err.Error() != row.want {
			t.Errorf("%s: got %v, want %s", row.id, err, row.want)
		}
	}
	other := r.NewClient("other.lua")
	if err := other.Update(m, "gate", map[string]any{"text": "mine"}); err != ErrNotOwner {
		t.Errorf("got %v", err)
	}
	if err := other.Clear(); err != ErrNotOwner {
		t.Errorf("got %v", err)
	}
}

func TestATouchCallsTheHandlerOrIsSaid(t *testing.T) {
	r := newRig(t)
	h := Handler{7, r.gen}
	r.show(map[string]any{"id": "keys", "buttons": []any{button("Buy", "on_press", h, "value", "ticket"), button("Gate 3", "say", "Where is gate 3?", "id", "g"), button("Plain")}})
	keys := r.Document().Blocks[0].Buttons
	if _, err := r.Touch(Touch{Key: keys[0].Key, Action: Press}); err != nil {
		t.Fatal(err)
	}
	if want := (Pressed{7, Touched{"keys", "press", "ticket"}}); len(r.pressed) != 1 || r.pressed[0] != want {
		t.Errorf("got %+v", r.pressed)
	}
	got, err := r.Touch(Touch{Key: keys[1].Key, Action: Press})
	if err != nil || got.Say != "Where is gate 3?" {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := r.Touch(Touch{Key: keys[2].Key, Action: Press}); err != nil {
		t.Error(err)
	}
	if n := r.count(TouchDone); n != 3 {
		t.Errorf("%d events", n)
	}
	if e := r.events[len(r.events)-1].Touch; e != (Touched{"keys", "press", "Plain"}) {
		t.Errorf("got %+v", e)
	}
	if got, err := r.Touch(Touch{Action: Wake}); err != nil || !got.Wake {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := r.Touch(Touch{Action: "push"}); err != ErrAction {
		t.Errorf("got %v", err)
	}
	if _, err := r.Touch(Touch{Key: "ffffffff-1", Action: Press}); err != ErrGone {
		t.Errorf("a button of another process: %v", err)
	}
	for range maxTouches {
		_, err = r.Touch(Touch{Action: Here})
	}
	if err != ErrTooMany {
		t.Errorf("got %v", err)
	}
	r.pass(time.Second)
	if _, err = r.Touch(Touch{Action: Here}); err != nil {
		t.Error(err)
	}
}

func TestAReloadKeepsTheBlocksAndGreysTheirButtons(t *testing.T) {
	r := newRig(t)
	r.show(map[string]any{"columns": []any{[]any{map[string]any{"buttons": []any{button("Buy", "on_press", Handler{1, r.gen}), button("Ask", "say", "x")}}}}},
		map[string]any{"cards": []any{button("Soup", "on_press", Handler{2, r.gen})}})
	if got := r.client.Handlers(r.gen); len(got) != 2 || !got[1] || !got[2] {
		t.Errorf("the handlers are %v", got)
	}
	buttons := func() []Button { return r.Document().Blocks[0].Columns[0][0].Buttons }
	if buttons()[0].Old {
		t.Error("a new button is old")
	}
	next := r.NewGeneration()
	r.client.SetGeneration(next, r.press)
	if got := buttons(); !got[0].Old || got[1].Old || !r.Document().Blocks[1].Items[0].Old {
		t.Errorf("got %+v", got)
	}
	if _, err := r.Touch(Touch{Key: buttons()[0].Key, Action: Press}); err != ErrOld {
		t.Errorf("got %v", err)
	}
	if got, err := r.Touch(Touch{Key: buttons()[1].Key, Action: Press}); err != nil || got.Say != "x" {
		t.Errorf("got %+v, %v", got, err)
	}
	r.gen = next
	r.show(map[string]any{"buttons": []any{button("Buy", "on_press", Handler{1, next})}})
	if b := r.Document().Blocks[0].Buttons[0]; b.Old {
		t.Error("the button of the new generation is old")
	}
	r.client.Stop()
	if d := r.Document(); len(d.Blocks) > 0 || d.Owner != "" {
		t.Errorf("after the end of the script: %+v", d)
	}
	if err := r.client.Note("x", time.Second); err != ErrClosed {
		t.Errorf("got %v", err)
	}
}

// ask asks a question, and returns where its answer will be.
func (r *rig) ask(timeout time.Duration) (answer *string, cancel func()) {
	r.t.Helper()
	q, _, err := r.Maker(nil).Question(map[string]any{"title": "Print it?", "choices": []any{"Print", "No"}})
	if err != nil {
		r.t.Fatal(err)
	}
	answer = new(string)
	cancel, err = r.client.Ask(q, timeout, func(choice, reason string) { *answer += choice + "|" + reason })
	if err != nil {
		r.t.Fatal(err)
	}
	return answer, cancel
}

func TestAQuestionHasExactlyOneAnswer(t *testing.T) {
	r := newRig(t)
	answer, _ := r.ask(20 * time.Second)
	d := r.Document()
	if d.Ask == nil || d.Ask.Left != 20 || !d.Ask.Choices[0].Primary {
		t.Fatalf("got %+v", d.Ask)
	}
	if _, err := r.Touch(Touch{Key: d.Ask.Choices[1].Key, Action: Choose}); err != nil || *answer != "No|" {
		t.Errorf("got %s, %v", *answer, err)
	}
	if _, err := r.Touch(Touch{Key: d.Ask.Choices[1].Key, Action: Choose}); err != ErrGone || *answer != "No|" {
		t.Errorf("the second touch: %s, %v", *answer, err)
	}

	answer, _ = r.ask(20 * time.Second)
	r.pass(15 * time.Second)
	r.Touch(Touch{Action: Here})
	r.pass(15 * time.Second)
	r.Heard()
	r.pass(15 * time.Second)
	if *answer != "" {
		t.Errorf("a question that people think about: %s", *answer)
	}
	r.pass(5 * time.Second)
	if *answer != "|timeout" || r.Document().Ask != nil {
		t.Errorf("got %s", *answer)
	}

	answer, _ = r.ask(0)
	second, cancel := r.ask(0)
	if *answer != "|replaced" {
		t.Errorf("got %s", *answer)
	}
	r.pass(time.Hour)
	r.Touch(Touch{Action: Dismiss})
	if *second != "|dismissed" {
		t.Errorf("got %s", *second)
	}
	cancel()
	third, cancel := r.ask(time.Second)
	cancel()
	r.pass(time.Minute)
	if *third != "" || r.Document().Ask != nil {
		t.Errorf("a cancelled question: %q", *third)
	}
	last, _ := r.ask(0)
	r.client.Clear()
	if *last != "|closed" {
		t.Errorf("got %s", *last)
	}
}

func TestANoteGoesByItself(t *testing.T) {
	r := newRig(t)
	r.client.Note("first", 6*time.Second)
	r.pass(5 * time.Second)
	r.client.Note("second", 6*time.Second)
	r.pass(5 * time.Second)
	if n := r.Document().Note; n == nil || n.Text != "second" || n.Left != 1 {
		t.Errorf("got %+v", n)
	}
	r.pass(2 * time.Second)
	if n := r.Document().Note; n != nil {
		t.Errorf("got %+v", n)
	}
}

func TestTheIdlePageSaysSentencesForTheUser(t *testing.T) {
	r := newRig(t)
	page, err := r.Maker(nil).IdlePage(map[string]any{"title": "Ask me", "asks": []any{"How high is the water?"}})
	if err != nil {
		t.Fatal(err)
	}
	r.client.SetIdle(page)
	got, err := r.Touch(Touch{Key: r.Document().Idle.Asks[0].Key, Action: Press})
	if err != nil || got.Say != "How high is the water?" {
		t.Errorf("got %+v, %v", got, err)
	}
	for tree, want := range map[string]string{
		`{"asks":[""]}`:    "asks[1] is empty",
		`{"asks":"x"}`:     "the table: asks must be a list, not a text",
		`{"question":"x"}`: `the table has "question"; it may have title, hint, asks`,
	} {
		var v any
		json.Unmarshal([]byte(tree), &v)
		if _, err := r.Maker(nil).IdlePage(v); fmt.Sprint(err) != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestPagesComeAndGo(t *testing.T) {
	r := newRig(t)
	var open []*Page
	for i := range maxPages {
		p, err := r.Open(PageInfo{Width: 100 + i})
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, p)
	}
	if _, err := r.Open(PageInfo{}); err != ErrTooManyPages {
		t.Errorf("got %v", err)
	}
	if got := r.Pages(); len(got) != maxPages || !slices.IsSortedFunc(got, func(a, b PageInfo) int { return a.Width - b.Width }) {
		t.Errorf("got %v", got)
	}
	r.ExpectPages()
	r.pass(time.Minute)
	if d := r.Missing(); d != 0 {
		t.Errorf("no page for %v while some are open", d)
	}
	open[0].Close()
	open[0].Close()
	if r.count(PageCame) != maxPages || r.count(PageWent) != 1 || len(r.Pages()) != maxPages-1 {
		t.Errorf("%d came, %d went", r.count(PageCame), r.count(PageWent))
	}
	for _, p := range open {
		p.Close()
	}
	r.pass(3 * time.Minute)
	if d := r.Missing(); d != 3*time.Minute {
		t.Errorf("no page for %v, want 3 minutes", d)
	}
}

func TestAPageCarriesTheSound(t *testing.T) {
	r := newRig(t)
	r.SetSound("a", true) // the sound may be there before the page
	r.SetSound("", true)
	a, err := r.Open(PageInfo{Width: 1, ID: "a"})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, err := r.Open(PageInfo{Width: 2})
	if err != nil {
		t.Fatal(err)
	}
	if pages := r.Pages(); !pages[0].Sound || pages[1].Sound {
		t.Errorf("the pages are %+v", pages)
	}
	b.Close()
	r.SetSound("a", false)
	r.SetSound("a", true)
	r.SetSound("other", false)
	if r.count(SoundOn) != 1 || r.count(SoundOff) != 1 || !r.Pages()[0].Sound {
		t.Errorf("%d times on, %d times off, the pages are %+v", r.count(SoundOn), r.count(SoundOff), r.Pages())
	}
}

func TestPicturesOfTheDocumentBeforeAreStillThere(t *testing.T) {
	r := newRig(t)
	var hashes []string
	for _, more := range []string{"a", "b", "c"} {
		r.show(map[string]any{"image": png + more, "alt": "x"})
		hashes = append(hashes, r.Document().Blocks[0].Image)
	}
	if r.Image(hashes[0]) != nil || r.Image(hashes[1]) == nil || r.Image(hashes[2]) == nil {
		t.Error("the wrong pictures are there")
	}
}

func TestManyGoroutinesMayUseAScreen(t *testing.T) {
	s := New(nil)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			client := s.NewClient(fmt.Sprint(i))
			gen := s.NewGeneration()
			client.SetGeneration(gen, func(Pressed) error { return nil })
			for range 50 {
				m := s.Maker(nil)
				c, _ := m.Blocks([]any{map[string]any{"id": "a", "buttons": []any{button("x", "on_press", Handler{1, gen})}}})
				client.Show(c)
				client.Update(m, "a", map[string]any{"text": "y"})
				client.Note("n", time.Millisecond)
				if p, err := s.Open(PageInfo{}); err == nil {
					s.Document()
					p.Close()
				}
				client.Handlers(gen)
				s.Touch(Touch{Action: Here})
			}
			client.Stop()
		})
	}
	wg.Wait()
}
