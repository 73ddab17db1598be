package speech

import (
	"net/url"
	"regexp"
	"strings"
)

var (
	link        = regexp.MustCompile(`!?\[([^\]\n]*)\]\([^)\s]*\)`)
	address     = regexp.MustCompile(`\bhttps?://[^\s<>()]+`)
	fence       = regexp.MustCompile("(?m)^\\s*```.*$")
	mark        = regexp.MustCompile(`(?m)^\s*(?:#{1,6}\s+|[-*+•]\s+|>\s+|\|?\s*:?-{3,}[-|: ]*$)`)
	emphasis    = regexp.MustCompile(`(\*\*|\*|__|~~|` + "`" + `)(\S|\S.*?\S)(\*\*|\*|__|~~|` + "`" + `)`)
	underscores = regexp.MustCompile(`(^|[\s("'])_([^_\n]+)_($|[\s.,;:!?)"'])`)
	spaces      = regexp.MustCompile(`[ \t]+`)
)

// Plain returns text as it should be spoken: without markdown, emoji and the addresses of links.
// Language models write them although they are told not to.
func Plain(text string) string {
	text = fence.ReplaceAllString(text, "")
	text = link.ReplaceAllString(text, "$1")
	text = address.ReplaceAllStringFunc(text, func(s string) string {
		u, err := url.Parse(s)
		if err != nil {
			return ""
		}
		return strings.TrimPrefix(u.Hostname(), "www.")
	})
	text = mark.ReplaceAllString(text, "")
	for range 3 { // emphasis inside of emphasis
		text = emphasis.ReplaceAllStringFunc(text, func(s string) string {
			parts := emphasis.FindStringSubmatch(s)
			if parts[1] != parts[3] {
				return s
			}
			return parts[2]
		})
	}
	text = underscores.ReplaceAllString(text, "$1$2$3")
	text = strings.ReplaceAll(text, "**", "") // its other half is in another sentence
	text = strings.Map(func(r rune) rune {
		if isEmoji(r) {
			return -1
		}
		return r
	}, text)
	return strings.TrimSpace(spaces.ReplaceAllString(text, " "))
}

// isEmoji reports whether r is a picture, or changes how one is shown.
func isEmoji(r rune) bool {
	switch {
	case r >= 0x1f000 && r <= 0x1faff, r >= 0x2600 && r <= 0x27bf, r >= 0x2b00 && r <= 0x2bff, r >= 0xe0000 && r <= 0xe007f:
		return true
	case r == 0xfe0f, r == 0x200d, r == 0x20e3:
		return true
	}
	return false
}
