package safetext

import (
	"fmt"
	"strings"
)

// JSON returns the JSON text line, as encoding/json makes it, with escapes in place of the other characters that a
// terminal might act on, such as those from U+007F to U+009F. Its value stays the same.
func JSON(line []byte) string {
	var b strings.Builder
	for _, r := range string(line) {
		if r >= 0x7f && r <= 0xffff && isUnsafe(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
