package script

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"moonlark/engine/activity"
)

var testTab = activity.Tab{ID: "test", Columns: []activity.Column{{Name: "topic"}, {Name: "payload"}, {Name: "bytes", Unit: activity.Sum}}}

// A wall keeps the activities that are shown.
type wall struct {
	mu      sync.Mutex // guards the fields below
	shown   []map[string]any
	omitted []int
}

func (w *wall) options() Options {
	return Options{WantsActivities: func() bool { return true }, Activity: func(_, _ string, fields map[string]any, count int) {
		w.mu.Lock()
		defer w.mu.Unlock()
		if fields == nil {
			w.omitted = append(w.omitted, count)
		} else {
			w.shown = append(w.shown, fields)
		}
	}}
}

// A testMask hides secrets with the function.
type testMask func(text string) string

func (m testMask) Mask(text string) string       { return m(text) }
func (m testMask) MaskPrefix(text string) string { return m(text) }

var noMask = testMask(func(text string) string { return text })

// 10,000 activities a second are counted, and few of them are shown.
func TestAFloodOfActivitiesIsShownInPart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wall{}
		s := New(w.options())
		defer s.Close()
		for range 50_000 {
			s.showActivity("a.lua", noMask, &testTab, func() []any { return []any{"home", "x", 1} })
			time.Sleep(100 * time.Microsecond)
		}
		time.Sleep(2 * omittedInterval)
		w.mu.Lock()
		defer w.mu.Unlock()
		total := len(w.shown)
		for _, n := range w.omitted {
			total += n
		}
		if total != 50_000 || len(w.shown) > activityBurst+6*activityRate || len(w.omitted) > 6 {
			t.Errorf("%d activities are shown or counted, %d shown, %d numbers of the rest", total, len(w.shown), len(w.omitted))
		}
	})
}

func TestOneScriptDoesNotUseUpTheActivitiesOfAnother(t *testing.T) {
	w := &wall{}
	s := New(w.options())
	defer s.Close()
	values := func() []any { return nil }
	for range 1000 {
		s.showActivity("a.lua", noMask, &testTab, values)
	}
	before := len(w.shown)
	s.showActivity("b.lua", noMask, &testTab, values)
	if len(w.shown) != before+1 {
		t.Error("the activity of the other script is not shown")
	}
}

func TestTheTextsOfActivitiesAreShortAndHaveNoSecrets(t *testing.T) {
	w := &wall{}
	s := New(w.options())
	defer s.Close()
	mask := testMask(func(text string) string { return strings.ReplaceAll(text, "swordfish", "[secret door]") })
	for _, text := range []string{"a swordfish", strings.Repeat("é", 100_000), strings.Repeat("x", 195) + "swordfish", "\xff\xfe", strings.Repeat("swordfish", 1000)} {
		s.showActivity("a.lua", mask, &testTab, func() []any { return []any{text, nil, 5} })
	}
	for i, want := range []string{"a [secret door]", strings.Repeat("é", 200) + "…", strings.Repeat("x", 195) + "[secr…", "\ufffd", strings.Repeat("[secret door]", 100)[:200] + "…"} {
		got := w.shown[i]["topic"].(string)
		if got != want || !utf8.ValidString(got) {
			t.Errorf("got %q, want %q", got, want)
		}
		if _, ok := w.shown[i]["payload"]; ok || w.shown[i]["bytes"] != 5 {
			t.Errorf("got %v", w.shown[i])
		}
	}
}

// A cutMask shows whether it was asked for a whole text or for the beginning of one.
type cutMask struct{}

func (cutMask) Mask(text string) string       { return "whole" }
func (cutMask) MaskPrefix(text string) string { return "beginning" }

// A secret at the end of what is left of a long text may be cut too, so the end is treated differently.
func TestTheEndOfALongTextIsMaskedAsABeginning(t *testing.T) {
	for text, want := range map[string]string{
		"short": "whole", strings.Repeat("x", activity.MaxPrefix): "whole", strings.Repeat("x", activity.MaxPrefix+1): "beginning…",
		activity.Prefix(strings.Repeat("é", activity.MaxPrefix)): "beginning…", // the module has cut it
	} {
		if got := shownText(cutMask{}, text); got != want {
			t.Errorf("a text of %d bytes: got %s, want %s", len(text), got, want)
		}
	}
}

// Without a page and a recording, an activity costs nothing but the question whether anybody wants it.
func TestActivitiesThatNobodyWantsAreNotMade(t *testing.T) {
	s := New(Options{WantsActivities: func() bool { return false }})
	defer s.Close()
	if n := testing.AllocsPerRun(100, func() {
		s.showActivity("a.lua", noMask, &testTab, func() []any { t.Error("the values are asked for"); return nil })
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkActivity(b *testing.B) {
	values := func() []any { return []any{"home/lamp", "brighter", 8} }
	for _, row := range []struct {
		name     string
		wanted   bool
		interval time.Duration // since the activity before, for the limit
	}{{"nobody wants it", false, 0}, {"shown", true, time.Second}, {"counted", true, 0}} {
		b.Run(row.name, func(b *testing.B) {
			s := New(Options{WantsActivities: func() bool { return row.wanted }, Activity: func(string, string, map[string]any, int) {}})
			defer s.Close()
			key := activityKey{"a.lua", testTab.ID}
			b.ReportAllocs()
			for b.Loop() {
				if c := s.shown.rates[key]; c != nil {
					c.credit += row.interval.Seconds() * activityRate
				}
				s.showActivity("a.lua", noMask, &testTab, values)
			}
		})
	}
}
