package screen

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"moonlark/engine/clock"
	"moonlark/engine/guess"
)

// A Client is a script that uses the screen. It outlives the generations of the script, so what is shown stays
// while the script is loaded again. Any goroutine may call its methods, which do not block.
type Client struct {
	screen *Screen
	script string // the name of the script

	// The mutex of screen guards the fields below.
	generation int // the generation of the script that runs: see SetGeneration
	press      func(Pressed) error
	closed     bool
}

// ErrNotOwner is the error of Update and Clear if another script has shown its blocks.
var ErrNotOwner = errors.New("the screen shows nothing of this script")

// ErrClosed is the error of the methods of a Client after Stop.
var ErrClosed = errors.New("the script has ended")

// NewClient returns a new client for the script with this name.
func (s *Screen) NewClient(script string) *Client { return &Client{screen: s, script: script} }

// SetGeneration says that a generation of the script has come into use, a number from [Screen.NewGeneration].
// press is called when somebody touches a button whose handler is of this generation; it must not
// block, and its error says why the touch has no effect. The blocks stay; the handlers of the previous
// generation are not called any more.
func (c *Client) SetGeneration(generation int, press func(Pressed) error) {
	s := c.screen
	s.change(func() error {
		c.generation, c.press = generation, press
		if s.owner != c {
			return errors.New("nothing has changed")
		}
		return nil
	})
}

// Stop implements luastd.Resource. It removes what the client has shown.
func (c *Client) Stop() {
	s := c.screen
	var ended []func()
	s.change(func() error {
		c.closed, c.press = true, nil
		if s.ask != nil && s.ask.client == c {
			ended = append(ended, s.endQuestion("", "closed"))
		}
		if s.owner == c {
			s.setContent(nil, nil)
		}
		return nil
	})
	runAll(ended)
}

// Close implements luastd.Resource. It has nothing to do.
func (*Client) Close(context.Context) {}

func runAll(list []func()) {
	for _, f := range list {
		f()
	}
}

// do changes the screen for the client, unless Stop has been called. f runs with the lock held.
func (c *Client) do(f func(s *Screen) error) error {
	return c.screen.change(func() error {
		if c.closed {
			return ErrClosed
		}
		return f(c.screen)
	})
}

// Setup changes the settings of the screen with m.Settings(tree).
func (c *Client) Setup(m Maker, tree any) error {
	return c.do(func(s *Screen) error {
		settings, err := m.Settings(tree, s.settings)
		if err == nil {
			s.settings = settings
		}
		return err
	})
}

// Show shows the content, and makes the client the owner of what is shown.
func (c *Client) Show(content *Content) error {
	return c.do(func(s *Screen) error {
		s.setContent(c, content)
		return nil
	})
}

// Update changes the block with this id as tree says, and leaves the rest as it is. Fields that the tree
// does not have keep their values. The error is ErrNotOwner if the screen shows nothing of the client.
func (c *Client) Update(m Maker, id string, tree any) error {
	s := c.screen
	s.mu.Lock()
	content, owner := s.content, s.owner
	s.mu.Unlock()
	if owner != c {
		return ErrNotOwner
	}
	changed, err := content.update(m, id, tree)
	if err != nil {
		return err
	}
	return c.do(func(s *Screen) error {
		if s.owner != c {
			return ErrNotOwner
		}
		s.setContent(c, changed)
		return nil
	})
}

// update returns the content with a changed block.
func (c *Content) update(m Maker, id string, tree any) (*Content, error) {
	before := c.sources[id]
	if before == nil {
		ids := slices.Collect(maps.Keys(c.sources))
		return nil, fmt.Errorf("no block has the id %q%s", shorten(id), guess.DidYouMean(id, ids))
	}
	change, ok := tree.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("the block must be a table such as { text = \"Hello\" }, not %s", typeName(tree))
	}
	merged := maps.Clone(merge(before, change))
	merged["id"] = id
	r := m.reader()
	old := *findBlock(c.Blocks, id)
	others, err := replaceBlock(c.Blocks, id, Block{}, false)
	if err != nil {
		return nil, err
	}
	// Keep the pictures that other blocks use. The new block brings its own.
	for hash, image := range c.images {
		if usesImage(others, hash) {
			r.images[hash] = image
		}
	}
	maps.Copy(r.ids, c.allIDs())
	for gone := range (&Content{Blocks: []Block{old}}).allIDs() {
		delete(r.ids, gone)
	}
	b := r.block(merged, "the block", false)
	if r.err != nil {
		return nil, r.err
	}
	blocks, err := replaceBlock(c.Blocks, id, b, false)
	if err != nil {
		return nil, err
	}
	if countBlocks(blocks) > MaxBlocks {
		r.fail("", "there are more than %d blocks", MaxBlocks)
	}
	r.checkSize(blocks)
	if r.err != nil {
		return nil, r.err
	}
	bindings := maps.Clone(c.bindings)
	for _, key := range keysOf(old) {
		delete(bindings, key)
	}
	maps.Copy(bindings, r.bindings)
	maps.DeleteFunc(r.images, func(hash string, _ *Image) bool { return !usesImage(blocks, hash) })
	sources := maps.Clone(c.sources)
	maps.Copy(sources, r.sources)
	changed := &Content{Blocks: blocks, images: r.images, bindings: bindings, sources: sources}
	ids := changed.allIDs()
	maps.DeleteFunc(sources, func(id string, _ map[string]any) bool { return !ids[id] })
	return changed, nil
}

// allIDs returns the ids of the blocks.
func (c *Content) allIDs() map[string]bool {
	ids := make(map[string]bool)
	var add func(blocks []Block)
	add = func(blocks []Block) {
		for _, b := range blocks {
			if b.ID != "" {
				ids[b.ID] = true
			}
			for _, column := range b.Columns {
				add(column)
			}
		}
	}
	add(c.Blocks)
	return ids
}

// countBlocks returns the number of blocks, including those in columns.
func countBlocks(blocks []Block) int {
	n := len(blocks)
	for _, b := range blocks {
		for _, column := range b.Columns {
			n += countBlocks(column)
		}
	}
	return n
}

// findBlock returns the block with this id, or nil.
func findBlock(blocks []Block, id string) *Block {
	for i := range blocks {
		if blocks[i].ID == id {
			return &blocks[i]
		}
		for _, column := range blocks[i].Columns {
			if b := findBlock(column, id); b != nil {
				return b
			}
		}
	}
	return nil
}

// replaceBlock returns a copy of the blocks in which b takes the place of the block with this id. inside
// says that the blocks are in a column.
func replaceBlock(blocks []Block, id string, b Block, inside bool) ([]Block, error) {
	blocks = slices.Clone(blocks)
	for i := range blocks {
		if blocks[i].ID == id {
			if inside && b.Kind == "columns" {
				return nil, errors.New("the block: columns cannot be in columns")
			}
			blocks[i] = b
			return blocks, nil
		}
		if findBlock([]Block{blocks[i]}, id) == nil {
			continue
		}
		columns := slices.Clone(blocks[i].Columns)
		for j := range columns {
			var err error
			if columns[j], err = replaceBlock(columns[j], id, b, true); err != nil {
				return nil, err
			}
		}
		blocks[i].Columns = columns
	}
	return blocks, nil
}

// keysOf returns the keys of the buttons of a block.
func keysOf(b Block) (keys []string) {
	for _, button := range b.Buttons {
		keys = append(keys, button.Key)
	}
	for _, item := range b.Items {
		keys = append(keys, item.Key)
	}
	for _, column := range b.Columns {
		for _, inner := range column {
			keys = append(keys, keysOf(inner)...)
		}
	}
	return keys
}

func usesImage(blocks []Block, hash string) bool {
	return slices.ContainsFunc(blocks, func(b Block) bool {
		return b.Image == hash || slices.ContainsFunc(b.Items, func(i Item) bool { return i.Image == hash }) ||
			slices.ContainsFunc(b.Columns, func(column []Block) bool { return usesImage(column, hash) })
	})
}

// Handlers returns the numbers of the handlers of the generation that can still be called.
func (c *Client) Handlers(generation int) map[int]bool {
	s := c.screen
	s.mu.Lock()
	defer s.mu.Unlock()
	numbers := make(map[int]bool)
	if s.owner == c {
		for _, b := range s.content.bindings {
			if b.handler.Generation == generation {
				numbers[b.handler.Number] = true
			}
		}
		for _, source := range s.content.sources { // an update may use them again
			addHandlers(source, generation, numbers)
		}
	}
	return numbers
}

func addHandlers(v any, generation int, numbers map[int]bool) {
	switch v := v.(type) {
	case Handler:
		if v.Generation == generation {
			numbers[v.Number] = true
		}
	case map[string]any:
		for _, inner := range v {
			addHandlers(inner, generation, numbers)
		}
	case []any:
		for _, inner := range v {
			addHandlers(inner, generation, numbers)
		}
	}
}

// Clear removes the blocks of the client and its question, so that the idle page comes back. The error is
// ErrNotOwner if the screen shows nothing of the client.
func (c *Client) Clear() error {
	var ended []func()
	err := c.do(func(s *Screen) error {
		if s.ask != nil && s.ask.client == c {
			ended = append(ended, s.endQuestion("", "closed"))
		} else if s.owner != c {
			return ErrNotOwner
		}
		s.note = nil
		if s.owner == c {
			s.setContent(nil, nil)
		}
		return nil
	})
	runAll(ended)
	return err
}

// SetIdle sets the idle page.
func (c *Client) SetIdle(page *IdleContent) error {
	return c.do(func(s *Screen) error {
		s.idle = page
		return nil
	})
}

// A note is a Note that is shown.
type note struct {
	text  string
	until time.Time
	timer clock.Timer
}

// Note shows a short message for the time d, over what is shown.
func (c *Client) Note(text string, d time.Duration) error {
	return c.do(func(s *Screen) error {
		if s.note != nil {
			s.note.timer.Stop()
		}
		n := &note{text: Clean(text), until: s.clock.Now().Add(d)}
		n.timer = s.clock.AfterFunc(d, func() {
			s.change(func() error {
				if s.note != n {
					return errors.New("another note is shown")
				}
				s.note = nil
				return nil
			})
		})
		s.note = n
		return nil
	})
}
