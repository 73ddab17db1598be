package re

const (
	maxCached     = 256     // maximal number of programs in a cache
	maxCachedSize = 500_000 // maximal sum of the sizes of these programs
)

// A cache has the programs that were compiled last. Its zero value is empty.
type cache struct {
	programs map[cacheKey]*program
	keys     []cacheKey // the keys of programs, oldest first
	size     int        // sum of the sizes of programs
}

type cacheKey struct{ pattern, flags string }

// get returns the program of a pattern, or nil.
func (c *cache) get(pattern, flags string) *program { return c.programs[cacheKey{pattern, flags}] }

// add adds p, and removes the oldest programs if there are too many, or if they are too large.
func (c *cache) add(p *program) {
	key := cacheKey{p.pattern, p.flags}
	if c.programs[key] != nil { // another task has compiled the pattern meanwhile
		return
	}
	for len(c.keys) > 0 && (len(c.keys) == maxCached || c.size+p.size > maxCachedSize) {
		c.size -= c.programs[c.keys[0]].size
		delete(c.programs, c.keys[0])
		c.keys = c.keys[1:]
	}
	if c.programs == nil {
		c.programs = make(map[cacheKey]*program)
	}
	c.programs[key] = p
	c.keys = append(c.keys, key)
	c.size += p.size
}
