package toml

import (
	"errors"
	"fmt"
	"strings"
)

// maxKeys is the maximal cost of all keys of a text: see type counter. 50,000 keys with two tables
// around them, or 2,000 keys with 100 tables around them, cost less.
const maxKeys = 16_000_000

// partCost is about how many bytes the library needs for each part of a key, besides its text.
const partCost = 64

// checkLimits returns an error if it would take much time or memory to parse text. The library has
// no limits: it calls itself for each nested array, and makes a string of each key with the names
// of the tables around it.
//
// checkLimits knows only those parts of TOML that matter for this: strings, comments, brackets,
// keys and commas. It does not find mistakes in the text. It understands the text in the same way
// as the library up to the first mistake, and the library reads no further.
func checkLimits(text string) error {
	c := counter{text: text, lineStart: true, tables: make([]int, 1, maxDepth+1), parts: 1}
	for c.i < len(text) {
		if err := c.next(); err != nil {
			return err
		}
	}
	return nil
}

// A counter counts the parts of a text. The path of a key is the key with the names of the tables
// around it. The cost of a path is its length plus partCost for each of its parts.
type counter struct {
	text      string
	i         int  // index in text of the next byte
	lineStart bool // there is only white space before i in its line

	tables []int // costs of the paths of the header and of the brackets around i
	key    int   // index at which the current key may begin
	parts  int   // number of parts of the current key
	path   int   // cost of the path of the current key, or of the innermost bracket

	values int // number of values so far, and of the tables that the parts of their keys name
	keys   int // cost of all paths so far; the path of a key with n parts counts n times
}

// next reads a byte, a string, a comment or a header.
func (c *counter) next() error {
	b, lineStart := c.text[c.i], c.lineStart
	c.lineStart = lineStart && (b == ' ' || b == '\t')
	switch b {
	case '"', '\'':
		c.i = stringEnd(c.text, c.i)
		return nil
	case '#':
		c.i = lineEnd(c.text, c.i)
		return nil
	case '[', '{':
		if b == '[' && lineStart && len(c.tables) == 1 {
			return c.header()
		}
		return c.open()
	case ']', '}':
		if n := len(c.tables) - 1; n > 0 {
			c.path, c.tables = c.tables[n], c.tables[:n]
		}
	case ',':
		c.begin()
		return c.count(1)
	case '=':
		c.path = c.tables[len(c.tables)-1] + c.i - c.key + c.parts*partCost
		return c.count(c.parts)
	case '.':
		c.parts++
	case '\n':
		if len(c.tables) == 1 {
			c.lineStart = true
			c.begin()
		}
	}
	c.i++
	return nil
}

// begin notes that a key or a value begins after the current byte.
func (c *counter) begin() {
	c.key, c.parts, c.path = c.i+1, 1, c.tables[len(c.tables)-1]
}

// open reads the opening bracket of an array or of an inline table.
func (c *counter) open() error {
	if len(c.tables) > maxDepth {
		return fmt.Errorf("more than %d nested arrays and tables", maxDepth)
	}
	c.tables = append(c.tables, c.path)
	c.begin()
	return c.count(1)
}

// header reads the header of a table, up to the end of the line.
func (c *counter) header() error {
	c.begin()
	start := c.i
	for c.i < len(c.text) && c.text[c.i] != '\n' && c.text[c.i] != '#' {
		switch c.text[c.i] {
		case '"', '\'':
			c.i = stringEnd(c.text, c.i)
			continue
		case '.':
			c.parts++
		}
		c.i++
	}
	c.path = c.i - start + c.parts*partCost
	c.tables[0] = c.path
	c.i-- // count reads one byte
	return c.count(c.parts)
}

// count reads a byte and counts a value whose key has this number of parts.
func (c *counter) count(parts int) error {
	c.i++
	c.values += parts
	c.keys += parts * c.path
	switch {
	case parts > maxDepth:
		return fmt.Errorf("a key with more than %d parts", maxDepth)
	case c.values > maxValues:
		return fmt.Errorf("more than %d values", maxValues)
	case c.keys > maxKeys:
		return errors.New("too many keys in deeply nested tables, or with long names")
	}
	return nil
}

// stringEnd returns the index after the string that begins at index i with a quote.
func stringEnd(text string, i int) int {
	quote := text[i]
	triple := strings.Repeat(text[i:i+1], 3)
	multiline := strings.HasPrefix(text[i:], triple)
	if multiline {
		i += 2
	}
	for i++; i < len(text); i++ {
		switch {
		case text[i] == '\\' && quote == '"':
			i++
		case text[i] == quote && !multiline, text[i] == '\n' && !multiline:
			return i + 1
		case multiline && strings.HasPrefix(text[i:], triple):
			// the string may end with quotes, so the last three quotes of a row are its end
			for i < len(text) && text[i] == quote {
				i++
			}
			return i
		}
	}
	return len(text)
}

// lineEnd returns the index of the end of the line that contains index i.
func lineEnd(text string, i int) int {
	if n := strings.IndexByte(text[i:], '\n'); n >= 0 {
		return i + n
	}
	return len(text)
}
