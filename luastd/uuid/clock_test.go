package uuid

import (
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// The first time is that of the example of version 7 in RFC 9562.
func TestUUIDsOfVersion7IncreaseWhenTheClockIsSetBack(t *testing.T) {
	now := time.UnixMilli(0x017F22E279B0)
	g := &generator{now: func() time.Time { return now }}
	L := lua.NewState()
	defer L.Close()
	next := func() string {
		g.v7(L)
		text := L.Get(-1).String()
		L.Pop(1)
		return text[:18]
	}
	for _, row := range []struct {
		why  string
		add  time.Duration
		want string
	}{
		{"the first UUID", 0, "017f22e2-79b0-7000"},
		{"the clock has not advanced", 0, "017f22e2-79b0-7001"},
		{"half a millisecond later", 500 * time.Microsecond, "017f22e2-79b0-7800"},
		{"the clock has been set back", -time.Hour, "017f22e2-79b0-7801"},
		{"an hour later", time.Hour + 500*time.Microsecond, "017f22e2-79b1-7000"},
	} {
		now = now.Add(row.add)
		if got := next(); got != row.want {
			t.Errorf("%s: got %s, want %s", row.why, got, row.want)
		}
	}
}
