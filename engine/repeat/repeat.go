// Package repeat keeps messages that are repeated again and again from filling a log: a message is
// shown once, and its repetitions are counted.
package repeat

import (
	"fmt"
	"regexp"
)

var wordWithDigit = regexp.MustCompile(`\w*\d\w*`)

// Key returns text with every number replaced by "#". Two messages with the same key say the same:
// they differ at most in times, addresses, ports or process ids.
func Key(text string) string { return wordWithDigit.ReplaceAllString(text, "#") }

// Shown reports whether the n-th message with the same key is shown: the messages 1, 10, 100 and so
// on are.
func Shown(n int) bool {
	for ; n >= 10 && n%10 == 0; n /= 10 {
	}
	return n <= 1
}

// Suffix returns what to append to the n-th message with the same key, such as " (10 times so far)".
// It returns "" for the first message.
func Suffix(n int) string {
	if n <= 1 {
		return ""
	}
	return fmt.Sprintf(" (%d times so far)", n)
}
