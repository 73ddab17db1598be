package tool

import (
	"net/mail"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"time"
)

// formats describes the formats that the text of a string may have.
var formats = []struct {
	name    string
	words   string // the name with an article, for people and agents
	example string
	fits    func(text string) bool
}{
	{"date", "a date", "2026-11-29", hasLayout("2006-01-02")},
	// Agents often leave out the seconds and the zone, which a script can do without.
	{"time", "a time", "18:30", hasLayout("15:04", "15:04:05", "15:04Z07:00", "15:04:05Z07:00")},
	{"date-time", "a date and time", "2026-11-29T18:30:00", hasLayout("2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00", time.RFC3339)},
	{"email", "an e-mail address", "ada@example.com", isEmail},
	{"uri", "a URL", "https://example.com/page", isURI},
	{"hostname", "a host name", "example.com", regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$`).MatchString},
	{"ipv4", "an IPv4 address", "192.168.1.5", func(text string) bool { a, err := netip.ParseAddr(text); return err == nil && a.Is4() }},
	{"ipv6", "an IPv6 address", "2001:db8::1", func(text string) bool { a, err := netip.ParseAddr(text); return err == nil && a.Is6() }},
	{"uuid", "a UUID", "123e4567-e89b-12d3-a456-426614174000", regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`).MatchString},
}

// Formats returns the values that the field Format of a Schema can have.
func Formats() []string {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

// FormatExample returns a text in the format with this name, or "" if there is no such format.
func FormatExample(name string) string {
	for _, f := range formats {
		if f.name == name {
			return f.example
		}
	}
	return ""
}

// formatWords describes the format with this name, such as "a date such as 2026-11-29". It returns
// "" if there is no such format.
func formatWords(name string) string {
	for _, f := range formats {
		if f.name == name {
			return f.words + " such as " + f.example
		}
	}
	return ""
}

// fitsFormat reports whether the text has the format with this name. An unknown format fits.
func fitsFormat(text, name string) bool {
	for _, f := range formats {
		if f.name == name {
			return f.fits(text)
		}
	}
	return true
}

// hasLayout returns a function that reports whether a text has one of these layouts of package time.
func hasLayout(layouts ...string) func(string) bool {
	return func(text string) bool {
		return slices.ContainsFunc(layouts, func(layout string) bool {
			_, err := time.Parse(layout, text)
			return err == nil
		})
	}
}

func isEmail(text string) bool {
	address, err := mail.ParseAddress(text)
	return err == nil && address.Address == text
}

func isURI(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.IsAbs() && (u.Host != "" || u.Opaque != "" || u.Path != "")
}
