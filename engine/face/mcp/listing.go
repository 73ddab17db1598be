package mcp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// A listing has what clients see of the things of one kind, such as tools: the definition of each thing
// as JSON, by name. Its owner calls the methods under a lock. The zero value is an empty listing.
type listing struct{ texts map[string][]byte }

// replace replaces all definitions with those in now. It returns the names of the definitions that are
// new or differ from before, and the names that are gone, both sorted.
func (l *listing) replace(now map[string]any) (changed, gone []string) {
	texts := make(map[string][]byte, len(now))
	for _, name := range slices.Sorted(maps.Keys(now)) {
		text, err := json.Marshal(now[name])
		if err != nil { // cannot happen: a definition has only strings, booleans and JSON
			panic(fmt.Sprintf("%s: %v", name, err))
		}
		texts[name] = text
		if !bytes.Equal(l.texts[name], text) {
			changed = append(changed, name)
		}
	}
	for _, name := range l.names() {
		if texts[name] == nil {
			gone = append(gone, name)
		}
	}
	l.texts = texts
	return changed, gone
}

// has reports whether the listing has a thing of this name.
func (l *listing) has(name string) bool { return l.texts[name] != nil }

// names returns the names in the listing, sorted.
func (l *listing) names() []string { return slices.Sorted(maps.Keys(l.texts)) }
