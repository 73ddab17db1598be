package script

import (
	"maps"
	"time"
)

// A usage is what some generations of a script have used together.
type usage struct {
	cpu     time.Duration  // how long the generations have run Lua code
	events  int            // number of events that were dropped because the handlers were too slow
	modules map[string]int // what the modules have dropped, by module
}

func (u *usage) add(g *generation) {
	u.cpu += g.x.CPUTime()
	u.events += g.x.Dropped()
	if u.modules == nil {
		u.modules = make(map[string]int)
	}
	g.drops.addTo(u.modules)
}

// clone returns a copy that can be added to.
func (u usage) clone() usage {
	u.modules = maps.Clone(u.modules)
	return u
}
