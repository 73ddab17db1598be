package bundle

import (
	"bytes"
	"regexp"
)

// A Secret is a place in a text that looks like a secret.
type Secret struct {
	Line int    // from 1
	What string // what it looks like, such as "a private key"
}

// maxScanned is how much of a file FindSecrets examines.
const maxScanned = 1 << 20

var secretForms = []struct {
	what string
	form *regexp.Regexp
}{
	{"a private key", regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY`)},
	{"a secret key of minisign", regexp.MustCompile(`(?:minisign|rsign) encrypted secret key|\bRW[A-Za-z0-9+/]{209,}=*`)},
	{"a seed of NATS", regexp.MustCompile(`-----BEGIN USER NKEY SEED-----|\bS[ACNOUX][A-Z2-7]{56}\b`)},
	{"a key of ElevenLabs", regexp.MustCompile(`\bsk_[0-9a-f]{40,}\b`)},
	{"a key of OpenAI, Anthropic or OpenRouter", regexp.MustCompile(`\bsk-[A-Za-z0-9_-]{20,}`)},
	{"a key of Google", regexp.MustCompile(`\bAIza[0-9A-Za-z_-]{35}`)},
	{"a key of AWS", regexp.MustCompile(`\b(?:AKIA|ASIA)[0-9A-Z]{16}\b`)},
	{"a token of GitHub", regexp.MustCompile(`\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{40,})`)},
	{"a token of Slack", regexp.MustCompile(`\bxox[abprs]-[A-Za-z0-9-]{20,}`)},
	{"a token of Home Assistant or another JWT", regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{15,}\.eyJ[A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{20,}`)},
}

// FindSecrets returns the places in text that look like private keys and keys of services, at most one
// of each kind. It examines the first megabyte.
func FindSecrets(text []byte) []Secret {
	text = text[:min(len(text), maxScanned)]
	var found []Secret
	for _, s := range secretForms {
		if at := s.form.FindIndex(text); at != nil {
			found = append(found, Secret{1 + bytes.Count(text[:at[0]], []byte("\n")), s.what})
		}
	}
	return found
}
