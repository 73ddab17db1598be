package identity

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"moonlark/engine/loopback"
)

// A Token is the content of an invitation, which a person carries to the new device. Whoever has it can
// join the fleet, once.
type Token struct {
	Fleet   string    `json:"fleet"`
	Hub     string    `json:"hub"`          // URL of the hub
	CA      string    `json:"ca,omitempty"` // SHA-256 of the certificate of the hub's CA; empty for the CAs of the system
	Account string    `json:"account"`      // public key of the account of the fleet
	Signer  string    `json:"signer"`       // public key that signs the JWTs of devices
	Keys    string    `json:"keys"`         // SHA-256 of the set of keys of bundles
	Name    string    `json:"name,omitempty"`
	Groups  []string  `json:"groups,omitempty"`
	Expires time.Time `json:"expires"`
	Secret  string    `json:"secret"`
	JWT     string    `json:"jwt"` // lets the device connect with the hub, without a key
}

const (
	tokenPrefix  = "mlj"
	tokenVersion = "1"
	maxToken     = 8 << 10 // bytes of the text
	checksumSize = 6
)

// encode returns the text of the token, for ParseToken: one line without spaces.
func (t Token) encode() (string, error) {
	text, err := json.Marshal(t)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	line := tokenPrefix + tokenVersion + "_" + base64.RawURLEncoding.EncodeToString(append(text, sum[:checksumSize]...))
	if len(line) > maxToken {
		return "", fmt.Errorf("the invitation would have %d bytes, more than the %d allowed: name fewer groups", len(line), maxToken)
	}
	return line, nil
}

// ParseToken reads the text of an invitation. It ignores spaces and line ends, which terminals add when
// they wrap the text.
func ParseToken(text string) (Token, error) {
	var t Token
	if len(text) > 2*maxToken {
		return t, errors.New("invitation: too long")
	}
	text = strings.Join(strings.Fields(text), "")
	version, encoded, ok := strings.Cut(strings.TrimPrefix(text, tokenPrefix), "_")
	switch {
	case !ok || !strings.HasPrefix(text, tokenPrefix) || len(version) > 3 || strings.Trim(version, "0123456789") != "":
		return t, fmt.Errorf("invitation: it must begin with %s%s_", tokenPrefix, tokenVersion)
	case version != tokenVersion:
		return t, fmt.Errorf("invitation: it has version %s, but this Moonlark knows only version %s", version, tokenVersion)
	}
	content, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil || len(content) < checksumSize {
		return t, errCutOff
	}
	content, sum := content[:len(content)-checksumSize], content[len(content)-checksumSize:]
	if want := sha256.Sum256(content); string(sum) != string(want[:checksumSize]) {
		return t, errCutOff
	}
	if err := json.Unmarshal(content, &t); err != nil {
		return Token{}, fmt.Errorf("invitation: %w", err)
	}
	if err := t.check(); err != nil {
		return Token{}, fmt.Errorf("invitation: %w", err)
	}
	if now := time.Now(); now.After(t.Expires) {
		const form = "2006-01-02 15:04 MST"
		return Token{}, fmt.Errorf("invitation: it expired at %s, and the clock of this machine says %s: ask for a new one", t.Expires.Local().Format(form), now.Format(form))
	}
	return t, nil
}

var errCutOff = errors.New("invitation: a part is missing, or was changed: copy the whole text")

// check returns an error unless the token is complete.
func (t Token) check() error {
	if t.Secret == "" || t.JWT == "" || t.Account == "" || t.Signer == "" || t.Keys == "" {
		return errors.New("it is incomplete")
	}
	if t.Name != "" {
		if err := CheckName(t.Name); err != nil {
			return err
		}
	}
	return errors.Join(checkGroups(t.Groups), checkHub(t.Hub, t.CA))
}

// checkHub returns an error unless a device may connect with the hub at this URL. Without TLS, it may
// only do so on its own machine: somebody in between could take part in the conversation.
func checkHub(hub, ca string) error {
	u, err := url.Parse(hub)
	switch {
	case err != nil || u.Hostname() == "" || u.User != nil || len(hub) > 500:
		return fmt.Errorf("hub %.200q: not a URL such as tls://hub.example:4222", hub)
	case u.Scheme != "tls" && u.Scheme != "nats":
		return fmt.Errorf("hub %s: begins neither with tls:// nor with nats://", hub)
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return fmt.Errorf("hub %s: the URL must end after the port", hub)
	case u.Scheme == "nats" && !loopback.Host(u.Hostname()):
		return fmt.Errorf("hub %s: only a hub on this machine can be without TLS: use tls://", hub)
	}
	if raw, err := hex.DecodeString(ca); err != nil || ca != "" && len(raw) != sha256.Size || strings.ToLower(ca) != ca {
		return fmt.Errorf("certificate of the CA: %.80q is not a SHA-256 in lower-case hexadecimal", ca)
	}
	return nil
}
