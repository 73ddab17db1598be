package script

import (
	"fmt"
	"log/slog"
	"slices"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/agentsettings"
	"moonlark/engine/guess"
	"moonlark/engine/tool"
	"moonlark/luastd"
)

// The methods below record what a script registers while its top level runs. They run on the
// executor's goroutine.

// agentSettings are the settings for the agent that a script has set with agent(), and the line of
// the script that called agent().
type agentSettings struct {
	agentsettings.Settings
	line string
}

// RegisterTool adds a tool with this handler. It returns an error if the top level has returned, or
// if the script has registered a tool with the same name.
func (g *generation) RegisterTool(spec *tool.Spec, handler *lua.LFunction) error {
	o := &offer{key: offerKey{toolOffer, spec.Name}, source: spec.Source, timeout: spec.Deadline(), handler: handler, spec: spec}
	switch offloader := g.scripts.opts.Offloader; {
	case spec.Job:
		o.job, o.handler = handler, g.jobHandler(spec)
	case offloader != nil && spec.OnWorker:
		o.handler = g.offloadingHandler(offloader, spec)
	}
	return g.add("register_tool", o)
}

// RegisterResource adds a resource that read reads. The errors are like those of RegisterTool.
func (g *generation) RegisterResource(r *tool.Resource, read *lua.LFunction) error {
	return g.add("register_resource", &offer{
		key: offerKey{resourceOffer, r.Shape()}, source: r.Source, timeout: r.Deadline(), handler: read, resource: r,
	})
}

// RegisterPrompt adds a prompt whose messages handler makes. The errors are like those of RegisterTool.
func (g *generation) RegisterPrompt(p *tool.Prompt, handler *lua.LFunction) error {
	return g.add("register_prompt", &offer{
		key: offerKey{promptOffer, p.Name}, source: p.Source, timeout: p.Deadline(), handler: handler, prompt: p,
	})
}

// checkLoading returns an error if the top level has returned. function is the Lua function that was
// called.
func (g *generation) checkLoading(function string) error {
	if g.stage != stageLoading {
		return fmt.Errorf("%s: %w", function, luastd.ErrLoaded)
	}
	return nil
}

// On adds fn as a handler of events of the type eventType. It logs a warning if the type
// looks like a misspelt type of Moonlark's events. It returns an error if the top level has returned.
func (g *generation) On(eventType string, fn *lua.LFunction) error {
	if err := g.checkLoading("on"); err != nil {
		return err
	}
	known := g.scripts.opts.Events
	if suggestion := guess.DidYouMean(eventType, known); suggestion != "" && eventType != allEvents && !slices.Contains(known, eventType) {
		line := ""
		if !fn.IsG {
			line = fmt.Sprintf("%s:%d: ", fn.Proto.SourceName, fn.Proto.LineDefined)
		}
		g.log(slog.LevelWarn, fmt.Sprintf("%son('%s'): no event is known by that name%s", line, eventType, suggestion))
	}
	g.handlers[eventType] = append(g.handlers[eventType], fn)
	return nil
}

// OnStart registers fn to run when the generation starts. It returns an error if the top level has
// returned.
func (g *generation) OnStart(fn *lua.LFunction) error {
	if err := g.checkLoading("on_start"); err != nil {
		return err
	}
	g.onStart = append(g.onStart, fn)
	return nil
}

// OnUnload registers fn to run when the generation is replaced or closed. It returns an error if
// the top level has returned.
func (g *generation) OnUnload(fn *lua.LFunction) error {
	if err := g.checkLoading("on_unload"); err != nil {
		return err
	}
	g.onUnload = append(g.onUnload, fn)
	return nil
}

// Agent records settings for the agent, which are a JSON object. line is the file and line that
// called agent().
func (g *generation) Agent(settings []byte, line string) error {
	if err := g.checkLoading("agent"); err != nil {
		return err
	}
	if g.agent != nil {
		return fmt.Errorf("agent: called already, at %s", g.agent.line)
	}
	parsed, err := agentsettings.Parse(settings)
	if err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	g.agent = &agentSettings{parsed, line}
	return nil
}

// checkConflicts returns an error if the new generation g of the script sc offers something that
// another script offers too, or if g and another script both call agent(). old is the generation that
// g replaces. The caller must hold s.mu.
func (s *Scripts) checkConflicts(sc *script, g, old *generation) error {
	for _, o := range g.offers {
		if other := s.offers[o.key]; other != nil && other.gen != old && slices.Contains(other.gen.offers, other) {
			return conflict(o, other)
		}
	}
	for _, other := range s.list {
		if other != sc && other.current.agent != nil && g.agent != nil {
			return agentConflict(g.agent, other.current.agent)
		}
	}
	return nil
}

// A conflictCheck finds conflicts between generations that are not published yet.
type conflictCheck struct {
	offers map[offerKey]*offer
	agent  *agentSettings
}

// add returns an error if g offers something that a generation before offers too, or if g and another
// one both call agent().
func (c *conflictCheck) add(g *generation) error {
	if c.offers == nil {
		c.offers = make(map[offerKey]*offer)
	}
	for _, o := range g.offers {
		if other := c.offers[o.key]; other != nil {
			return conflict(o, other)
		}
		c.offers[o.key] = o
	}
	if g.agent != nil && c.agent != nil {
		return agentConflict(g.agent, c.agent)
	} else if g.agent != nil {
		c.agent = g.agent
	}
	return nil
}

// agentConflict returns the error for two scripts that both call agent().
func agentConflict(a, other *agentSettings) error {
	return &LoadError{
		Text: fmt.Sprintf("%s: agent is called at %s too", a.line, other.line),
		Hint: "only one of the scripts may call agent",
	}
}
