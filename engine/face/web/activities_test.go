package web

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"moonlark/engine/bus"
)

func did(tab string, i int) bus.Event {
	return bus.Event{Type: bus.Activity, Time: time.Now(), Tab: tab, Script: "a.lua", Fields: map[string]any{"n": i}}
}

// texts returns what the next n messages say: the text of an event, or the tab and the number of an activity.
func (c *client) texts(n int) (all []string, last message) {
	c.t.Helper()
	for range n {
		last = c.next()
		e := last.event()
		if e.Type == bus.Activity {
			all = append(all, fmt.Sprint(e.Tab, " ", e.Fields["n"]))
		} else {
			all = append(all, e.Text)
		}
	}
	return all, last
}

func TestActivitiesComeInTheirOrderAndOnlyOnce(t *testing.T) {
	s := NewStream(StreamOptions{})
	h := serve(t, s)
	for i := 1; i <= 2; i++ {
		s.Note(text(i))
		s.Note(did("http", i))
		s.Note(did("mqtt", i))
	}
	c := h.open("since=0")
	if snap := c.snapshot(); snap.Seq != 2 || strings.Join(snap.Activities, " ") != "http mqtt" {
		t.Errorf("the snapshot has %d events, and activities of %v", snap.Seq, snap.Activities)
	}
	got, last := c.texts(6)
	if want := "text 1,http 1,mqtt 1,text 2,http 2,mqtt 2"; strings.Join(got, ",") != want {
		t.Errorf("got %v, want %v", got, want)
	}
	s.Note(did("http", 3))
	s.Note(text(3))
	for _, again := range []*client{h.open("since=0", "Last-Event-ID", last.id), h.open("since=2"), h.open("since=0&types=activity")} {
		again.snapshot()
		got, _ := again.texts(2)
		text := strings.Join(got, ",")
		if text != "http 3,text 3" && text != "http 2,mqtt 2" && text != "http 1,mqtt 1" {
			t.Errorf("got %s", text)
		}
	}
	fresh := h.open("")
	fresh.snapshot()
	s.Note(did("store", 9))
	if got, _ := fresh.texts(1); got[0] != "store 9" {
		t.Errorf("a client that wants only new events gets %v", got)
	}
}

// A flood of activities does not push out the conversation, nor the activities of another tab.
func TestAFloodOfActivitiesPushesNothingElseOut(t *testing.T) {
	s := NewStream(StreamOptions{MaxEvents: 10})
	s.Note(text(1))
	s.Note(did("permissions", 1))
	for i := range 50_000 {
		s.Note(did("mqtt", i))
	}
	n := s.after(0, 0, 0)
	if n.lost > 0 || len(n.events) != 2+tabActivities {
		t.Errorf("%d events are lost, and %d are kept", n.lost, len(n.events))
	}
	big := strings.Repeat("x", 10<<10)
	for range 100 {
		s.Note(bus.Event{Type: bus.Activity, Tab: "mqtt", Fields: map[string]any{"payload": big}})
	}
	if size := s.activities.tabs["mqtt"].bytes; size > tabBytes {
		t.Errorf("%d bytes are kept", size)
	}
	for i := range 1000 {
		s.Note(did(fmt.Sprint("tab ", i), 1))
	}
	if len(s.activities.tabs) != maxTabs {
		t.Errorf("%d tabs", len(s.activities.tabs))
	}
}
