package sound

import (
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	"moonlark/engine/permit"
)

// needSource returns the error of a call whose first argument is the source text, if b lacks the
// permission for it.
func needSource(b *permit.Broker, text string) error {
	if strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://") {
		u, err := url.Parse(text)
		if err != nil {
			return nil // the call raises an error that says more
		}
		standard := uint16(80)
		if u.Scheme == "https" {
			standard = 443
		}
		port, err := strconv.ParseUint(u.Port(), 10, 16)
		if err != nil {
			port = uint64(standard)
		}
		return b.CheckHost(u.Hostname(), uint16(port), standard)
	}
	if filepath.IsAbs(text) || strings.HasPrefix(filepath.ToSlash(text), "../") {
		return b.CheckFile(text, false)
	}
	return nil
}
