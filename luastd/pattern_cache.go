package luastd

import (
	"fmt"
	"strings"
)

// A patternCache keeps the patterns that a script used lately.
type patternCache map[string]*pattern

const (
	mostPatterns   = 128     // in the cache
	longestCached  = 256     // bytes of one in the cache
	longestPattern = 1 << 16 // bytes of one at all
)

// get is a pattern, compiled; caret is as for compile.
func (c patternCache) get(text string, caret bool) (*pattern, error) {
	caret = caret && strings.HasPrefix(text, "^")
	if caret || len(text) > longestCached {
		if len(text) > longestPattern {
			return nil, fmt.Errorf("pattern too long (%d bytes; the most is %d)", len(text), longestPattern)
		}
		return compile(text, caret), nil
	}
	p := c[text]
	if p == nil {
		if len(c) >= mostPatterns {
			clear(c)
		}
		p = compile(text, caret)
		c[strings.Clone(text)] = p
	}
	return p, nil
}
