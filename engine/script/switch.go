package script

import (
	"log/slog"
	"path/filepath"
	"slices"
)

// removedReason is the reason given for the tasks and tool calls of a script that a Switch removes.
const removedReason = "the script was removed"

// A successor is a generation that Switch has built, and the script that it will be the current generation
// of.
type successor struct {
	g       *generation
	sc      *script     // the script that g belongs to: the old script, or a new one
	old     *generation // the generation that g replaces; nil if the script is new
	changed snapshot    // what old has changed in `state` since g began to load
}

// Switch loads the scripts at these paths, and publishes them all in one step in place of all scripts
// that are loaded. It returns what each offers. If one cannot be loaded, or if two conflict, the scripts
// that are loaded stay in use, and the error says why.
//
// A script at a new path continues an old one if both have the same home: see permit.Settings.Home. It
// then gets the content of `state`, and what the old script has open. Switch treats tool calls as Reload
// does. Old scripts that no new one continues are unloaded when their tool calls have ended.
func (s *Scripts) Switch(paths ...string) ([]Summary, error) {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	defer s.forgetUnused()
	list, err := s.buildAll(paths)
	if err == nil {
		err = s.betweenAll(list, func() error { return s.publishAll(list) })
	}
	if err != nil {
		for _, n := range list {
			n.g.close()
		}
		return nil, err
	}
	var all []Summary
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range list {
		if n.old != nil {
			n.old.x.Post(func() { n.old.unload(replacedReason) })
		}
		all = append(all, n.g.summary())
	}
	return all, nil
}

// buildAll loads the scripts at these paths. With an error, the list has the scripts before the one that
// cannot be loaded. The caller holds s.reloading.
func (s *Scripts) buildAll(paths []string) ([]*successor, error) {
	s.mu.Lock()
	loaded := slices.Clone(s.list)
	s.mu.Unlock()
	var list []*successor
	var conflicts conflictCheck
	for i, path := range paths {
		path = filepath.Clean(path)
		if slices.ContainsFunc(paths[:i], func(before string) bool { return filepath.Clean(before) == path }) {
			return list, namedTwice(path)
		}
		n := &successor{}
		for j, sc := range loaded {
			if s.opts.Permissions.HomeOf(sc.path) == s.opts.Permissions.HomeOf(path) {
				n.sc, n.old, loaded = sc, sc.current, slices.Delete(loaded, j, j+1)
				break
			}
		}
		var base snapshot
		if n.old != nil {
			s.claims[path] = s.claims[n.sc.path]
			base = n.old.initialState
			n.old.x.RunBetween(func() { base = n.old.takeState(noWarnings) })
		} else {
			n.sc = &script{path: path, recovery: newRecovery()}
		}
		var err error
		if n.g, err = s.build(path, base); err != nil {
			return list, n.g.withFiles(err)
		}
		list = append(list, n)
		if err := conflicts.add(n.g); err != nil {
			return list, err
		}
	}
	return list, nil
}

// betweenAll calls do while the executors of all old generations are held between two tasks, so that
// none can change its `state` after the copy that the new generation gets.
func (s *Scripts) betweenAll(list []*successor, do func() error) (err error) {
	if len(list) == 0 {
		return do()
	}
	n, rest := list[0], list[1:]
	if n.old == nil {
		return s.betweenAll(rest, do)
	}
	held := n.old.x.RunBetween(func() {
		final := n.old.takeState(withWarnings)
		n.old.finalState, n.changed = &final, n.g.initialState.changesTo(final)
		// the other executors need run slots too
		n.old.x.WithoutSlot(func() { err = s.betweenAll(rest, do) })
	})
	if !held {
		n.old.log(slog.LevelWarn, "busy during the reload: changes to state since the new script began to load are lost")
		return s.betweenAll(rest, do)
	}
	return err
}

// publishAll makes the new generations those of all scripts.
func (s *Scripts) publishAll(list []*successor) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isCancelled() || s.closed {
		return ErrCancelled
	}
	before := s.list
	s.list = nil
	for _, n := range list {
		s.list = append(s.list, n.sc)
	}
	for _, sc := range before {
		if !slices.Contains(s.list, sc) {
			s.remove(sc) // before the new scripts start, which may open what the old one has open
		}
	}
	for _, n := range list {
		n.sc.path, n.sc.failedFiles, n.sc.failedVersions, n.sc.failure = n.g.path, nil, nil, nil
		if n.old != nil {
			n.old.replaced = true
			n.sc.old = append(n.sc.old, n.old)
		}
		n.sc.current = n.g
	}
	s.collectOffers()
	for _, n := range list {
		n.g.x.Post(func() { n.g.takeOver(n.old, n.changed) })
		if n.old != nil {
			s.moveQueued(n.old, n.g)
			s.closeIfDrained(n.old)
			s.stopOldest(n.sc)
		}
	}
	return nil
}

// remove unloads a script that is no longer in s.list. Its tool calls continue. The caller holds s.mu.
func (s *Scripts) remove(sc *script) {
	g := sc.current
	g.replaced = true
	s.removed = append(s.removed, &script{path: sc.path, old: append(sc.old, g)})
	g.x.Post(func() { g.unload(removedReason) })
	g.claims.retire()
	s.retiredClaims = append(s.retiredClaims, g.claims)
	s.closeIfDrained(g)
}

// forgetUnused drops the permissions of files that are not those of a script, and what such files have
// open. Generations that still run tool calls keep their permissions until they are closed. The caller
// holds s.reloading.
func (s *Scripts) forgetUnused() {
	s.mu.Lock()
	used := make(map[string]bool)
	for _, sc := range s.list {
		used[sc.path] = true
	}
	s.mu.Unlock()
	for path := range s.claims {
		if !used[path] {
			delete(s.claims, path) // the new path of the script has them, or remove has retired them
		}
	}
	for path, b := range s.brokers {
		if !used[path] {
			delete(s.brokers, path)
			b.retire()
		}
	}
}
