package script

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestDroppedThingsOfAllGenerationsAreCounted(t *testing.T) {
	t.Parallel()
	f := load(t, `print("first")`)
	drop := func(module, what string, n int) { f.find(f.path("a.lua")).current.CountDropped(module, what, n) }
	drop("udp", "datagrams", 3)
	drop("udp", "datagrams", 1)
	f.write("a.lua", `print("second")`)
	f.reload()
	drop("udp", "datagrams", 2)
	drop("fs", "events", 1)
	if got, want := fmt.Sprint(f.Health()[0].Dropped), "map[fs:1 udp:6]"; got != want {
		t.Errorf("Health returned %s as dropped, want %s", got, want)
	}
	if got, want := strings.Count(f.all(), "udp: datagrams are dropped"), 2; got != want { // one for each generation
		t.Errorf("%d lines about datagrams were logged, want %d: %s", got, want, f.all())
	}
}

func TestALineAboutDroppedThingsIsLoggedOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d drops
		start := time.Now()
		for range 100 {
			line := d.add("udp", "datagrams", 1, time.Now())
			switch second := int(time.Since(start).Seconds()); {
			case second%60 == 0 && !strings.Contains(line, fmt.Sprintf(": %d so far", second+1)):
				t.Errorf("the line after %d s is %q", second, line)
			case second%60 != 0 && line != "":
				t.Errorf("%q is logged after %d s", line, second)
			}
			time.Sleep(time.Second)
		}
	})
}
