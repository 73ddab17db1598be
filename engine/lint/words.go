package lint

import "strings"

// SyntaxWords is what gopher-lua's parser says, in the words of Lua 5.1. It
// does not say what it expected instead.
func SyntaxWords(message string) string {
	for theirs, ours := range map[string]string{
		"unterminated string":           "unfinished string",
		"unterminated multiline string": "unfinished long string",
		"invalid multiline string":      "invalid long string delimiter",
		"invalid multiline comment":     "unfinished long comment",
		"illegal hexadecimal number":    "malformed number",
		"Invalid token":                 "unexpected symbol",
		"Invalid '~' token":             "unexpected symbol",
		"parse error":                   "syntax error",
	} {
		if strings.TrimSpace(message) == theirs {
			return ours
		}
	}
	return message
}
