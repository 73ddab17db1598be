package script

import (
	"context"
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/tool"
	"moonlark/luastd"
)

// An offer is a set of tools that a module of a generation offers, and that can change while the
// generation is in use: see luastd.Offerer.
type offer struct {
	gen     *generation
	handler *lua.LFunction

	settled chan struct{} // closed when Set has been called

	// Scripts.mu guards the fields below.
	isSet  bool // Set has been called
	tools  []*registeredTool
	hidden map[string]bool // names of tools that something else has registered; each is logged once
}

// Offer makes an offer: see luastd.Offerer.
func (g *generation) Offer(handler *lua.LFunction) (luastd.Offer, error) {
	if g.stage != stageLoading {
		return nil, luastd.ErrLoaded
	}
	o := &offer{gen: g, handler: handler, settled: make(chan struct{}), hidden: make(map[string]bool)}
	g.offers = append(g.offers, o)
	return o, nil
}

// Set replaces the tools of the offer: see luastd.Offer.
func (o *offer) Set(specs []*tool.Spec) {
	s := o.gen.scripts
	s.mu.Lock()
	if !o.isSet {
		o.isSet = true
		defer close(o.settled)
	}
	tools := make([]*registeredTool, len(specs))
	changed := len(specs) != len(o.tools)
	for i, spec := range specs {
		tools[i] = o.equal(spec)
		if tools[i] == nil {
			tools[i], changed = &registeredTool{o.gen, spec, o.handler}, true
		}
	}
	if !changed {
		s.mu.Unlock()
		return
	}
	o.tools = tools
	isCurrent := slices.ContainsFunc(s.list, func(sc *script) bool { return sc.current == o.gen })
	var summary Summary
	if isCurrent {
		s.collectTools()
		summary = o.gen.summary()
	}
	s.mu.Unlock()
	if isCurrent && s.opts.ToolsChanged != nil {
		s.opts.ToolsChanged(summary)
	}
}

// AwaitOffers waits until all offers of the scripts have got their tools, or until ctx is done. The
// error is that of ctx.
func (s *Scripts) AwaitOffers(ctx context.Context) error {
	s.mu.Lock()
	var offers []*offer
	for _, sc := range s.list {
		offers = append(offers, sc.current.offers...)
	}
	s.mu.Unlock()
	for _, o := range offers {
		select {
		case <-o.settled:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// equal returns the tool of the offer that has a description equal to spec, or nil. So a tool that
// has not changed stays the same for those who compare tools. The caller must hold Scripts.mu.
func (o *offer) equal(spec *tool.Spec) *registeredTool {
	for _, t := range o.tools {
		if t.spec.Name == spec.Name && sameSpec(t.spec, spec) {
			return t
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

// collectTools makes the table of all tools. A tool that a script registers has priority over one
// that is offered, and of two that are offered the first one counts, so it does not matter when an
// offer changes. The caller must hold s.mu.
func (s *Scripts) collectTools() {
	s.tools = make(map[string]*registeredTool)
	for _, sc := range s.list {
		for _, t := range sc.current.tools {
			s.tools[t.spec.Name] = t
		}
	}
	for _, sc := range s.list {
		for _, o := range sc.current.offers {
			for _, t := range o.tools {
				name := t.spec.Name
				other := s.tools[name]
				if other == nil {
					s.tools[name] = t
					continue
				}
				if !o.hidden[name] {
					o.hidden[name] = true
					o.gen.log(slog.LevelWarn, fmt.Sprintf("%s: the tool %s is not offered, because %s has registered a tool with this name", t.spec.Source, name, other.spec.Source))
				}
			}
		}
	}
}

// allTools returns the tools that g has registered, and those that it offers. The caller must hold
// s.mu.
func (g *generation) allTools() []*registeredTool {
	all := slices.Clone(g.tools)
	for _, o := range g.offers {
		for _, t := range o.tools {
			if current := g.scripts.tools[t.spec.Name]; current == t || current == nil {
				all = append(all, t)
			}
		}
	}
	return all
}
