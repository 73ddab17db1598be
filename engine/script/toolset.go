package script

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/tool"
	"moonlark/luastd"
)

// A toolset is a set of tools that a module of a generation offers, and that can change while the
// generation is in use: see luastd.Toolsets.
type toolset struct {
	gen     *generation
	handler *lua.LFunction
	settled chan struct{} // closed when Set has been called

	// Scripts.mu guards the fields below.
	isSet  bool // Set has been called
	offers []*offer
	hidden map[string]bool // names of tools that something else has registered; each is logged once
}

// NewToolset makes a toolset: see luastd.Toolsets.
func (g *generation) NewToolset(handler *lua.LFunction) (luastd.Toolset, error) {
	if g.stage != stageLoading {
		return nil, luastd.ErrLoaded
	}
	t := &toolset{gen: g, handler: handler, settled: make(chan struct{}), hidden: make(map[string]bool)}
	g.toolsets = append(g.toolsets, t)
	return t, nil
}

// Set replaces the tools: see luastd.Toolset.
func (t *toolset) Set(specs []*tool.Spec) {
	s := t.gen.scripts
	s.mu.Lock()
	if !t.isSet {
		t.isSet = true
		defer close(t.settled)
	}
	offers := make([]*offer, len(specs))
	changed := len(specs) != len(t.offers)
	for i, spec := range specs {
		if offers[i] = t.equal(spec); offers[i] == nil {
			changed = true
			offers[i] = &offer{
				gen: t.gen, key: offerKey{toolOffer, spec.Name}, source: spec.Source, timeout: spec.Deadline(), handler: t.handler, spec: spec,
			}
		}
	}
	if !changed {
		s.mu.Unlock()
		return
	}
	t.offers = offers
	isCurrent := slices.ContainsFunc(s.list, func(sc *script) bool { return sc.current == t.gen })
	var summary Summary
	if isCurrent {
		s.collectOffers()
		summary = t.gen.summary()
	}
	s.mu.Unlock()
	if isCurrent && s.opts.ToolsChanged != nil {
		s.opts.ToolsChanged(summary)
	}
}

// equal returns the tool of the set that has a description equal to spec, or nil. So a tool that has
// not changed stays the same for those who compare tools. The caller must hold Scripts.mu.
func (t *toolset) equal(spec *tool.Spec) *offer {
	for _, o := range t.offers {
		if o.spec.Name == spec.Name && sameSpec(o.spec, spec) {
			return o
		}
	}
	return nil
}

// sameSpec reports whether two descriptions of a tool say the same.
func sameSpec(a, b *tool.Spec) bool {
	if a.Description != b.Description || a.Title != b.Title || a.Timeout != b.Timeout || a.Source != b.Source || !slices.Equal(a.Phrases, b.Phrases) {
		return false
	}
	x, errX := json.Marshal(a.Parameters)
	y, errY := json.Marshal(b.Parameters)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// collectOffers makes the table of all offers. What a script registers has priority over the tools of
// toolsets, and of two toolsets the first one counts, so it does not matter when a toolset changes.
// The caller must hold s.mu.
func (s *Scripts) collectOffers() {
	s.offers = make(map[offerKey]*offer)
	for _, sc := range s.list {
		for _, o := range sc.current.offers {
			s.offers[o.key] = o
		}
	}
	for _, sc := range s.list {
		for _, t := range sc.current.toolsets {
			for _, o := range t.offers {
				other := s.offers[o.key]
				if other == nil {
					s.offers[o.key] = o
					continue
				}
				if name := o.key.name; !t.hidden[name] {
					t.hidden[name] = true
					t.gen.log(slog.LevelWarn, fmt.Sprintf("%s: the tool %s is not offered, because %s has registered a tool with this name", o.source, name, other.source))
				}
			}
		}
	}
}

// toolsetOffers returns the tools of the toolsets of g that are not hidden by others. The caller must
// hold Scripts.mu.
func (g *generation) toolsetOffers() (offers []*offer) {
	for _, t := range g.toolsets {
		for _, o := range t.offers {
			if current := g.scripts.offers[o.key]; current == o || current == nil {
				offers = append(offers, o)
			}
		}
	}
	return offers
}

// AwaitToolsets waits until all toolsets of the scripts have been set, or until ctx is done. The error
// is the cause of ctx.
func (s *Scripts) AwaitToolsets(ctx context.Context) error {
	s.mu.Lock()
	var all []*toolset
	for _, sc := range s.list {
		all = append(all, sc.current.toolsets...)
	}
	s.mu.Unlock()
	for _, t := range all {
		select {
		case <-t.settled:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}
