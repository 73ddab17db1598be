// Package text is the Lua module "text". It works on strings that people read: it cuts, compares
// and converts them, and turns numbers and times of day into words and back.
//
//	text.trim(s)                     -> s without white space at both ends
//	text.split(s [, sep [, options]]) -> a list of the parts of s between the separators; without
//	                                    sep, the parts between white space
//	    max                             maximal number of parts; the last part is the rest of s
//	text.lines(s)                    -> an iterator of the lines of s, without their ends
//	text.words(s)                    -> a list of the words in s, without punctuation
//	text.starts(s, prefix)           -> whether s begins with prefix
//	text.ends(s, suffix)             -> whether s ends with suffix
//	text.wrap(s, n)                  -> s in lines of at most n characters
//	text.shorten(s, max [, options]) -> s cut at a word to at most max characters
//	    ending = ""                     is put after a text that was cut; max includes it
//	text.dedent(s)                   -> s without the indentation that all its lines have
//	text.lower(s [, options])        -> s in lower case
//	text.upper(s [, options])        -> s in upper case
//	text.title(s [, options])        -> s with the first letter of each word in upper case
//	    language                        uses the rules of a language, such as "tr"
//	text.fold(s)                     -> s without accents
//	text.normalize(s [, form])       -> s in a normal form of Unicode: "NFC" (default), "NFD", "NFKC", "NFKD"
//	text.slug(s [, options])         -> s as a name for URLs and files: "creme-brulee"
//	    separator = "-"                 is put between words
//	    language                        "de" writes ae, oe and ue for ä, ö and ü
//	text.levenshtein(a, b)           -> the number of characters to insert, delete or replace to get b from a
//	text.similar(a, b)               -> how similar two texts are, from 0 to 1, without regard to case and accents
//	text.number(s [, options])       -> the number that s means; or nil, reason, "invalid" or "too_large"
//	    language = "en"                 "en", "de", "fr" or "es"
//	text.spoken(x [, options])       -> the words for a number, or for a string of digits
//	    language = "en"                 as for number
//	    form = "cardinal"               or "ordinal", "year", "digits"
//	    gender = "masculine"            or "feminine"
//	    decimals = 6                    maximal number of digits after the point; the number is rounded
//	text.time(s [, options])         -> the time of day that s means, such as "07:30"; or nil, reason,
//	                                    "invalid" or "too_large"
//	    language = "en"                 as for number
//	text.spoken_time(t [, options])  -> the words for a time of day; t is a string such as "07:30", or a
//	                                    table like that of os.date("*t")
//	    language = "en"                 as for number
//	    hours = 12                      or 24
//	    part = false                    adds the part of the day to a time with 12 hours
//
// A character is what a reader sees as one: a letter with its accents, or an emoji. Strings are
// UTF-8. Other bytes are kept by trim, split, lines, starts, ends, wrap, shorten and dedent; the
// other functions replace them by U+FFFD.
//
// A text has at most 8 MiB, and split and words return at most 200,000 parts. A text for slug has
// at most 64 KiB, the texts for levenshtein and similar at most 10,000 characters, and those for
// number and time at most 1,000 bytes. A character of more than 1 KiB, and a word of more than 16
// KiB, count as several.
package text

import (
	_ "embed"
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "text".
var Module = luastd.Module{Name: "text", Open: open, Doc: doc, Manual: manual}

const (
	maxText       = 8 << 20 // maximal length of a text, in bytes
	maxSlug       = 64 << 10
	maxParts      = 200_000 // maximal number of parts that split and words return
	maxCompared   = 10_000  // maximal number of characters that are compared
	maxWord       = 16 << 10
	maxCharacter  = 1 << 10
	bytesPerCheck = 32 << 10 // how many bytes are read between two calls of Checkpoint
)

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	m := module{rt}
	t := L.CreateTable(0, 21)
	value.SetFunctions(L, t, map[string]lua.LGFunction{
		"trim": trim, "split": m.split, "lines": lines, "words": m.words, "starts": starts, "ends": ends,
		"wrap": m.wrap, "shorten": m.shorten, "dedent": m.dedent,
		"lower": m.lower, "upper": m.upper, "title": m.title,
		"fold": m.fold, "normalize": m.normalize, "slug": slug,
		"levenshtein": m.levenshtein, "similar": m.similar,
		"number": readNumber, "spoken": speakNumber, "time": readTime, "spoken_time": speakTime,
	})
	return t
}

type module struct{ luastd.Checkpointer }

// checkText returns argument n, which must be a string of at most maximum bytes.
func checkText(L *lua.LState, n, maximum int) string {
	s := L.CheckString(n)
	if len(s) > maximum {
		L.ArgError(n, fmt.Sprintf("the text has %d bytes; the maximum is %d", len(s), maximum))
	}
	return s
}
