package script

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"moonlark/engine/script/vm"
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
		value := g.permit.Mask(string(e.text))
		if !json.Valid([]byte(value)) || text.Len()+len(value) > maxStateView {
			v.TooLarge = append(v.TooLarge, e.key)
			continue
		}
		if text.Len() > 1 {
			text.WriteByte(',')
		}
		key, _ := json.Marshal(e.key) // encoding a string as JSON cannot fail
		text.Write(key)
		text.WriteByte(':')
		text.WriteString(value)
	}
	text.WriteByte('}')
	v.State = text.Bytes()
	return v
}
