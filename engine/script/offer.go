package script

import (
	"fmt"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/guess"
	"moonlark/engine/tool"
)

// An offerKind says what an offer is.
type offerKind string

const (
	toolOffer     offerKind = "tool"
	resourceOffer offerKind = "resource"
	promptOffer   offerKind = "prompt"
)

// An offerKey identifies an offer among those of all scripts. Two offers must not have the same key.
type offerKey struct {
	kind offerKind
	name string // the name of a tool or prompt; the shape of the URI of a resource
}

// An offer is something that a generation has registered and that is called from outside: a tool, a
// resource that can be read, or a prompt. Exactly one of spec, resource and prompt is set. An offer
// does not change.
type offer struct {
	gen     *generation
	key     offerKey
	source  string        // the script and line that registered it
	timeout time.Duration // how long a call may take
	handler *lua.LFunction
	job     *lua.LFunction // what carries out a job, for calls with Job; nil if the tool has no jobs

	spec     *tool.Spec
	resource *tool.Resource
	prompt   *tool.Prompt
}

// pushArgs pushes the arguments of the handler onto the stack of L and returns their number. The error
// is an argumentError. It runs on the executor's goroutine.
func (o *offer) pushArgs(L *lua.LState, c *Call) (int, error) {
	switch o.key.kind {
	case resourceOffer:
		return c.pushURI(L, o.resource)
	case promptOffer:
		return c.pushPromptArgs(L, o.prompt)
	}
	return c.pushToolArgs(L, o.spec)
}

// handlerOf returns the function that the call c runs.
func (o *offer) handlerOf(c *Call) *lua.LFunction {
	if c.Job && o.job != nil {
		return o.job
	}
	return o.handler
}

// timeoutOf returns how long the call c may take.
func (o *offer) timeoutOf(c *Call) time.Duration {
	if c.Job && o.job != nil {
		return o.spec.Expiry()
	}
	return o.timeout
}

// result returns the result for the values that the handler returned, which are on the stack of L. For
// a resource and a prompt, it sets c.produced. It runs on the executor's goroutine.
func (o *offer) result(L *lua.LState, c *Call) (tool.Result, error) {
	switch o.key.kind {
	case resourceOffer:
		return c.contentResult(L, o.resource)
	case promptOffer:
		return c.promptResult(L)
	}
	return c.toolResult(L, o.spec)
}

// add adds an offer to those of the generation. It returns an error if the top level has returned, or
// if the generation has an offer with the same key. function is the name of the Lua function that was
// called.
func (g *generation) add(function string, o *offer) error {
	if err := g.checkLoading(function); err != nil {
		return err
	}
	for _, other := range g.offers {
		if other.key == o.key {
			return fmt.Errorf("%s: %s is registered already, at %s", function, other.name(), other.source)
		}
	}
	o.gen = g
	g.offers = append(g.offers, o)
	return nil
}

// name returns the name of a tool or prompt, or the URI of a resource.
func (o *offer) name() string {
	if o.resource != nil {
		return o.resource.URI
	}
	return o.key.name
}

// offersOf returns the offers of the generation that have this kind, in the order in which the script
// registered them. Tools of toolsets come last. The caller must hold Scripts.mu.
func (g *generation) offersOf(kind offerKind) []*offer {
	var offers []*offer
	for _, o := range g.offers {
		if o.key.kind == kind {
			offers = append(offers, o)
		}
	}
	if kind == toolOffer {
		offers = append(offers, g.toolsetOffers()...)
	}
	return offers
}

// offersOf returns the offers of all scripts that have this kind, in the order of the scripts.
func (s *Scripts) offersOf(kind offerKind) []*offer {
	s.mu.Lock()
	defer s.mu.Unlock()
	var offers []*offer
	for _, sc := range s.list {
		offers = append(offers, sc.current.offersOf(kind)...)
	}
	return offers
}

// offerFor returns the offer that the call c is for, or nil if there is none. Among several resources
// whose URIs match, it is the one that tool.Resource.Precedes says. The caller must hold s.mu.
func (s *Scripts) offerFor(c *Call) *offer {
	if o := s.offers[offerKey{c.offerKind(), c.Name}]; o != nil || c.kind != resourceOffer {
		return o
	}
	var best *offer
	for _, sc := range s.list {
		for _, o := range sc.current.offersOf(resourceOffer) {
			if _, ok := o.resource.Match(c.Name); ok && (best == nil || o.resource.Precedes(best.resource)) {
				best = o
			}
		}
	}
	return best
}

// conflict returns the error for two scripts that have an offer with the same key.
func conflict(o, other *offer) error {
	hint := "give one of them another name"
	if o.resource != nil {
		hint = "give one of them another URI"
	}
	return &LoadError{
		Text: fmt.Sprintf("%s: the %s %s is registered by %s too", o.source, o.key.kind, o.name(), other.source),
		Hint: hint,
	}
}

// unknown returns the result for a call of something that no script offers. known are the names of the
// offers of this kind.
func (c *Call) unknown(known []string) tool.Result {
	kind := c.offerKind()
	r := tool.Failed(tool.ExternalClient, "there is no %s '%s': no %ss are registered", kind, c.shortName(), kind)
	if len(known) > 0 {
		r = tool.Failed(tool.ExternalClient, "there is no %s '%s'%s; the %ss are %s",
			kind, c.shortName(), guess.DidYouMean(c.Name, known), kind, strings.Join(known, ", "))
	}
	if kind != toolOffer {
		r.Type = notFound
	}
	return r
}

// names returns the names of the offers.
func names(offers []*offer) []string {
	var all []string
	for _, o := range offers {
		all = append(all, o.name())
	}
	return all
}
