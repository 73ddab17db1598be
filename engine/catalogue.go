package engine

import (
	"path/filepath"
	"sync"

	"moonlark/engine/script"
	"moonlark/engine/tool"
)

// A catalogue is what scripts offer that are only read, never run. Any
// goroutine may use it.
type catalogue struct {
	mu  sync.Mutex // guards what follows
	all []script.Summary
}

// read loads the scripts anew. If one cannot be loaded all stays as it was.
func (c *catalogue) read(scripts *script.Scripts, paths []string) error {
	all, err := scripts.Check(paths...)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = all
	return nil
}

// specs are the tools on offer.
func (c *catalogue) specs() []*tool.Spec {
	c.mu.Lock()
	defer c.mu.Unlock()
	var specs []*tool.Spec
	for _, s := range c.all {
		specs = append(specs, s.Tools...)
	}
	return specs
}

// files are all the files that any of the scripts depends on.
func (c *catalogue) files() []script.File {
	c.mu.Lock()
	defer c.mu.Unlock()
	var files []script.File
	for _, s := range c.all {
		files = append(files, s.Files...)
	}
	return files
}

// of is what the script at path offers.
func (c *catalogue) of(path string) script.Summary {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.all {
		if s.Path == filepath.Clean(path) {
			return s
		}
	}
	return script.Summary{Path: path}
}
