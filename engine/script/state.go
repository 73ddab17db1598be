package script

import (
	"bytes"
	"fmt"
	"log/slog"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
)

// How large `state` may be, as JSON, in bytes.
const (
	mostState   = 4 << 20  // one entry
	mostStates  = 16 << 20 // all together
	leastStates = 1 << 20  // all together, when the script is replaced because it holds too much memory
)

// A snapshot is what a generation's `state` holds, in its order: each entry as
// JSON, nil for one that is no longer there.
type snapshot struct {
	keys []lua.LValue
	text map[lua.LValue][]byte
}

func (s *snapshot) set(k lua.LValue, text []byte) {
	if s.text == nil {
		s.text = make(map[lua.LValue][]byte)
	}
	s.keys = append(s.keys, k)
	s.text[k] = text
}

// How a snapshot is taken: of several at a reload one says what is left out.
const (
	silently = false
	aloud    = true
)

// snapshot reads `state`. What cannot be JSON is left out, aloud with a warning.
// It runs on the executor's goroutine.
func (g *generation) snapshot(warn bool) snapshot {
	var s snapshot
	t, ok := g.x.root.G.Global.RawGetString("state").(*lua.LTable)
	if !ok {
		if warn {
			g.log(slog.LevelWarn, "state is no longer a table: nothing of it survives a reload")
		}
		return s
	}
	most := mostStates
	if g.excessive.Load() {
		most = leastStates
	}
	room, left := most, 0
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		text, err := luastd.AppendJSON(nil, v, max(1, min(mostState, room)))
		if err != nil && room < mostState {
			left++
			continue
		}
		switch k.(type) {
		case lua.LString, lua.LNumber:
		default:
			err = fmt.Errorf("a %s cannot be a key", k.Type())
		}
		if err != nil {
			if !warn {
				continue
			}
			g.log(slog.LevelWarn, fmt.Sprintf("state.%s does not survive a reload: %v", k.String(), err))
			continue
		}
		s.set(k, text)
		room -= len(text)
	}
	if left > 0 && warn {
		g.log(slog.LevelWarn, fmt.Sprintf("state is longer than %d bytes: %d of its entries do not survive", most, left))
	}
	return s
}

// changes are the entries in which later differs from s.
func (s snapshot) changes(later snapshot) snapshot {
	var changed snapshot
	for _, k := range later.keys {
		if !bytes.Equal(s.text[k], later.text[k]) {
			changed.set(k, later.text[k])
		}
	}
	for _, k := range s.keys {
		if _, ok := later.text[k]; !ok {
			changed.set(k, nil)
		}
	}
	return changed
}

// restore writes entries into `state`. It runs on the executor's goroutine, or
// before it has started.
func (g *generation) restore(s snapshot) {
	L := g.x.root
	t, ok := L.G.Global.RawGetString("state").(*lua.LTable)
	if !ok {
		return
	}
	for _, k := range s.keys {
		v := lua.LValue(lua.LNil)
		if text := s.text[k]; text != nil {
			var err error
			if v, err = luastd.ParseJSON(L, text); err != nil {
				g.log(slog.LevelError, fmt.Sprintf("state.%s: %v", k.String(), err))
				continue
			}
		}
		t.RawSet(k, v)
	}
}

// carry brings over what the old generation changed since base, unless the new
// one, whose state this is, changed it too.
func (g *generation) carry(base, changed snapshot) {
	if len(changed.keys) == 0 {
		return
	}
	mine := base.changes(g.snapshot(silently))
	var theirs snapshot
	for _, k := range changed.keys {
		if _, ok := mine.text[k]; !ok {
			theirs.set(k, changed.text[k])
		}
	}
	g.restore(theirs)
}
