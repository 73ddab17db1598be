package script

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

// The maximal sizes of `state` in bytes, as JSON. `state` is the global Lua table whose content a
// reload passes to the new generation.
const (
	maxStateEntry = 4 << 20  // maximal size of one entry
	maxState      = 16 << 20 // maximal size of all entries together
	// maxStateExcessive replaces maxState when the script is reloaded because it uses too much
	// memory.
	maxStateExcessive = 1 << 20
)

// A snapshot is a copy of the entries of `state`, in the order of the table. It can also have only
// the entries that differ between two copies.
type snapshot struct {
	keys []lua.LValue
	json map[lua.LValue][]byte // the JSON of each entry; nil if the entry was deleted
}

func (s *snapshot) set(k lua.LValue, text []byte) {
	if s.json == nil {
		s.json = make(map[lua.LValue][]byte)
	}
	s.keys = append(s.keys, k)
	s.json[k] = text
}

// These are the arguments of takeState. A reload calls takeState several times, but should log each
// warning only once.
const (
	noWarnings   = false
	withWarnings = true
)

// takeState returns a copy of `state`. It leaves out entries that are too large or cannot be
// written as JSON. If warn is true, it logs a warning for these. It runs on the executor's
// goroutine.
func (g *generation) takeState(warn bool) snapshot {
	var s snapshot
	t, ok := g.x.State().G.Global.RawGetString("state").(*lua.LTable)
	if !ok {
		if warn {
			g.log(slog.LevelWarn, "state is no longer a table, so its content does not survive a reload")
		}
		return s
	}
	maxSize := maxState
	if g.tooMuchMemory.Load() {
		maxSize = maxStateExcessive
	}
	room, tooLarge := maxSize, 0
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		text, err := value.Append(nil, v, max(1, min(maxStateEntry, room)))
		if wrong := (*value.Error)(nil); errors.As(err, &wrong) && wrong.TooLong && room < maxStateEntry {
			tooLarge++
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
	if tooLarge > 0 && warn {
		g.log(slog.LevelWarn, fmt.Sprintf("state is longer than %d bytes: %d of its entries do not survive", maxSize, tooLarge))
	}
	return s
}

// changesTo returns the entries of later that are new or different from those in s, and the entries
// of s that were deleted in later.
func (s snapshot) changesTo(later snapshot) snapshot {
	var changed snapshot
	for _, k := range later.keys {
		if !bytes.Equal(s.json[k], later.json[k]) {
			changed.set(k, later.json[k])
		}
	}
	for _, k := range s.keys {
		if _, ok := later.json[k]; !ok {
			changed.set(k, nil)
		}
	}
	return changed
}

// restoreState writes the entries of s into the Lua table `state`. Call it on the executor's
// goroutine, or before the executor starts.
func (g *generation) restoreState(s snapshot) {
	L := g.x.State()
	t, ok := L.G.Global.RawGetString("state").(*lua.LTable)
	if !ok {
		return
	}
	for _, k := range s.keys {
		v := lua.LValue(lua.LNil)
		if text := s.json[k]; text != nil {
			var err error
			if v, err = value.Parse(L, text); err != nil {
				g.log(slog.LevelError, fmt.Sprintf("state.%s: %v", k.String(), err))
				continue
			}
		}
		t.RawSet(k, v)
	}
}

// mergeState writes the entries of changed into `state`, except the entries that this generation
// has changed itself since the snapshot base. changed has the changes of the old generation since
// base. mergeState runs on the executor's goroutine.
func (g *generation) mergeState(base, changed snapshot) {
	if len(changed.keys) == 0 {
		return
	}
	mine := base.changesTo(g.takeState(noWarnings))
	var theirs snapshot
	for _, k := range changed.keys {
		if _, ok := mine.json[k]; !ok {
			theirs.set(k, changed.json[k])
		}
	}
	g.restoreState(theirs)
}
