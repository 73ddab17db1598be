package script

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"moonlark/engine/permit"
	"moonlark/engine/script/vm"
	"moonlark/luastd"
)

const (
	// maxClaims is how many resources a generation may hold.
	maxClaims = 256
	// claimTime is how long after its start a generation may claim what the generation before it
	// has opened. What it has not claimed by then is closed.
	claimTime = 2 * time.Second
	// resourceGrace is how long a resource may finish its work while the script goes on.
	resourceGrace = 30 * time.Second
)

// claims are the resources that one script has open, whatever generation has opened them. Any
// goroutine may use them.
type claims struct {
	ctx    context.Context // done when the scripts are closed
	cancel context.CancelFunc
	wg     sync.WaitGroup // counts the goroutines that close resources

	mu      sync.Mutex // guards the fields below
	closed  bool
	current *generation // the generation that has started last
	open    []*claimed
}

// A claimed is an open resource that a generation has claimed. claims.mu guards the field holder.
type claimed struct {
	kind, name, settings string
	resource             luastd.Resource
	permit               *permit.Broker // that of the generation that has opened it
	holder               *generation    // the generation that has claimed it last
}

func newClaims() *claims {
	c := new(claims)
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c
}

// claimsOf returns the claims of the script at path. The caller holds s.reloading.
func (s *Scripts) claimsOf(path string) *claims {
	c := s.claims[path]
	if c == nil {
		c = newClaims()
		s.claims[path] = c
	}
	return c
}

// begin records that g has started. What g has not claimed in claimTime is closed, unless another
// generation has started by then.
func (c *claims) begin(g *generation) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.current = g
	if c.closed || len(c.open) == 0 {
		return
	}
	time.AfterFunc(claimTime, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.current == g {
			c.remove(func(r *claimed) bool { return r.holder != g })
		}
	})
}

// remove stops the resources for which match returns true, and closes them on other goroutines. The
// caller holds c.mu.
func (c *claims) remove(match func(*claimed) bool) {
	c.open = slices.DeleteFunc(c.open, func(r *claimed) bool {
		if !match(r) {
			return false
		}
		c.end(r.resource)
		return true
	})
}

// end stops r, and closes it on another goroutine. The caller holds c.mu.
func (c *claims) end(r luastd.Resource) {
	r.Stop()
	c.wg.Go(func() {
		ctx, cancel := context.WithTimeout(c.ctx, resourceGrace)
		defer cancel()
		r.Close(ctx)
	})
}

// take returns the resource that the lease l claims. If no open resource has the key of l, take
// opens one. It runs on the executor's goroutine of the generation that claims it.
func (c *claims) take(l *lease) (luastd.Resource, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	g, claim := l.g, l.claim
	switch {
	case c.closed:
		return nil, vm.ErrClosed
	case l.released:
		return nil, errReleased
	}
	for _, r := range c.open {
		if r.holder != g && r.kind == claim.Kind && r.name == claim.Name && r.settings == claim.Settings && (!claim.Files || r.permit == g.permit) {
			r.holder = g
			l.taken = r
			return r.resource, nil
		}
	}
	c.remove(func(r *claimed) bool {
		return r.holder != g && r.kind == claim.Kind && r.name == claim.Name && r.name != ""
	})
	resource, err := claim.Open()
	if err != nil {
		return nil, err
	}
	r := &claimed{claim.Kind, claim.Name, claim.Settings, resource, g.permit, g}
	c.open = append(c.open, r)
	l.taken = r
	return resource, nil
}

var errReleased = errors.New("the claim has been released")

// add counts a lease of g. It returns false if g has too many.
func (c *claims) add(g *generation) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if g.leases >= maxClaims {
		return false
	}
	g.leases++
	return true
}

// release ends l. It stops and closes the resource if l's generation still holds it.
func (c *claims) release(l *lease) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l.released {
		return
	}
	l.released = true
	l.g.leases--
	if l.taken != nil {
		c.remove(func(r *claimed) bool { return r == l.taken && r.holder == l.g })
	}
}

// retire stops all resources, and closes them when they have finished their work. Nothing more can be
// opened.
func (c *claims) retire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.remove(func(*claimed) bool { return true })
}

// close closes all resources, and returns when all are closed. It does not wait for their work.
func (c *claims) close() {
	c.cancel()
	c.mu.Lock()
	c.closed = true
	c.remove(func(*claimed) bool { return true })
	c.mu.Unlock()
	c.wg.Wait()
}

// A lease is the luastd.Lease of a claim.
type lease struct {
	g     *generation
	claim luastd.Claim

	// The mutex of claims guards the fields below.
	taken    *claimed // nil if the resource has not been opened, or could not be opened
	released bool
}

// Claim asks for a resource: see luastd.Claimer.
func (g *generation) Claim(c luastd.Claim) (luastd.Lease, error) {
	switch {
	case g.stage == stageUnloading:
		return nil, luastd.ErrReplaced
	case !g.claims.add(g):
		return nil, fmt.Errorf("the script already has %d servers, sockets, databases and devices open", maxClaims)
	}
	l := &lease{g: g, claim: c}
	if g.stage < stageInUse {
		g.pendingClaims = append(g.pendingClaims, l)
	} else {
		l.take()
	}
	return l, nil
}

// take gets the resource of the lease.
func (l *lease) take() {
	if r, err := l.g.claims.take(l); err != errReleased {
		l.claim.Use(r, err)
	}
}

// Release closes the resource, unless another generation has it: see luastd.Lease.
func (l *lease) Release() { l.g.claims.release(l) }

// takeClaims gets what the top level of the script has claimed. It runs on the executor's goroutine
// when the generation starts.
func (g *generation) takeClaims() {
	g.claims.begin(g)
	for _, l := range g.pendingClaims {
		l.take()
	}
	g.pendingClaims = nil
}
