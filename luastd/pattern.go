package luastd

// A Lua pattern is compiled into a list of items and matched by backtracking.
// It has no alternation, so every match goes through every item in order: which
// captures are open where, and which of them a back reference may name, is known
// before any text is seen. Lua 5.1 sees the mistakes in a pattern only when the
// match gets to them, if it does; so do we, by an item that raises.

// An op is what an item does.
type op uint8

const (
	opEnd      op = iota // the pattern ends: a match
	opText               // the text itself
	opSet                // one byte of the set
	opMost               // bytes of the set, as many as can be: * and +
	opLeast              // bytes of the set, as few as can be: -
	opMaybe              // one byte of the set or nothing: ?
	opOpen               // a capture begins
	opClose              // a capture ends
	opHere               // a position capture
	opBack               // what a capture holds: %1
	opBalance            // from the first of a pair to its other: %b()
	opFrontier           // a place where the set begins: %f[set]
	opAtEnd              // the end of the text: $
	opRaise              // a mistake in the pattern
)

// An item is one step of a pattern.
type item struct {
	op    op
	least uint8   // opMost: how many at the least, 0 or 1
	sure  bool    // a repetition of which only the longest can lead to a match
	all   bool    // the set has every byte
	index int     // opOpen, opClose, opHere, opBack: which capture
	text  string  // opText; opBalance: the pair; opRaise: the error
	set   charset // opSet, opMost, opLeast, opMaybe, opFrontier
	next  need    // a repetition: what has to follow it
}

// A need is what a text has to go on with for the rest of a pattern to match.
type need struct {
	kind needKind
	char byte    // the only one, with needChar
	set  charset // with needChar and needSet
}

type needKind uint8

const (
	needNothing needKind = iota // nothing is known
	needChar                    // this byte
	needSet                     // one of these bytes
	needEnd                     // nothing more
	needAny                     // anything does: the pattern is through
)

// mostCaptures is how many captures a pattern may have, as in Lua 5.1.
const mostCaptures = 32

// A pattern is compiled, and does not change.
type pattern struct {
	items      []item
	anchored   bool   // it began with ^
	lead       string // the text every match begins with, if there is one
	first      need   // what every match begins with
	must       string // the longest text that every match has further on
	captures   int
	positions  uint32 // bit k: capture k is a position
	unfinished uint32 // bit k: capture k is never closed
}
