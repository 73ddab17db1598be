package re

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"moonlark/engine/guess"
	"moonlark/luastd/value"
)

// maxReplacement is the maximal length of a replacement string, in bytes.
const maxReplacement = 1 << 20

// A piece is a part of a replacement string: text, or the number of a group. If several groups have
// the same name, groups has the numbers of all of them.
type piece struct {
	text   string
	groups []int // nil: the piece is text
}

// expand returns the text of p for the match in s with the positions loc. A group that took no part
// in the match is empty.
func (p piece) expand(s string, loc []int) string {
	for _, i := range p.groups {
		if loc[2*i] >= 0 {
			return s[loc[2*i]:loc[2*i+1]]
		}
	}
	return p.text
}

// parseReplacement returns the pieces of a replacement string for the matches of re.
func parseReplacement(repl string, re *regexp.Regexp) ([]piece, error) {
	if len(repl) > maxReplacement {
		return nil, fmt.Errorf("the replacement has %d bytes; the maximum is %d: use a function", len(repl), maxReplacement)
	}
	var pieces []piece
	for {
		text, rest, found := strings.Cut(repl, "$")
		if text != "" {
			pieces = append(pieces, piece{text: text})
		}
		if !found {
			return pieces, nil
		}
		if strings.HasPrefix(rest, "$") {
			pieces = append(pieces, piece{text: "$"})
			repl = rest[1:]
			continue
		}
		name, after, err := groupName(rest)
		if err != nil {
			return nil, err
		}
		groups, err := findGroup(name, re)
		if err != nil {
			return nil, err
		}
		pieces = append(pieces, piece{groups: groups})
		repl = after
	}
}

// groupName returns the name or number at the beginning of s, with or without braces, and the rest
// of s. s is what follows after a $.
func groupName(s string) (name, rest string, err error) {
	if inner, ok := strings.CutPrefix(s, "{"); ok {
		name, rest, ok = strings.Cut(inner, "}")
		if !ok || name == "" {
			return "", "", errors.New("${ in the replacement must be followed by the name of a group and }")
		}
		return name, rest, nil
	}
	n := prefixLength(s, isDigit)
	if n == 0 {
		n = prefixLength(s, isWordByte)
	}
	if n == 0 {
		return "", "", errors.New("$ in the replacement must be followed by the number or the name of a group; $$ is a $")
	}
	return s[:n], s[n:], nil
}

// prefixLength returns how many bytes at the beginning of s are accepted.
func prefixLength(s string, accept func(byte) bool) int {
	n := 0
	for n < len(s) && accept(s[n]) {
		n++
	}
	return n
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isWordByte(c byte) bool { return c == '_' || isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'z' }

// findGroup returns the numbers of the groups of re with this name or number.
func findGroup(name string, re *regexp.Regexp) ([]int, error) {
	if prefixLength(name, isDigit) == len(name) {
		n, err := strconv.Atoi(name)
		if err != nil || n > re.NumSubexp() {
			return nil, fmt.Errorf("$%.10s in the replacement: the pattern has %d groups", name, re.NumSubexp())
		}
		return []int{n}, nil
	}
	var groups []int
	for i, other := range re.SubexpNames() {
		if other == name {
			groups = append(groups, i)
		}
	}
	if groups == nil {
		return nil, fmt.Errorf("the pattern has no group %s%s", value.Quote(name), guess.DidYouMean(name, re.SubexpNames()))
	}
	return groups, nil
}
