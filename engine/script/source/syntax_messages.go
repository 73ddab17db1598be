package source

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/yuin/gopher-lua/parse"
)

// luaMessages maps messages of gopher-lua's parser to the messages of Lua 5.1 for the same errors.
var luaMessages = map[string]string{
	"unterminated string":           "unfinished string",
	"unterminated multiline string": "unfinished long string",
	"invalid multiline string":      "invalid long string delimiter",
	"invalid multiline comment":     "unfinished long comment",
	"illegal hexadecimal number":    "malformed number",
	"Invalid token":                 "unexpected symbol",
	"Invalid '~' token":             "unexpected symbol",
	"parse error":                   "syntax error",
}

// DescribeError returns the line and the message of err, an error that Parse or Compile has returned
// for text. atEnd is true if the parser reached the end of the text; the message does not say so.
func DescribeError(text []byte, err error) (line int, message string, atEnd bool) {
	var problem *Problem
	var syntax *parse.Error
	switch {
	case errors.As(err, &problem):
		return problem.Line, problem.Text, false
	case errors.As(err, &syntax) && syntax.Pos.Line != parse.EOF:
		return syntax.Pos.Line, fmt.Sprintf("%s near '%s'", syntaxMessage(syntax.Message), syntax.Token), false
	case errors.As(err, &syntax):
		return bytes.Count(text, []byte("\n")) + 1, syntaxMessage(syntax.Message), true
	}
	return 1, err.Error(), false
}

// syntaxMessage returns the message of Lua 5.1 for a message of gopher-lua's parser. Unlike Lua
// 5.1, the parser does not say which token it expected.
func syntaxMessage(message string) string {
	if translated, ok := luaMessages[strings.TrimSpace(message)]; ok {
		return translated
	}
	return message
}
