package sqlite

import (
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"github.com/ncruces/go-sqlite3"
)

// maxPattern is the maximal length of a pattern of LIKE and GLOB, in bytes.
const maxPattern = 200

// A statement cannot be interrupted in the middle of a function. Some functions of SQLite compare
// each byte of one argument with each byte of another, which takes hours if both are long.
// replaceFunctions replaces them by functions that return the same and take time in proportion to
// the length of their arguments. It also limits the patterns of LIKE and GLOB. Other such functions
// are not authorized: see refusal.
func (c *Connection) replaceFunctions() error {
	c.Limit(sqlite3.LIMIT_LIKE_PATTERN_LENGTH, maxPattern)
	for _, f := range []struct {
		name      string
		arguments int
		fn        sqlite3.ScalarFunction
	}{
		{"instr", 2, instr},
		{"replace", 3, replace},
		{"unhex", 2, unhex},
		{"trim", 2, trim(true, true)},
		{"ltrim", 2, trim(true, false)},
		{"rtrim", 2, trim(false, true)},
	} {
		flags := sqlite3.DETERMINISTIC | sqlite3.INNOCUOUS
		if err := c.CreateFunction(f.name, f.arguments, flags, withoutNull(f.fn)); err != nil {
			return err
		}
	}
	return nil
}

// withoutNull returns a function that returns NULL if an argument is NULL, and calls fn otherwise.
func withoutNull(fn sqlite3.ScalarFunction) sqlite3.ScalarFunction {
	return func(ctx sqlite3.Context, args ...sqlite3.Value) {
		for _, arg := range args {
			if arg.Type() == sqlite3.NULL {
				return
			}
		}
		fn(ctx, args...)
	}
}

// instr is the function instr(text, part): the position of part in text, or 0. It counts
// characters, or bytes if both arguments are BLOBs.
func instr(ctx sqlite3.Context, args ...sqlite3.Value) {
	if args[0].Type() == sqlite3.BLOB && args[1].Type() == sqlite3.BLOB {
		ctx.ResultInt(strings.Index(string(args[0].RawBlob()), string(args[1].RawBlob())) + 1)
		return
	}
	text := args[0].Text()
	i := strings.Index(text, args[1].Text())
	if i >= 0 {
		i = utf8.RuneCountInString(text[:i])
	}
	ctx.ResultInt(i + 1)
}

// replace is the function replace(text, old, new).
func replace(ctx sqlite3.Context, args ...sqlite3.Value) {
	text, old, with := args[0].Text(), args[1].Text(), args[2].Text()
	if old == "" {
		ctx.ResultText(text)
		return
	}
	if len(text)+strings.Count(text, old)*(len(with)-len(old)) > MaxValue {
		ctx.ResultError(sqlite3.TOOBIG)
		return
	}
	ctx.ResultText(strings.ReplaceAll(text, old, with))
}

// unhex is the function unhex(text, ignored): the bytes that the hexadecimal digits in text mean,
// or NULL if it has other characters than digits and, between two pairs of digits, those in
// ignored.
func unhex(ctx sqlite3.Context, args ...sqlite3.Value) {
	text, ignored := args[0].Text(), characters(args[1].Text())
	digits := make([]byte, 0, len(text))
	for text != "" {
		_, n := utf8.DecodeRuneInString(text)
		switch {
		case n == 1 && isHex(text[0]):
			digits = append(digits, text[0])
		case !ignored[text[:n]] || len(digits)%2 != 0:
			return
		}
		text = text[n:]
	}
	bytes := make([]byte, len(digits)/2)
	if _, err := hex.Decode(bytes, digits); err != nil {
		return // the number of digits is odd
	}
	ctx.ResultBlob(bytes)
}

func isHex(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f' }

// characters returns the set of the characters in text.
func characters(text string) map[string]bool {
	set := map[string]bool{}
	for text != "" {
		_, n := utf8.DecodeRuneInString(text)
		set[text[:n]] = true
		text = text[n:]
	}
	return set
}

// trim returns one of the functions trim(text, characters), ltrim and rtrim.
func trim(left, right bool) sqlite3.ScalarFunction {
	return func(ctx sqlite3.Context, args ...sqlite3.Value) {
		text, set := args[0].Text(), characters(args[1].Text())
		for left && text != "" {
			_, n := utf8.DecodeRuneInString(text)
			if !set[text[:n]] {
				break
			}
			text = text[n:]
		}
		for right && text != "" {
			_, n := utf8.DecodeLastRuneInString(text)
			if !set[text[len(text)-n:]] {
				break
			}
			text = text[:len(text)-n]
		}
		ctx.ResultText(text)
	}
}
