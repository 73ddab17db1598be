package sim_test

import (
	"testing"
	"time"

	"moonlark/engine/clock"
	"moonlark/engine/pins"
	"moonlark/engine/pins/sim"
)

func request(t *testing.T, c *sim.Chip, r pins.Request) pins.Lines {
	t.Helper()
	r.Chip = "gpiochip0"
	l, err := c.Request(r)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func value(t *testing.T, l pins.Lines) bool {
	t.Helper()
	v, err := l.Values()
	if err != nil {
		t.Fatal(err)
	}
	return v[0]
}

func TestThePullAndWhatDrivesAnInput(t *testing.T) {
	c := sim.New(clock.Machine{})
	for _, row := range []struct {
		pull      pins.Pull
		activeLow bool
		want      bool
	}{{"", false, false}, {pins.PullDown, false, false}, {pins.PullUp, false, true}, {pins.PullUp, true, false}} {
		l := request(t, c, pins.Request{Offsets: []int{3}, Pull: row.pull, ActiveLow: row.activeLow})
		if got := value(t, l); got != row.want {
			t.Errorf("%+v: floating: got %v", row, got)
		}
		c.SetLevel(3, true)
		if got := value(t, l); got == row.activeLow {
			t.Errorf("%+v: high: got %v", row, got)
		}
		c.SetLevel(3, false)
		if got := value(t, l); got != row.activeLow {
			t.Errorf("%+v: low: got %v", row, got)
		}
		c.Float(3)
		l.Close()
		l.Close()
	}
}

func TestTheDriveOfAnOutput(t *testing.T) {
	c := sim.New(clock.Machine{})
	level := func() string { return c.State(3).Level }
	for _, row := range []struct {
		drive               pins.Drive
		value               bool
		want, whenDrivenLow string
	}{
		{pins.PushPull, true, "high", "high"}, {pins.PushPull, false, "low", "low"},
		{pins.OpenDrain, true, "high", "low"}, {pins.OpenDrain, false, "low", "low"},
		{pins.OpenSource, true, "high", "high"}, {pins.OpenSource, false, "low", "low"},
	} {
		l := request(t, c, pins.Request{Offsets: []int{3}, Output: true, Values: []bool{row.value}, Drive: row.drive})
		if got := level(); got != row.want {
			t.Errorf("%+v: got %s", row, got)
		}
		c.SetLevel(3, false)
		l.Set([]bool{row.value})
		if got := level(); got != row.whenDrivenLow {
			t.Errorf("%+v: driven low: got %s", row, got)
		}
		c.Float(3)
		l.Close()
	}
	if got := level(); got != "low" {
		t.Errorf("a closed output stays %s", got)
	}
}

func TestDebounce(t *testing.T) {
	k := clock.NewFake(time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC))
	c := sim.New(k)
	var events []pins.Event
	l := request(t, c, pins.Request{Offsets: []int{3}, Debounce: 10 * time.Millisecond, Event: func(e pins.Event) { events = append(events, e) }})
	for i := range 9 {
		c.SetLevel(3, i%2 == 0)
		k.Step(k.Now().Add(5 * time.Millisecond))
	}
	if len(events) != 0 || value(t, l) {
		t.Errorf("while it bounces: %v", events)
	}
	k.Step(k.Now().Add(10 * time.Millisecond))
	if len(events) != 1 || !events[0].Value || events[0].Seq != 1 || !value(t, l) {
		t.Errorf("got %v", events)
	}
	c.SetLevel(3, false)
	l.Close()
	for k.Step(k.Now().Add(time.Second)) {
	}
	if len(events) != 1 {
		t.Errorf("a closed line has events: %v", events)
	}
}

func TestLinesAreAdded(t *testing.T) {
	c := sim.New(clock.Machine{}, "BELL")
	for name, want := range map[string]int{"BELL": 28, "28": 28, "GPIO5": 5, "DOOR": 29} {
		if got, err := c.Add(name); err != nil || name != "28" && got != want {
			t.Errorf("%s: got %d, %v", name, got, err)
		}
	}
	for _, name := range []string{"", "77", "-1"} {
		if _, err := c.Add(name); err == nil {
			t.Errorf("%q was added", name)
		}
	}
}
