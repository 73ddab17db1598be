package script

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"moonlark/engine/activity"
	"moonlark/luastd"
)

// contents are what modules of one generation show to people: see luastd.Shower. Any goroutine may use
// it. The zero value is ready to use.
type contents struct {
	mu   sync.Mutex // guards list
	list []*activity.Contents
}

// ShowContents shows contents until hide is called: see luastd.Shower.
func (g *generation) ShowContents(c activity.Contents) (hide func()) {
	one := &c
	g.contents.mu.Lock()
	defer g.contents.mu.Unlock()
	if len(g.contents.list) < luastd.MaxContents {
		g.contents.list = append(g.contents.list, one)
	}
	return func() {
		g.contents.mu.Lock()
		defer g.contents.mu.Unlock()
		g.contents.list = slices.DeleteFunc(g.contents.list, func(other *activity.Contents) bool { return other == one })
	}
}

// Contents returns what the modules of the scripts show to people.
func (s *Scripts) Contents() []activity.Source {
	sources := []activity.Source{}
	for _, g := range s.currentGenerations() {
		g.contents.mu.Lock()
		for _, c := range g.contents.list {
			if s := (activity.Source{Tab: c.Tab.ID, Script: g.name(), Name: c.Name}); !slices.Contains(sources, s) {
				sources = append(sources, s)
			}
		}
		g.contents.mu.Unlock()
	}
	return sources
}

// ReadContents returns a page of a table of contents: see activity.Contents. Secrets are hidden in it.
// The script does not have to wait. The error says that there are no such contents or no such table,
// or why they cannot be read.
func (s *Scripts) ReadContents(ctx context.Context, from activity.Source, table string, offset int) (activity.Page, error) {
	g := s.generationNamed(from.Script)
	if g == nil {
		return activity.Page{}, fmt.Errorf("no script is called %.100s", from.Script)
	}
	g.contents.mu.Lock()
	i := slices.IndexFunc(g.contents.list, func(c *activity.Contents) bool { return c.Tab.ID == from.Tab && c.Name == from.Name })
	var c *activity.Contents
	if i >= 0 {
		c = g.contents.list[i]
	}
	g.contents.mu.Unlock()
	if c == nil {
		return activity.Page{}, fmt.Errorf("%.100s has no %.100s open", from.Script, from.Name)
	}
	page, err := c.Read(ctx, table, offset)
	if err != nil {
		return activity.Page{}, err
	}
	for _, row := range page.Rows {
		for i, v := range row {
			if text, ok := v.(string); ok {
				row[i] = shownText(g.permit, text)
			}
		}
	}
	return page, nil
}

// currentGenerations returns the current generation of each script.
func (s *Scripts) currentGenerations() []*generation {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []*generation
	for _, sc := range s.list {
		list = append(list, sc.current)
	}
	return list
}
