package re

import (
	"fmt"
	"sync/atomic"

	lua "github.com/yuin/gopher-lua"
)

const (
	// maxTextAtOnce is the length in bytes up to which a text is searched without a wait.
	maxTextAtOnce = 64 << 10

	// matchesPerWait is the maximal number of matches that are found in one wait.
	matchesPerWait = 256
)

// matches are the matches of a pattern in a text, for one Lua function.
type matches struct {
	m      *module
	search search
	queue  [][]int // matches that have been found and not been returned
	work   int64   // work since the last call of Checkpoint: see workPerPoll
}

func (m *module) matches(p *program, text string) *matches {
	return &matches{m: m, search: newSearch(p, text)}
}

// next returns the positions of the next match, or nil. If the text is long, the task may wait. It
// then finds up to count matches ahead.
func (ms *matches) next(L *lua.LState, count int) []int {
	if len(ms.search.text) <= maxTextAtOnce {
		return ms.nextAtOnce(L)
	}
	if len(ms.queue) == 0 {
		ms.await(L, min(count, matchesPerWait))
	}
	if len(ms.queue) == 0 {
		return nil
	}
	loc := ms.queue[0]
	ms.queue = ms.queue[1:]
	return loc
}

// nextAtOnce returns the positions of the next match, or nil. It calls Checkpoint regularly.
func (ms *matches) nextAtOnce(L *lua.LState) []int {
	checkpoint := func() bool {
		// If the task has been killed, Checkpoint panics through package regexp, which is safe.
		ms.m.Checkpoint(L)
		return true
	}
	s := &ms.search
	work := int64(s.p.states) * int64(len(s.text)-s.at+1) // at most
	if ms.work += work; ms.work > workPerPoll {
		ms.work = 0
		checkpoint()
	}
	if work > workPerPoll {
		return s.next(checkpoint)
	}
	return s.next(nil)
}

// await finds up to count matches on another goroutine. The goroutine works with a copy of the
// search, because it ends only after the wait if the task is killed.
func (ms *matches) await(L *lua.LState, count int) {
	type result struct {
		search search
		found  [][]int
	}
	s := ms.search
	if s.at > len(s.text) {
		return
	}
	r := ms.m.Await(L, func(done func(any)) func() {
		var stopped atomic.Bool
		go func() {
			var found [][]int
			for len(found) < count && !stopped.Load() {
				loc := s.next(func() bool { return !stopped.Load() })
				if loc == nil {
					break
				}
				found = append(found, loc)
			}
			done(result{s, found})
		}()
		return func() { stopped.Store(true) }
	}).(result)
	ms.search, ms.queue = r.search, r.found
}

// checkText returns argument n, a text to search in.
func checkText(L *lua.LState, n int) string {
	s := L.CheckString(n)
	if len(s) > maxText {
		L.ArgError(n, fmt.Sprintf("the text has %d bytes; the maximum is %d", len(s), maxText))
	}
	return s
}
