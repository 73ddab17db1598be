package script

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/script/vm"
	"moonlark/luastd/value"
)

// maxStateView is the maximal size of what State returns, in bytes.
const maxStateView = 256 << 10

// A StateView is a copy of the table `state` of a script, for a person.
type StateView struct {
	State    json.RawMessage // an object with sorted keys; secrets are masked
	TooLarge []string        // the keys that were left out because the object would be too large
}

// State returns a copy of the table `state` of the script whose file has this name, without its folder.
// It waits until the script can run. The error says that there is no such script, or is the cause of
// ctx.
func (s *Scripts) State(ctx context.Context, name string) (StateView, error) {
	g := s.generationNamed(name)
	if g == nil {
		return StateView{}, fmt.Errorf("no script is called %.100s", name)
	}
	taken := make(chan snapshot, 1)
	if err := g.x.Post(func() { taken <- g.takeState(noWarnings) }); err != nil {
		return StateView{}, err
	}
	select {
	case entries := <-taken:
		return g.view(entries), nil
	case <-g.x.Done():
		return StateView{}, vm.ErrClosed
	case <-ctx.Done():
		return StateView{}, context.Cause(ctx)
	}
}

// SetState sets one entry of the table `state` of the script whose file has this name, or removes it if
// text is null. text is any JSON value. SetState waits until the script can run. The error says that
// there is no such script or that the value cannot be an entry, or is the cause of ctx.
func (s *Scripts) SetState(ctx context.Context, name, key string, text json.RawMessage) error {
	g := s.generationNamed(name)
	switch {
	case g == nil:
		return fmt.Errorf("no script is called %.100s", name)
	case len(text) > maxStateEntry:
		return fmt.Errorf("state.%.100s: longer than %d bytes", key, maxStateEntry)
	}
	set := make(chan error, 1)
	if err := g.x.Post(func() { set <- g.setState(key, text) }); err != nil {
		return err
	}
	select {
	case err := <-set:
		return err
	case <-g.x.Done():
		return vm.ErrClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// setState sets or removes an entry of the table `state`. It runs on the executor's goroutine.
func (g *generation) setState(key string, text json.RawMessage) error {
	L := g.x.State()
	t, ok := L.G.Global.RawGetString("state").(*lua.LTable)
	if !ok {
		return errors.New("state is not a table")
	}
	v, err := value.Parse(L, text)
	if err != nil {
		return fmt.Errorf("state.%.100s: %w", key, err)
	}
	if string(bytes.TrimSpace(text)) == "null" {
		v = lua.LNil
	}
	k := lua.LValue(lua.LString(key))
	if n, err := strconv.ParseFloat(key, 64); err == nil && t.RawGet(k) == lua.LNil && t.RawGet(lua.LNumber(n)) != lua.LNil {
		k = lua.LNumber(n) // State shows it with the same key
	}
	t.RawSet(k, v)
	return nil
}

// generationNamed returns the current generation of the script whose file has this name, or nil.
func (s *Scripts) generationNamed(name string) *generation {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sc := range s.list {
		if sc.current.name() == name {
			return sc.current
		}
	}
	return nil
}

// view returns a copy of state for a person.
func (g *generation) view(entries snapshot) StateView {
	type entry struct {
		key  string
		text []byte
	}
	var all []entry
	for _, k := range entries.keys {
		all = append(all, entry{k.String(), entries.json[k]})
	}
	slices.SortFunc(all, func(a, b entry) int { return cmp.Compare(a.key, b.key) })
	v := StateView{}
	var text bytes.Buffer
	text.WriteByte('{')
	for _, e := range all {
		shown := g.permit.Mask(string(e.text))
		if !json.Valid([]byte(shown)) || text.Len()+len(shown) > maxStateView {
			v.TooLarge = append(v.TooLarge, e.key)
			continue
		}
		if text.Len() > 1 {
			text.WriteByte(',')
		}
		key, _ := json.Marshal(e.key) // encoding a string as JSON cannot fail
		text.Write(key)
		text.WriteByte(':')
		text.WriteString(shown)
	}
	text.WriteByte('}')
	v.State = text.Bytes()
	return v
}
